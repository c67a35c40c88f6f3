#!/usr/bin/python3
import json
a = json.loads(r'''<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>''')
print(json.dumps({"changed": False, "x": a["x"]}))
