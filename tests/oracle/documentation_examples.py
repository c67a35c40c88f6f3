#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of the installed Ansible's documentation (ansible-doc), under Ansible and under fprov.

usage: documentation_examples.py [-v] [NAME...]      (-v shows what is left out, and why; NAME: of a plugin, or modules, filters, tests, lookups, keywords)
KEEP=FOLDER in the environment keeps the playbooks there

modules          each example as a play: what Ansible loads, `fprov lint` must find nothing in
keywords         each keyword on each place with values that fit and one that does not: both take it, or neither does
filters, tests,  every {{ expression }} of the examples, and every task that only shows or sets something, run by both over the local
lookups          connection: what they print is compared task by task
"""
import concurrent.futures
import contextlib
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile

import yaml
from ansible import constants
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook import Playbook
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from ansible.vars.manager import VariableManager

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FPROV = os.environ.get("FPROV") or TOP + "/build/release/fprov"
COLLECTIONS = ("ansible.builtin", "ansible.utils", "community.general")     # whose filters, tests and lookups are compared
HARMLESS = ("debug", "set_fact", "assert", "fail", "add_host", "group_by")    # tasks of examples that may run here

# What cannot be compared: text in it → why.
LEFT_OUT = {
    "filter": {"| random": "another answer each time", "|random": "another answer each time", "shuffle}}": "another answer each time",
               "'testing' | password_hash": "another salt each time", "ipaddr(''size'')": "integers have 64 bits; longer ones are text", "list1 | community.general.lists_mergeby(\n": "wording", "random_mac": "another answer each time", "| dict_kv(": "fprov knows filters of other collections by their short names, too", "community.genera.": "wording",
               "myvar | type_debug": "Python's class names; texts are 'str'",
               "| strftime }}": "the time", "| vault(": "another salt each time"},
    "test": {"is exist ": "wording", "is ansible_vault": "wording"},
    "lookup": {"'/dev/null', chars": "another answer each time", "'hosts')": "fprov keeps no list of failed hosts",
               "https://": "the network", "'date'": "the time", "with_random_choice": "another answer each time", "item.path | splitext | first": "wording", "lookup('ansible.builtin.varnames', '.+')": "names of all variables; fprov's facts about itself have others"},
    "module": {},
}

# Keywords that must differ: start of the case's title → why.
KEYWORDS_LEFT_OUT = {
    'keyword action of Task: "text"': "an unknown module is a mistake wherever it is named", 'keyword action of Handler: "text"': "as above",
    'keyword args of Task: {"a": 1}': "the parameters of modules are checked, too", 'keyword args of Handler: {"a": 1}': "as above",
    "keyword debugger of": "a wrong value is told before the run; Ansible tells it in the run", "keyword force_handlers of Play": "as above", "keyword gather_facts of Play": "as above",
    "keyword gather_timeout of Play": "as above", "keyword max_fail_percentage of Play": "as above",
    "keyword name of Role": "beside role, nobody looks at it", "keyword module_defaults of": "defaults for modules that fprov does not know do no harm",
}

# Names that examples use and leave to the reader.
VARIABLES = {
    "a": 1, "b": "1", "anothervar": "yes", "some_string_value": "on", "string_value": "it's $HOME", "string": "big_string", "stuff": "déjà vu\n", "b64stuff": "ZMOpasOg",
    "mypath": "/etc/asdf/foo.txt", "mydir": "/etc/other", "path": "foo/bar", "file": "baz.txt", "filename": "x.txt", "me": 27, "me_": 3, "item": 7, "value": ["10.1.2.3", "10.1.2.0/24", "fe80::1", "text"], "sequence": [{"key": "a", "b": 1}],
    "list1": [1, 2, 5, 1, 3, 4, 10], "list2": [1, 2, 3, 4, 5, 11, 99], "dict1": {"a": 1}, "dict2": {"b": {"c": 2}}, "dict3": {"a": [3]}, "dict4": {"d": None},
    "defaults": {"a": {"b": 3, "c": 4}, "d": 5}, "customization": {"a": {"c": 20}}, "docker_config": {"log": {"max": "10m", "on": True}, "hosts": ["é", 1.5, None]},
    "github_workflow": {"on": ["push"], "jobs": {"a": {"runs": "{x}", "if": "a: b"}}}, "multidoc_yaml_string": "a: 1\n---\n- b\n...\n", "users": [{"name": "x", "groups": [1, 2]}, {"name": "y"}],
    "ec2_subnet_type": "public", "ec2_vpc_public_subnet_id": "pub", "ec2_vpc_private_subnet_id": "priv", "ansible_service_mgr": "systemd",
    "ansible_date_time": {"epoch": "1616187249"}, "epoch": 1616187249, "some_list": ["x", "y"], "somelist": [[1, 2], 3], "listofthings": ["this", "that"],
    "all_paths": ["/a", "b"], "list_of_paths": ["/etc/hosts", "/etc", "/proc/self"], "list_of_all_possible_files": ["/etc/hosts", "/nothing/here"], "booleanvar": True,
    "varexpression": "{{ 3 == 3 }}", "taskresults": {"failed": True, "changed": False, "skipped": False, "unreachable": False, "msg": "x"},
    "asynctaskpoll": {"finished": 1, "started": 1, "ansible_job_id": "1"}, "big": [1, 2, 3, 4, 5], "small": [3, 4], "url": "https://example.com/users/foo/resources/bar",
    "myuser": "root", "myvar": "ename", "bgp_neighbor_ip": "10.0.0.1", "files": ["/etc/nothing", "/etc/hosts"], "findme": ["/etc/nothing", "/etc/hosts"],
    "ansible_distribution": "Debian", "ansible_os_family": "Debian", "ansible_virtualization_type": "kvm", "end_at": 3, "tags": [{"key": "a", "value": 1}],
}
FILES = {
    "users.ini": "[integration]\nuser=one\n[production]\nuser : two\n", "user.properties": "user.name=me\n", "test.ini": "[section1]\na=1\nb=2\n[section2]\na=3\n",
    "mysql.ini": "[mysqld]\nuser\nport=3\n", "elements.csv": "H,1,1.008\nLi,3,6.94\n", "bgp_neighbors.csv": "10.0.0.1,a,b,c,d,e,f,g\n", "some_template.j2": "a {{ path }} [% path %] [# c #] {# d #}\n",
    "files/bar.txt": "bar\n", "files/foo": "foo\n",
}

failures, passed, verbose = [], 0, False


def said(text):
    if verbose:
        print(text)


def good(name):
    global passed
    passed += 1


def bad(name, text):
    failures.append(name)
    print(f"not ok {name}\n" + "\n".join("    " + line for line in text.rstrip().splitlines()[:40]))


def ask(*command):
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd="/", check=True).stdout)


def documents(kind, wanted):
    """Full name → documentation, of Ansible's plugins that fprov has."""
    listed = ask("ansible-doc", "-t", kind, "--list", "--json")
    names = [name for name, text in listed.items() if wanted(name) and "UNDOCUMENTED" not in text]
    return ask("ansible-doc", "-t", kind, "--json", *names) if names else {}


