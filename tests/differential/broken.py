#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the playbooks of broken.yml with ansible-playbook and with fprov and compares exit code and recap. usage: broken.py [-v] [NAME...]"""
import concurrent.futures, os, re, subprocess, sys, tempfile

import yaml

from compare import fprov, here


def run(command, folder, name):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "FPROV_"))}
    env.update(ANSIBLE_NOCOLOR="1", ANSIBLE_LOCALHOST_WARNING="False", ANSIBLE_DEPRECATION_WARNINGS="False", LC_ALL="C.UTF-8", HOME=folder)
    done = subprocess.run(command + ["-i", "localhost,", "-c", "local", name], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    recap = done.stdout[done.stdout.find("PLAY RECAP"):] if "PLAY RECAP" in done.stdout else "no recap"
    return f"exit code {done.returncode}, " + re.sub(r"\s+", " ", recap), done.stdout[-600:] + done.stderr[-600:]


def one(case):
    name, entry = case
    text, differs = (entry["playbook"], entry["differs"]) if isinstance(entry, dict) else (entry, "")
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/{name}.yml", "w") as file:
            file.write(text)
        wanted, _ = run(["ansible-playbook"], folder, f"{name}.yml")
        given, said = run([fprov(), "playbook"], folder, f"{name}.yml")
    if differs:
        return wanted != given, name, f"no longer differs ({differs}): take 'differs' away"
    return wanted == given, name, f"ansible: {wanted}\n    fprov:   {given}\n    {said}"


def main():
    with open(f"{here}/broken.yml") as file:
        cases = yaml.safe_load(file)
    names = [word for word in sys.argv[1:] if not word.startswith("-")]
    wanted = {name: entry for name, entry in cases.items() if not names or name in names}
    passed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for good, name, text in pool.map(one, wanted.items()):
            passed += good
            print("ok" if good else "not ok", name, flush=True)
            if not good or "-v" in sys.argv:
                print("    " + text, flush=True)
    print(f"{passed} passed, {len(wanted) - passed} failed")
    sys.exit(passed != len(wanted))


if __name__ == "__main__":
    main()
