#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the inventory cases to the real Ansible (as a black box) and reports where the cases say something else.

Usage: inventory_oracle.py [FILE...]   (default: tests/cases/inventory/*.yml)
Cases with `differs: reason` are expected to differ and are only counted.
"""
import glob
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile

import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.utils.display import Display

WARNINGS = []
Display.warning = lambda self, msg, *a, **k: WARNINGS.append(" ".join(msg.split()))
Display.deprecated = lambda self, msg, *a, **k: None
HIDDEN = {"inventory_file", "inventory_dir"}


def write_files(folder, files):
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as handle:
            handle.write(text)
        if text.startswith("#!"):
            os.chmod(path, stat.S_IRWXU)


def plain(value):
    return json.loads(json.dumps(value, default=str, sort_keys=True))


def variables(owner):
    return plain({k: v for k, v in owner.vars.items() if k not in HIDDEN})


def answer(ask):
    try:
        return [h.name for h in ask()]
    except Exception as error:  # the message is the answer
        return "error: " + " ".join(str(error).split())


def observe(case):
    """What Ansible says to everything that the case asks."""
    folder = tempfile.mkdtemp(prefix="oracle-")
    try:
        write_files(folder, case["files"])
        sources = case.get("sources") or [next(iter(case["files"]))]
        paths = [s if "," in s else os.path.join(folder, s) for s in sources]
        del WARNINGS[:]
        manager = InventoryManager(DataLoader(), paths)
        warnings = [w.replace(folder, "DIR") for w in WARNINGS]
        out = {"hosts": [h.name for h in manager.groups["all"].get_hosts()],
               "groups": {n: [h.name for h in g.get_hosts()] for n, g in manager.groups.items()},
               "vars": {n: variables(h) for n, h in manager.hosts.items()},
               "group_vars": {n: variables(g) for n, g in manager.groups.items()},
               "match": {}, "limit": {}, "warnings": warnings}
        out["prints"] = {}
        for words in case.get("prints") or {}:
            command = ["ansible-inventory"] + [w for p in paths for w in ("-i", p)] + words.split()
            out["prints"][words] = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False).stdout
        for pattern in case.get("match") or {}:
            fresh = InventoryManager(DataLoader(), paths)
            out["match"][pattern] = answer(lambda: fresh.get_hosts(str(pattern)))
        for limit in case.get("limit") or {}:
            fresh = InventoryManager(DataLoader(), paths)

            def limited():
                fresh.subset(limit.replace("@DIR", "@" + folder))
                return fresh.get_hosts("all")
            out["limit"][limit] = answer(limited)
            if isinstance(out["limit"][limit], str):
                out["limit"][limit] = out["limit"][limit].replace(folder, "DIR")
        return out
    finally:
        shutil.rmtree(folder)


def disagreements(case, seen):
    for key in ("hosts", "groups"):
        if key in case and plain(case[key]) != plain(seen[key]):
            yield key, case[key], seen[key]
    for key in ("vars", "group_vars", "match", "limit", "prints"):
        for name, value in (case.get(key) or {}).items():
            got = seen[key].get(name)
            if key in ("match", "limit") and isinstance(value, str) and isinstance(got, str):
                continue  # two errors: the words may differ
            if plain(value) != plain(got):
                yield "%s %s" % (key, name), value, got
    if case.get("warnings") == [] and seen["warnings"]:
        yield "warnings", [], seen["warnings"]
    if case.get("warnings") and not seen["warnings"]:
        yield "warnings", case["warnings"], []


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    paths = sys.argv[1:] or sorted(glob.glob(os.path.join(here, "../cases/inventory/*.yml")))
    agreed = wrong = differs = 0
    for path in paths:
        with open(path, encoding="utf-8") as handle:
            cases = yaml.safe_load(handle)
        for case in cases:
            found = list(disagreements(case, observe(case)))
            if "differs" in case:
                differs += 1
            elif found:
                wrong += 1
                for what, expected, got in found:
                    print("%s: %s: %s\n  case:    %s\n  ansible: %s" % (os.path.basename(path), case["name"], what, expected, got))
            else:
                agreed += 1
    print("%d passed, %d failed (%d more differ on purpose)" % (agreed, wrong, differs))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