def left_out(kind, text):
    return next((why for part, why in LEFT_OUT[kind].items() if part in text), None)


# --- modules and keywords: loading ----------------------------------------------------------------------------------------------------

class Loading:
    """Both programs' judgement of a playbook that is only loaded."""

    def __init__(self, folder):
        self.folder = folder
        self.loader = DataLoader()
        self.inventory = InventoryManager(self.loader, sources=["localhost,"])
        self.variables = VariableManager(self.loader, self.inventory)

    def write(self, name, plays):
        path = f"{self.folder}/{name}.yml"
        with open(path, "w") as out:
            out.write(plays if isinstance(plays, str) else yaml.safe_dump(plays, sort_keys=False, width=1000))
        return path

    def ansible(self, path):
        """Its complaint, or nothing."""
        try:
            self.loader._FILE_CACHE.clear()
            for play in Playbook.load(path, variable_manager=self.variables, loader=self.loader).get_plays():
                play.compile()
        except (AnsibleError, yaml.YAMLError) as error:
            return str(error) or "refused"
        except Exception as error:     # Ansible stumbles over its own feet: refused
            return f"{type(error).__name__}: {error}"
        return ""

    def fprov(self, paths):
        """Path → its complaints, of one run over all files."""
        found = {path: "" for path in paths}
        if paths:
            done = subprocess.run([FPROV, "lint", "--format", "json", *paths], capture_output=True, text=True, cwd=self.folder)
            for one in json.loads(done.stdout):
                found[one["path"]] = found.get(one["path"], "") + one["message"] + "\n"
        return found


