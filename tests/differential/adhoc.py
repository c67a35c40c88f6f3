#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the command lines of adhoc.txt with Ansible's programs and with fprov under their names; compares the screen, the exit code and files that --tree writes.
usage: adhoc.py [WORD]   (WORD: only lines that contain it)"""
import concurrent.futures, difflib, os, re, shlex, subprocess, sys, tempfile

from compare import fprov, here

FILES = {
    "h": "[web]\na x=1\nb x=2\n[db]\nc x=3\n[all:vars]\nansible_connection=local\nansible_python_interpreter=/usr/bin/python3\n",
    "vars.yml": "f: 1\n", "vars.json": '{"j": [1, 2]}', "t.j2": "hello {{ x }}\n", "x": "x",
    "ok.yml": "- hosts: a\n  gather_facts: no\n  tasks:\n    - name: say\n      command: echo hi\n      tags: [one]\n",
}


def normalised(text, folder):
    text = text.replace(folder, "FOLDER")
    text = re.sub(r"(?s)usage: .*", "", text)                                             # the help has words of its own, and its own stream
    text = re.sub(r"(?m)^(\+\+\+ after: ).*", r"\1", text)                                # a temporary file's name
    text = re.sub(r'"(src|delta|start|end|inode|atime|mtime|ctime)": ?"?[^",\n]*"?', r'"\1": _', text)
    return text


def run(program, words, folder):
    os.mkdir(folder)
    for name, text in FILES.items():
        with open(f"{folder}/{name}", "w") as file:
            file.write(text)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "FPROV_"))}
    env.update(ANSIBLE_NOCOLOR="1", ANSIBLE_LOCALHOST_WARNING="False", ANSIBLE_DEPRECATION_WARNINGS="False", LC_ALL="C.UTF-8", HOME=folder, COLUMNS="80")
    done = subprocess.run([program, *words], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    text = normalised(done.stdout.decode("utf-8", "replace"), folder).rstrip() + f"\nexit code {done.returncode}\n"
    if os.path.isdir(folder + "/tree"):
        for name in sorted(os.listdir(folder + "/tree")):
            with open(f"{folder}/tree/{name}") as file:
                text += f"{name}: {normalised(file.read(), folder)}\n"
    return text, done.stderr.decode("utf-8", "replace")


def one(line):
    program, *words = shlex.split(line)
    with tempfile.TemporaryDirectory() as root:
        os.symlink(fprov(), f"{root}/{program}")
        wanted, _ = run(program, words, root + "/theirs")
        given, errors = run(f"{root}/{program}", words, root + "/ours")
    return line, "\n".join(difflib.unified_diff(wanted.splitlines(), given.splitlines(), "ansible", "fprov", lineterm="", n=1)) + "\n" + errors if wanted != given else ""


def main():
    with open(f"{here}/adhoc.txt") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    lines = [line for line in lines if len(sys.argv) < 2 or sys.argv[1] in line]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for line, text in pool.map(one, lines):
            failed += bool(text)
            print("not ok" if text else "ok", line, *([text] if text else []), sep="\n    " if text else " ", flush=True)
    print(f"{len(lines) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
