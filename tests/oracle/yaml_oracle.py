#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the YAML cases to PyYAML with Ansible's loader (as black boxes) and reports where the cases say something else.

Usage: yaml_oracle.py [FILE...]   (default: tests/cases/yaml/*.yml)
Cases with `differs: reason` are expected to differ and are only counted.
"""
import glob
import os
import sys

import yaml
from ansible.parsing.yaml.constructor import AnsibleConstructor
from ansible.parsing.yaml.dumper import AnsibleDumper
from ansible.parsing.yaml.loader import AnsibleLoader
from ansible.utils.display import Display

WARNINGS = []
Display.warning = lambda self, msg, *a, **k: WARNINGS.append(msg)


def vault(self, node):
    return "VAULT:" + str(node.value)


for tag in ("!vault", "!vault-encrypted"):
    AnsibleConstructor.add_constructor(tag, vault)


def plain(value):
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, set):
        return sorted(plain(v) for v in value)
    if isinstance(value, tuple):
        return tuple(plain(v) for v in value)
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return value


STYLES = {
    "nice": {"indent": 4, "default_flow_style": False, "allow_unicode": True},
    "leaf": {"default_flow_style": None, "allow_unicode": True},
    "block": {"default_flow_style": False, "allow_unicode": True},
    "flow": {"default_flow_style": True, "allow_unicode": True},
    "ascii": {"default_flow_style": False, "allow_unicode": False},
    "narrow": {"default_flow_style": False, "allow_unicode": True, "width": 40, "explicit_start": True},
}


def observe(case):
    """(repr of the value or None, error or None, number of warnings)"""
    del WARNINGS[:]
    if "write" in case:
        return yaml.dump(case["write"], Dumper=AnsibleDumper, **STYLES[case["style"]]), None, 0
    try:
        loader = AnsibleLoader(case["text"])
        if case.get("documents"):
            value = []
            while loader.check_data():
                value.append(plain(loader.get_data()))
        else:
            value = plain(loader.get_single_data())
    except Exception as error:
        return None, " ".join(str(error).split()), len(WARNINGS)
    return repr(value), None, len(WARNINGS)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    paths = sys.argv[1:] or sorted(glob.glob(os.path.join(here, "../cases/yaml/*.yml")))
    agreed = wrong = differs = 0
    for path in paths:
        with open(path, encoding="utf-8") as handle:
            cases = yaml.safe_load(handle)
        for case in cases:
            value, error, warnings = observe(case)
            fine = error is not None if "error" in case else value == case["expect"] and warnings == case.get("warnings", 0)
            if "differs" in case:
                differs += 1
            elif fine:
                agreed += 1
            else:
                wrong += 1
                print("%s: %s\n  case:    %s\n  ansible: %s %s warnings=%d" % (
                    os.path.basename(path), case["name"], case.get("expect", case.get("error")), value, error, warnings))
    print("%d passed, %d failed (%d more differ on purpose)" % (agreed, wrong, differs))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