def blocks_of(example):
    """The plays or tasks of an EXAMPLES text; texts that are no YAML are cut at their blank lines."""
    def load(text):
        try:
            return list(yaml.safe_load_all(text))
        except yaml.YAMLError:
            return None
    whole = load(example)
    parts = whole if whole is not None else [part for text in re.split(r"\n(?=[^\s#])", example) for part in load(text) or []]
    for part in parts:
        yield from (part if isinstance(part, list) else [part])


def missing_things(item, folder):
    """Roles and files that an example counts on are made, empty."""
    if isinstance(item, dict):
        for key, value in item.items():
            key = key.rsplit(".", 1)[-1]
            name = value.get("name" if key.endswith("role") else "file") if isinstance(value, dict) else value
            if key in ("import_role", "include_role") and isinstance(name, str):
                for kind in ("tasks", "vars", "defaults", "handlers"):
                    os.makedirs(f"{folder}/roles/{name}/{kind}", exist_ok=True)
                    for file in ("main", *(value.get(f"{k}_from", "main").split(".")[0] for k in ("tasks", "vars", "defaults", "handlers"))):
                        open(f"{folder}/roles/{name}/{kind}/{file}.yml", "a").close()
            elif key in ("import_tasks", "include_tasks", "import_playbook", "include") and isinstance(name, str) and "{{" not in name:
                path = f"{folder}/{name}"
                os.makedirs(os.path.dirname(path), exist_ok=True)
                if not os.path.exists(path):
                    open(path, "w").write("- hosts: all\n" if key == "import_playbook" else "- ping:\n")
            missing_things(value, folder)
    elif isinstance(item, list):
        for one in item:
            missing_things(one, folder)


def roles_of(play, folder):
    for role in play.get("roles") or []:
        name = role if isinstance(role, str) else role.get("role") or role.get("name")
        os.makedirs(f"{folder}/roles/{name}/tasks", exist_ok=True)


def check_modules(folder, only):
    table = ask(FPROV, "doc", "-t", "module", "--list", "--json")
    full_names = {f"{row['collection']}.{name}" for name, row in table.items()}
    loading = Loading(folder)
    os.makedirs(folder + "/files", exist_ok=True)
    jobs = []
    for full, document in documents("module", lambda name: name in full_names).items():
        if only and full.rsplit(".", 1)[-1] not in only:
            continue
        for number, item in enumerate(blocks_of(document.get("examples") or ""), 1):
            name = f"module {full} {number}"
            if not isinstance(item, dict):
                said(f"left out {name}: no task: {str(item)[:60]}")
                continue
            missing_things(item, folder)
            if "hosts" in item:
                roles_of(item, folder)
            play = item if "hosts" in item or any(key.endswith("import_playbook") for key in item) else {"hosts": "all", "gather_facts": False, "tasks": [item]}
            path = loading.write(name.replace(" ", "_"), [play])
            jobs.append((name, path, loading.ansible(path)))
    found = loading.fprov([path for _, path, _ in jobs])
    for name, path, theirs in jobs:
        if theirs:
            said(f"left out {name}: Ansible refuses it: {theirs[:300]}")
        elif found[path]:
            bad(name, found[path] + open(path).read())
        else:
            good(name)


FITTING = {"bool": [True, "no", "{{ x }}"], "int": [3, "4", "{{ x }}"], "float": [1.5], "string": ["text", "{{ x }}"], "list": [["one"], "one"], "dict": [{"a": 1}], None: ["text"]}
NOT_FITTING = {"bool": ["perhaps", [], {"a": 1}], "int": ["many", [1]], "float": ["many"], "string": [["one"], {"a": 1}], "list": [{"a": 1}], "dict": ["text", ["one"]], None: []}


