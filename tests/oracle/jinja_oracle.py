#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the jinja case files through real Jinja2, set up as Ansible uses it, and reports where the expectations differ.

usage: jinja_oracle.py [--record] FILE.yml...
--record fills in `expect`, `expect_value` or `error` where a case has none yet (review what it writes).
Cases with `differs: reason` are expected to differ: it is an error when they do not.
"""
import functools
import inspect
import re
import sys

import jinja2
import yaml
from collections.abc import Iterator, MappingView


class Chainable(jinja2.StrictUndefined):
    """Strict, but attributes and items of something undefined are undefined too."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key):
        return self

    def __repr__(self):
        self._fail_with_undefined_error()


def rolled(value):
    return isinstance(value, (Iterator, MappingView, range))


def unrolled(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        return list(result) if rolled(result) else result
    return wrapper


def environment(case):
    options = dict(case.get("options") or {})
    extensions = [name for key, name in (("do", "jinja2.ext.do"), ("loopcontrols", "jinja2.ext.loopcontrols")) if options.pop(key, False)]
    env = jinja2.Environment(undefined=Chainable, extensions=extensions, loader=jinja2.DictLoader(case.get("templates") or {}),
                             finalize=lambda value: list(value) if rolled(value) else value, **options)
    for name, function in env.filters.items():
        env.filters[name] = unrolled(function)
    return env


def plain(value):
    if isinstance(value, jinja2.Undefined):
        str(value)
    if isinstance(value, (list, tuple)) or rolled(value):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, str) else value


def run(case):
    """('expect', text) or ('expect_value', value) or ('error', message)"""
    variables = {**(case.get("vars") or {}), **(case.get("host") or {})}
    try:
        env = environment(case)
        if "template" in case:
            return "expect", env.from_string(case["template"]).render(variables)
        return "expect_value", plain(env.compile_expression(case["expression"], undefined_to_none=False)(variables))
    except RecursionError:
        return "error", "maximum recursion depth exceeded"
    except Exception as error:
        return "error", (getattr(error, "message", None) or str(error)).rstrip(".")


def same(a, b):
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and (a == b or a != a and b != b)


def agrees(case, kind, value):
    if "error" in case:
        return kind == "error"   # the words may be ours
    wanted = case.get("expect", case.get("expect_value"))
    return kind in case and same(wanted, value)


def quoted(value):
    if isinstance(value, str):
        import json
        return json.dumps(value, ensure_ascii=False)
    return yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True).strip().removesuffix("\n...").strip()


def record(path):
    """Appends a result line to each case without one; cases stand as `- name:` items with two blanks of indentation."""
    text = open(path, encoding="utf-8").read()
    blocks = re.split(r"(?m)^(?=- name:)", text)
    out = []
    for block in blocks:
        if block.startswith("- name:"):
            case = yaml.safe_load(block)[0]
            if not {"expect", "expect_value", "error"} & case.keys():
                kind, value = run(case)
                if kind == "error":
                    value = re.sub(r"^(do|test)_(\w+\(\))", r"\2", value)   # the names of Jinja2's functions
                tail = re.search(r"\n*\Z", block).group()
                block = block.rstrip("\n") + f"\n  {kind}: {quoted(value)}\n" + tail[1:]
        out.append(block)
    open(path, "w", encoding="utf-8").write("".join(out))


def main():
    files = [arg for arg in sys.argv[1:] if not arg.startswith("--")]
    if "--record" in sys.argv:
        for path in files:
            record(path)
    cases = wrong = 0
    for path in files:
        data = yaml.safe_load(open(path, encoding="utf-8"))
        for case in data["cases"] if isinstance(data, dict) else data:
            cases += 1
            kind, value = run(case)
            if agrees(case, kind, value) == bool(case.get("differs")):
                wrong += 1
                print(f"{path}: {case['name']}\n    Jinja2 gives {kind}: {value!r}")
    print(f"{cases} cases, {wrong} unlike Jinja2 {jinja2.__version__}")
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
