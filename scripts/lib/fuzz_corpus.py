# SPDX-License-Identifier: Apache-2.0
"""fuzz_corpus.py TOP FOLDER: writes seeds for the fuzz targets to FOLDER/TARGET/, taken from the case files, playbooks and goldens."""
import glob
import hashlib
import json
import os
import re
import subprocess
import sys

import yaml

top, folder = sys.argv[1:3]
seeds = {name: set() for name in ("inventory", "jinja", "json", "key_values", "literal", "regex", "vault", "wire", "yaml")}


class AnyTag(yaml.SafeLoader):
    pass


AnyTag.add_multi_constructor("!", lambda loader, suffix, node: getattr(node, "value", None) if isinstance(getattr(node, "value", None), str) else None)


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def read(path):
    with open(path, "rb") as file:
        return file.read()


for path in glob.glob(top + "/tests/cases/**/*.yml", recursive=True):
    suite = os.path.relpath(path, top + "/tests/cases").split("/")[0]
    raw = read(path).decode()
    try:
        cases = yaml.load(raw, AnyTag)
    except yaml.YAMLError:
        continue
    for case in cases["cases"] if isinstance(cases, dict) else cases or []:
        if suite == "yaml":
            seeds["yaml"].update(texts(case.get("text")))
        elif suite == "inventory":
            seeds["inventory"].update(texts(case.get("files")))
            seeds["inventory"].update(texts(case.get("patterns")))
        elif suite in ("jinja", "dialect"):
            for key in ("template", "expression", "templates", "when", "render", "text"):
                for text in texts(case.get(key)):
                    seeds["jinja"].add(text)
                    for pattern, over in re.findall(r"regex_\w+\(\s*'([^']*)'(?:,\s*'([^']*)')?", text):
                        seeds["regex"].add(pattern + "\n" + over + text)
            seeds["literal"].update(t for t in texts(case.get("expect")) if t[:1] in "[{('0123456789")
            seeds["literal"].update(repr(v) for v in [case.get("expect_value")] if v is not None)
            try:
                seeds["json"].add(json.dumps(case.get("expect_value", case.get("vars"))))
            except TypeError:
                pass
        else:
            seeds["yaml"].add(yaml.safe_dump(case) if all(isinstance(k, str) for k in case) else "")
            for text in texts(case):
                for pattern in re.findall(r"regexp?: *'?([^'\n]+)", text):
                    seeds["regex"].add(pattern + "\n" + text)
for path in glob.glob(top + "/playbooks/**/*.yml", recursive=True) + glob.glob(top + "/roles/*/tasks/*.yml") + glob.glob(top + "/tests/differential/playbooks/*.yml"):
    raw = read(path).decode()
    seeds["yaml"].add(raw[:3000])
    for word in re.findall(r"(?m)^\s*-?\s*(?:\w+\.)*\w+: ([^\n]*=[^\n]*)$", raw):
        seeds["key_values"].add(word)
for path in glob.glob(top + "/roles/*/templates/*") + glob.glob(top + "/tests/cases/dialect/play/templates/*"):
    seeds["jinja"].add(read(path).decode(errors="replace")[:3000])
for path in glob.glob(top + "/tests/unit/wire/golden/*.bin"):
    seeds["wire"].add(read(path))
seeds["wire"].add(b"".join(read(path) for path in sorted(glob.glob(top + "/tests/unit/wire/golden/*.bin"))))
for path in glob.glob(top + "/tests/unit/wire/golden/*.json"):
    seeds["json"].add(read(path))
for path in subprocess.run(["grep", "-rlE", r"ANSIBLE_VAULT;1", top + "/tests"], stdout=subprocess.PIPE, text=True, check=False).stdout.split():
    for found in re.findall(rb"\$ANSIBLE_VAULT;[^\n]*(?:\s*\n\s*[0-9a-f]{2,})+", read(path)):
        seeds["vault"].add(re.sub(rb"(?m)^\s+", b"", found) + b"\n")
seeds["vault"] |= {"$ANSIBLE_VAULT;1.1;AES256\n", "$ANSIBLE_VAULT;1.2;AES256;dev\n3361\n", "sixteen bytes 16", "x" * 48}
seeds["key_values"] |= {"a=1 b='x y' c=\"{{ d }}\" rest of it", "creates=/x echo a=b 'c d' \\\n e", "src={{ a | default('b c') }}/d dest=/e mode=0644", "name='it''s' x=\"\\\"\" y={% if a %}b{% endif %}"}
seeds["regex"] |= {"^(a|b)*?c(?P<n>d+)\\1[^\\w\\s]{2,3}$\nabcdd11", "(?i)(?<=x)y(?!z)\nXyxyz", "\\bfoo\\b.*\nfoo bar", "(a+)+$\naaaaaaaaaaaaaaaaaaaaaaaaab"}
seeds["literal"] |= {"[1, 'a', (2,), {'k': None}, {1, 2}, 1.5e3, 0x1f, -3, b'x', u'y', r'\\z', True]"}

for target, inputs in seeds.items():
    os.makedirs(f"{folder}/{target}", exist_ok=True)
    for text in inputs:
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        if data:
            with open(f"{folder}/{target}/{hashlib.sha1(data).hexdigest()[:16]}", "wb") as file:
                file.write(data)
    print(f"{target}: {len(inputs)} seeds")