def check_keywords(folder, only):
    table = ask(FPROV, "doc", "-t", "keyword", "--list", "--json")
    names = [name for name in ask("ansible-doc", "-t", "keyword", "--list", "--json") if name in table and (not only or name in only or "keywords" in only)]
    loading = Loading(folder)
    os.makedirs(f"{folder}/roles/r/tasks", exist_ok=True)
    jobs = []
    for name, row in ask("ansible-doc", "-t", "keyword", "--json", *names).items():
        kind = row.get("type") if row.get("type") in FITTING else None
        for place in ("Play", "Role", "Block", "Task", "Handler"):
            for value in [*FITTING[kind][:1], *NOT_FITTING[kind], *([] if place == "Handler" else [None, *FITTING[kind][1:]]), *([["x", 5]] if kind == "list" else [])]:
                entry = {name: value}
                if place == "Play":
                    plays = [{"hosts": "all", **entry}]
                elif place == "Role":
                    plays = [{"hosts": "all", "roles": [{"role": "r", **entry}]}]
                elif place == "Block":
                    plays = [{"hosts": "all", "tasks": [{"block": [{"ping": None}], **entry}]}]
                else:
                    plays = [{"hosts": "all", "tasks" if place == "Task" else "handlers": [{"name": "n", **({} if name in ("action", "local_action") else {"ping": None}), **entry}]}]
                title = f"keyword {name} of {place}: {json.dumps(value)}"
                path = loading.write(f"keyword_{len(jobs)}", plays)
                jobs.append((title, path, loading.ansible(path)))
    found = loading.fprov([path for _, path, _ in jobs])
    for title, path, theirs in jobs:
        ours = found[path]
        if bool(theirs) == bool(ours):
            good(title)
        elif not any(title.startswith(start) for start in KEYWORDS_LEFT_OUT):
            bad(title, f"Ansible: {theirs.splitlines()[0] if theirs else 'takes it'}\nfprov: {ours.splitlines()[0] if ours else 'takes it'}")


# --- filters, tests, lookups: running -------------------------------------------------------------------------------------------------

def expressions_of(text):
    """Every {{ … }} of a text, and what stands after "name:" as a bare test."""
    for found in re.finditer(r"\{\{.*?\}\}(?:\})?", text, re.S):
        yield found.group(0)
    for found in re.finditer(r"(?m)^\w+: (\w+ is .*)$", text):
        yield "{{ " + found.group(1) + " }}"


def tasks_of(example):
    for item in blocks_of(example):
        if isinstance(item, dict) and isinstance(item.get("tasks"), list):
            for task in item["tasks"]:
                yield task, item.get("vars")
        elif isinstance(item, dict):
            yield item, None


def harmless(task):
    return isinstance(task, dict) and any(key.rsplit(".", 1)[-1] in HARMLESS for key in task)


def sections(screen):
    found, name = {}, None
    for line in screen.splitlines():
        head = re.match(r"TASK \[(N\d+) ", line)
        if line.startswith(("TASK [", "PLAY ")):
            name = head.group(1) if head else None
        elif name and line.strip():
            found.setdefault(name, []).append(line)
    return found


def core(line):
    """Of a failure that is shown: the sentence that says why, without the words before it and the place behind it."""
    found = re.match(r'(?:fatal|failed): .*?=> (\{.*)', line)
    if not found:
        return line
    text = json.loads(found.group(1)).get("msg", "")
    text = str(text).split("\n\n")[0]
    text = re.sub(r"^An unhandled exception occurred while .*?Error was a <class '[\w.]+'>, original message: ", "", text, flags=re.S)
    text = re.sub(r"^(?:The task includes an option with an undefined variable\. The error was: |Unexpected templating type error occurred on \(.*?\}\}\)+: )", "", text, flags=re.S)
    return re.sub(r"^(.*)\. \1$", r"\1", text.split(". String: ")[0], flags=re.S)


