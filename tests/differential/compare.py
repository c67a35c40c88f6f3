#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each playbook of playbooks/ with ansible-playbook and with fprov and compares stdout, exit code and the tree in ./out.

Comment lines at a playbook's head steer it:  # flags: -v -D   # env: A=B   # stderr: compare   # differs: REASON (must differ)
# again: FLAGS   a further run of its own with these flags instead (may stand there several times)
# refused: yes   Ansible does not run it, and that is what is compared (so it is for playbooks named refused_…)
# errors: SENTENCE | SENTENCE   both must say each of them (screen or stderr); what else stands in failed results is not compared
usage: compare.py [-v] [NAME...]
"""
import concurrent.futures, difflib, os, re, shlex, shutil, stat, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))
top = os.path.dirname(os.path.dirname(here))


def fprov():
    for path in [os.environ.get("FPROV", ""), f"{top}/build/release/fprov", f"{top}/build/fprov"]:
        if path and os.access(path, os.X_OK):
            return path
    sys.exit("build fprov first, or set FPROV")


ENTRY = re.compile(r"^(ok|changed|skipping|fatal|failed|FAILED - RETRYING): \[([^\]]*)\]")


def normalised(text, folder):
    text = text.replace(folder, "HERE")
    text = re.sub(r'"(delta|start|end)": "[^"]*"', r'"\1": "TIME"', text)
    text = re.sub(r"^(\s*)(delta|start|end): '[^']*'", r"\1\2: TIME", text, flags=re.M)
    text = re.sub(r"^\+\+\+ after(: .*)?$", "+++ after", text, flags=re.M)                # Ansible names a temporary file there
    text = re.sub(r'"src": "[^"]*"', '"src": "SRC"', text)
    text = re.sub(r'"ansible_facts": \{"discovered_interpreter_python": "[^"]*"\}, ', "", text)
    text = re.sub(r'\s*"ansible_facts": \{\s*"discovered_interpreter_python": "[^"]*"\s*\},', "", text)
    text = re.sub(r'"(atime|mtime|ctime)": [0-9.]+', r'"\1": 0', text)
    text = re.sub(r"ansible\.(?!parsing|errors|module)[A-Za-z0-9_]{6,8}\b", "ansible.TEMP", text)
    text = re.sub(r'(?:\\n\\nThe error appears to be in |(?:\\n)?\\n\\n[^\s\\"]+:\d+:\d+\\n).*?(?=(?<!\\)")', "", text)   # each shows the place in its own way
    for _ in range(3):
        text = re.sub(r"([^.\"]{6,}(?:\.[^.\"]{3,})?)\. \1(?=[\".])", r"\1", text)   # Ansible says what is undefined twice
    text = re.sub(r'"ansible_job_id": "[^"]*"', '"ansible_job_id": "JID"', text)
    text = re.sub(r'"results_file": "[^"]*"', '"results_file": "FILE"', text)
    text = re.sub(r"j\d{6,}\.\d+", "JID", text)
    text = re.sub(r'"invocation": \{"module_args": \{[^{}]*\}\}(, )?', "", text)
    text = re.sub(r"^    ansible_facts:\n        discovered_interpreter_python: .*\n", "", text, flags=re.M)
    text = re.sub(r"^(included: .* for )(.*?)( => |$)", lambda m: m[1] + ", ".join(sorted(m[2].split(", "))) + m[3], text, flags=re.M)
    # Hosts answer in any order: within one task, results are put in the order of their hosts.
    sections, section = [], []
    for line in text.splitlines():
        if line == "" and section:
            sections.append(section)
            section = []
        section.append(line)
    sections.append(section)
    out = []
    for section in sections:
        head, entries = [], []
        for line in section:
            found = ENTRY.match(line)
            if found:
                entries.append((found.group(2).split(" ")[0], [line]))
            elif polled := re.match(r"^ASYNC \w+ on ([^:]*):", line):
                entries.append((polled.group(1), [line]))
            elif line.startswith("included: ") and entries:
                entries.append(("~", [line]))       # told when all hosts that chose the file have answered
            elif entries:
                entries[-1][1].append(line)
            else:
                head.append(line)
        out += head
        for _, lines in sorted(entries, key=lambda e: e[0]):
            out += lines
    return "\n".join(out)


def tree(folder):
    lines = []
    for path, folders, files in sorted(os.walk(folder)):
        folders.sort()
        for name in sorted(folders + files):
            full = os.path.join(path, name)
            info = os.lstat(full)
            text = os.readlink(full) if stat.S_ISLNK(info.st_mode) else ""
            if stat.S_ISREG(info.st_mode):
                text = repr(open(full, "rb").read()[:2000])
            lines.append(f"{os.path.relpath(full, folder)} {stat.filemode(info.st_mode)} {info.st_uid}:{info.st_gid} {text}")
    return "\n".join(lines)


def run(command, name, folder, options):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(f"{here}/site", folder)
    os.mkdir(f"{folder}/out")
    shutil.copy(f"{here}/playbooks/{name}.yml", f"{folder}/{name}.yml")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "FPROV_"))}
    env.update(ANSIBLE_NOCOLOR="1", ANSIBLE_LOCALHOST_WARNING="False", ANSIBLE_DEPRECATION_WARNINGS="False", LC_ALL="C.UTF-8", COLUMNS="80")
    for pair in options.get("env", "").split():
        key, value = pair.split("=", 1)
        env[key] = value
    words = command + ["-i", "hosts", f"{name}.yml"] + shlex.split(options.get("flags", ""))
    try:
        done = subprocess.run(words, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired as end:
        return "did not end within 300 s\n" + (end.stdout or b"").decode(errors="replace"), ""
    said = " ".join((done.stdout + done.stderr).replace('\\"', '"').replace(folder, "HERE").split())
    screen = normalised(done.stdout, folder)
    if options.get("errors"):
        screen = re.sub(r"^An exception occurred during task execution.*\n", "", screen, flags=re.M)
        screen = re.sub(r"^((?:fatal|failed): .*?(?:(?:FAILED|UNREACHABLE)! =>|\) =>)) \{.*", r"\1 ...", screen, flags=re.M)
        screen += "".join(f"\n'{one.strip()}' " + ("is said" if one.strip() in said else "is missing") for one in options["errors"].split("|"))
    text = screen + f"\nexit code {done.returncode}\n-- left behind --\n" + tree(f"{folder}/out").replace(folder, "HERE")
    if options.get("stderr"):
        text += "\n-- stderr --\n" + normalised(done.stderr, folder)
    return text, done.stderr


def one(name, extra_flags=None):
    options, again = {}, []
    for line in open(f"{here}/playbooks/{name}.yml"):
        found = re.match(r"# (flags|again|env|stderr|differs|errors|refused): (.*)", line)
        if not found:
            break
        if found.group(1) == "again":
            again.append(found.group(2).strip())
        else:
            options[found.group(1)] = found.group(2).strip()
    if extra_flags is not None:
        again, options["flags"] = [], extra_flags
    wanted, given, their_errors, errors = "", "", "", ""
    for flags in [options.get("flags", "")] + again:
        with tempfile.TemporaryDirectory() as root:
            folder = os.path.join(root, "work")
            title = f"== flags: {flags} ==\n" if again else ""
            text, their_errors = run(["ansible-playbook"], name, folder, {**options, "flags": flags})
            wanted += title + text + "\n"
            text, more = run([fprov(), "playbook"], name, folder, {**options, "flags": flags})
            given, errors = given + title + text + "\n", errors + more
    same = wanted == given
    if "\nexit code 4\n" in wanted and not name.startswith("refused_") and "refused" not in options and "unreachable" not in name:
        return False, f"{name}: Ansible does not run this playbook; say '# refused: yes' if that is wanted", their_errors
    if options.get("differs"):
        return (not same, f"{name}: differs as it must ({options['differs']})" if not same else f"{name}: no longer differs: remove 'differs'", "")
    text = "" if same else "\n".join(difflib.unified_diff(wanted.splitlines(), given.splitlines(), "ansible", "fprov", lineterm="", n=2)) + "\n" + errors
    return same, name, text


def main():
    verbose = "-v" in sys.argv
    names = [a for a in sys.argv[1:] if not a.startswith("-")] or sorted(f[:-4] for f in os.listdir(f"{here}/playbooks") if f.endswith(".yml"))
    passed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for good, name, text in pool.map(one, names):
            print("ok" if good else "not ok", name, flush=True)
            passed += good
            if not good and text:
                print("\n".join("    " + line for line in text.splitlines()[:400 if verbose else 40]), flush=True)
    print(f"{passed} passed, {len(names) - passed} failed")
    sys.exit(passed != len(names))


if __name__ == "__main__":
    main()
