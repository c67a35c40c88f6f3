#!/usr/bin/python
# WANT_JSON
import json, sys
a = json.load(open(sys.argv[1]))
print(json.dumps({"changed": not a["_ansible_check_mode"], "got": a["x"], "ansible_facts": {"from_module": a["x"]}}))
