#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every line of --output jsonl is as docs/events.schema.json says, and each kind of event that a short run can make comes up.
set -eu
cd "$(dirname "$0")/../.."
fprov=${FPROV:-build/release/fprov}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cat > "$work/play.yml" <<'P'
- hosts: all
  gather_facts: no
  tasks:
    - command: "true"
      notify: later
    - command: "test {{ item }} = 1"
      loop: [1, 2]
      ignore_errors: yes
    - include_tasks: more.yml
    - command: "false"
      register: r
      until: r.rc == 0
      retries: 1
      delay: 0
      ignore_errors: yes
    - command: "true"
      when: false
    - debug: msg=secret
      no_log: yes
    - set_stats: {data: {a: 1}}
    - command: "true"
      delegate_to: h2
    - warn_me: {}
    - fail: msg=end
      when: inventory_hostname == 'h1'
  handlers:
    - name: later
      debug: msg=handled
- hosts: nobody
  tasks: []
P
mkdir "$work/library"
printf '#!/bin/sh\n# WANT_JSON\necho '"'"'{"changed": false, "warnings": ["careful"]}'"'"'\n' > "$work/library/warn_me"
echo '- debug: msg=included' > "$work/more.yml"
printf 'h1 ansible_connection=local\nh2 ansible_connection=local\n' > "$work/hosts"
status=0
"$fprov" playbook -i "$work/hosts" --output jsonl "$work/play.yml" > "$work/events" 2>"$work/err" || status=$?
[ $status = 2 ] && echo "ok exit code 2" || { echo "not ok exit code is $status, not 2"; cat "$work/err"; }
python3 - "$work/events" docs/events.schema.json <<'P'
import json, re, sys
schema = json.load(open(sys.argv[2]))
KINDS = {"string": str, "boolean": bool, "object": dict, "array": list}

def wrong(value, rule, at):
    """What is wrong with a value; the part of JSON Schema that the file uses."""
    if "$ref" in rule: return wrong(value, schema["$defs"][rule["$ref"].rsplit("/", 1)[1]], at)
    if "const" in rule and value != rule["const"]: return f"{at}: {value!r} is not {rule['const']!r}"
    if "enum" in rule and value not in rule["enum"]: return f"{at}: {value!r} is none of {rule['enum']}"
    kind = rule.get("type")
    if kind == "integer" and (not isinstance(value, int) or isinstance(value, bool)): return f"{at}: {value!r} is no integer"
    if kind == "number" and (not isinstance(value, (int, float)) or isinstance(value, bool)): return f"{at}: {value!r} is no number"
    if kind in KINDS and not isinstance(value, KINDS[kind]): return f"{at}: {value!r} is no {kind}"
    if "pattern" in rule and not re.search(rule["pattern"], value): return f"{at}: {value!r} does not match {rule['pattern']}"
    if isinstance(value, list):
        for i, one in enumerate(value):
            if (bad := wrong(one, rule.get("items", {}), f"{at}[{i}]")): return bad
    if isinstance(value, dict):
        for name in rule.get("required", []):
            if name not in value: return f"{at}: {name} is missing"
        for name, one in value.items():
            known = rule.get("properties", {}).get(name, rule.get("additionalProperties", True))
            if known is False: return f"{at}: {name} is unknown"
            if isinstance(known, dict) and (bad := wrong(one, known, f"{at}.{name}")): return bad
    return None

rules = {one["title"]: one for one in schema["oneOf"]}
seen = set()
for number, line in enumerate(open(sys.argv[1]), 1):
    event = json.loads(line)
    seen.add(event["type"])
    bad = f"unknown type {event['type']}" if event["type"] not in rules else wrong(event, rules[event["type"]], event["type"])
    print(f"not ok line {number}: {bad}" if bad else f"ok line {number} {event['type']}")
for name in ("version", "run_began", "playbook_began", "play_began", "task_began", "host_finished", "item_finished", "included", "notified", "retrying", "no_hosts_matched", "run_ended"):
    print(f"{'ok' if name in seen else 'not ok'} an event {name}")
text = open(sys.argv[1]).read()
print(f"{'not ok' if 'secret' in text.replace('no_log', '') else 'ok'} no_log stays hidden")
P