def alike(theirs, ours):
    """The same lines; of a template's failure only the reason, which Ansible says twice; of undefined names not which one was met first."""
    if theirs == ours:
        return True
    theirs = [line for line in theirs if not line.startswith("An exception occurred during task execution")]
    return len(theirs) == len(ours) and all(
        a == b or (b.startswith(("fatal:", "failed:")) and (core(a) in json.loads(b[b.index("=> {") + 3:]).get("msg", "") or " is undefined" in a and " is undefined" in b))
        for a, b in zip(theirs, ours))


def check_plugins(folder, kinds, only):
    table = {}
    tasks = []
    loading = Loading(folder)
    for kind in kinds:
        ours = ask(FPROV, "doc", "-t", kind, "--list", "--json")
        for full, document in documents(kind, lambda name: name.startswith(COLLECTIONS) and name.rsplit(".", 1)[1] in ours).items():
            if only and full.rsplit(".", 1)[-1] not in only and kind + "s" not in only:
                continue
            example = document.get("examples") or ""
            found, count = [], 0
            for expression in expressions_of(re.sub(r"(?m)^\s*#.*$", "", example)):
                found.append(({"debug": {"msg": expression}}, expression))
            for task, variables in tasks_of(example):
                if harmless(task) and not (why := loading.ansible(loading.write("task", [{"hosts": "all", "tasks": [task]}]))):
                    task = {key: value for key, value in task.items() if key != "name"}
                    found.append(({**task, "vars": {**(variables or {}), **(task.get("vars") if isinstance(task.get("vars"), dict) else {})}}, yaml.safe_dump(task)))
            for task, text in found:
                why = left_out(kind, text)
                if why:
                    said(f"left out {kind} {full}: {why}: {text.strip()[:80]}")
                    continue
                count += 1
                number = f"N{len(tasks)}"
                table[number] = (f"{kind} {full} {count}", text)
                tasks.append({"name": f"{number} x", "ignore_errors": True, **task})
            if not count:
                said(f"left out {kind} {full}: no example")
    for name, text in FILES.items():
        os.makedirs(os.path.dirname(f"{folder}/{name}"), exist_ok=True)
        open(f"{folder}/{name}", "w").write(text)
    if not tasks:
        return
    with open(folder + "/run.yml", "w") as out:
        yaml.safe_dump([{"hosts": "localhost", "connection": "local", "gather_facts": False, "vars_files": ["known.yml"], "tasks": tasks}], out, sort_keys=False, width=1000)
    with open(folder + "/known.yml", "w") as out:
        yaml.safe_dump(VARIABLES, out)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "FPROV_"))}
    env.update(ANSIBLE_NOCOLOR="1", ANSIBLE_LOCALHOST_WARNING="False", ANSIBLE_DEPRECATION_WARNINGS="False", LC_ALL="C.UTF-8", COLUMNS="80", HOME=folder)

    def run(command):
        done = subprocess.run([*command, "-i", "localhost,", "run.yml"], cwd=folder, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return sections(done.stdout), done.stdout[-1500:] + done.stderr[-1500:]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        (theirs, their_end), (ours, our_end) = pool.map(run, [["ansible-playbook"], [FPROV, "playbook"]])
    for number, (name, text) in table.items():
        if number not in theirs:
            bad(name, "Ansible did not run it:\n" + text + their_end)
        elif alike(theirs[number], ours.get(number, [])):
            good(name)
        else:
            bad(name, text.strip() + "\n" + "\n".join(list(difflib.unified_diff(theirs[number], ours.get(number, [our_end]), "ansible", "fprov", lineterm="", n=1))))


def main():
    global verbose
    verbose = "-v" in sys.argv
    only = {a for a in sys.argv[1:] if not a.startswith("-")}
    _AnsibleCollectionFinder(paths=constants.COLLECTIONS_PATHS)._install()
    with contextlib.ExitStack() as stack:
        root = os.environ.get("KEEP") or stack.enter_context(tempfile.TemporaryDirectory())
        for part in ("modules", "keywords", "plugins"):
            os.makedirs(f"{root}/{part}", exist_ok=True)
        if not only or only - {"keywords", "filters", "tests", "lookups"}:
            check_modules(root + "/modules", only - {"modules"} if only else only)
        if not only or "keywords" in only:
            check_keywords(root + "/keywords", only)
        check_plugins(root + "/plugins", ("filter", "test", "lookup"), only)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
