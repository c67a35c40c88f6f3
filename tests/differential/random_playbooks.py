#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs random playbooks with ansible-playbook and with fprov and shows where screen or exit code differ. For people who look for differences: what
Ansible does with a strange playbook is often nobody's wish, so this is no part of scripts/test.

usage: random_playbooks.py FIRST_SEED [COUNT]     (KEEP=FOLDER in the environment keeps the playbooks that differ)
"""
import difflib, os, random, re, shutil, subprocess, sys, tempfile

import yaml

from compare import fprov, normalised

INVENTORY = "[web]\na x=1\nb x=2\n[db]\nc x=3\n[all:vars]\nansible_connection=local\nansible_python_interpreter=/usr/bin/python3\n"
FLAGS = ([], [], [], ["-v"], ["--check"], ["--tags", "ta"], ["--skip-tags", "tb"], ["--tags", "ta,tc"], ["-D"], ["--force-handlers"], ["--limit", "a:c"])
HANDLERS = ("h one", "h two", "h three")
TAGS = ("ta", "tb", "tc")
VARIABLES = ("v1", "v2", "v3")
MESSAGES = ("plain", "{{ inventory_hostname }}", "{{ v1 | default('none') }}", "{{ v2 | default(1) }} {{ role_name | default('-') }}", "{{ reg.stdout | default('nostd') }}",
            "{{ item | default('noitem') }}", "{{ ansible_failed_task.name | default('nofail') }}", "{{ ansible_role_name | default('x') }} {{ ansible_parent_role_names | default([]) }}",
            "{{ iv | default('noiv') }}", "{{ play_hosts }}")
CONDITIONS = ("inventory_hostname == 'a'", "inventory_hostname != 'b'", "v1 is defined", "v2 | default(0) | int > 1", "true", "false", "inventory_hostname in ['a', 'c']", "ansible_check_mode",
              "v3 | default(false) | bool", "reg.failed | default(false)")


class Maker:
    """One playbook with the files that it includes."""

    def __init__(self, seed):
        self.random, self.number, self.files, self.in_role = random.Random(seed), 0, {}, False
        self.plays = [self.play() for _ in range(self.random.randint(1, 3))]
        self.in_role = True     # a role that includes itself has no end
        for role in ("r1", "r2"):
            self.files[f"roles/{role}/tasks/main.yml"] = self.tasks(self.random.randint(1, 4), 1)
            if self.chance(.5):
                self.files[f"roles/{role}/handlers/main.yml"] = [{"name": f"{role} own", "debug": {"msg": role}}]
            if self.chance(.6):
                self.files[f"roles/{role}/defaults/main.yml"] = {"v2": self.one(0, 3), "iv": "default"}
            if self.chance(.3):
                self.files[f"roles/{role}/vars/main.yml"] = {"v3": self.one(True, "rolevar")}
        if self.chance(.2):
            self.files["roles/r2/meta/main.yml"] = {"dependencies": ["r1"]}
        self.flags = self.one(*FLAGS)

    def one(self, *choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    def name(self, kind):
        self.number += 1
        return f"{kind} {self.number}"

    def maybe(self, entry, share, key, *values):
        if self.chance(share):
            entry[key] = self.one(*values)

    def action(self, may_fail=True):
        kind = self.random.random()
        if kind < .24:
            return {"debug": {"msg": self.one(*MESSAGES)}}
        if kind < .30:
            return {"debug": {"var": self.one("v1", "v2", "reg.rc", "nope")}}
        if kind < .44:
            return {"set_fact": {self.one(*VARIABLES): self.one(1, 2, "x", "{{ inventory_hostname }}", "{{ v2 | default(0) | int + 1 }}", "{{ hostvars['a'].v1 | default('h') }}", True)}}
        if kind < .66:
            return {"command": self.one("true", "echo hi", "echo {{ inventory_hostname }}", "echo {{ item | default('i') }}")}
        if kind < .73 and may_fail:
            return {"command": self.one("false", 'sh -c "exit 3"')}
        if kind < .79 and may_fail:
            return {"fail": {"msg": self.one("bad", "no {{ inventory_hostname }}")}}
        if kind < .82 and may_fail:
            return {"assert": {"that": [self.one(*CONDITIONS)], "quiet": self.one(True, False)}}
        if kind < .85 and may_fail:
            return {"debug": {"msg": "{{ undefined_thing }}"}}
        if kind < .92:
            return {"meta": self.one("flush_handlers", "noop", "clear_host_errors", "clear_facts", *self.random.sample(["end_host", "end_play", "end_batch", "noop", "noop", "noop"], 2))}
        return {"group_by": {"key": self.one("g_{{ inventory_hostname }}", "gg")}}

    def simple(self):
        task = {"name": self.name("t"), **self.action()}
        if "meta" in task:
            self.maybe(task, .4, "when", *CONDITIONS)
            return task
        self.maybe(task, .25, "when", *CONDITIONS, list(CONDITIONS[1:3]))
        self.maybe(task, .2, "register", "reg")
        self.maybe(task, .25, "changed_when", True, False, "inventory_hostname == 'a'")
        self.maybe(task, .12, "failed_when", True, False, "inventory_hostname == 'b'")
        self.maybe(task, .3, "ignore_errors", True, True, False, "{{ inventory_hostname == 'a' }}")
        self.maybe(task, .25, "notify", HANDLERS[0], HANDLERS[1], "topic", [HANDLERS[0], "topic"], HANDLERS[2])
        self.maybe(task, .2, "tags", *TAGS, ["ta", "tb"], "always", "never")
        self.maybe(task, .12, "run_once", True)
        self.maybe(task, .1, "delegate_to", "b", "a", "localhost", "c")
        self.maybe(task, .08, "vars", {self.one(*VARIABLES, "iv"): self.one("tv", "{{ inventory_hostname }}v")})
        self.maybe(task, .06, "no_log", True)
        self.maybe(task, .05, "any_errors_fatal", True)
        self.maybe(task, .05, "throttle", 1)
        self.maybe(task, .06, "check_mode", True, False)
        if self.chance(.2) and "run_once" not in task:
            task[self.one("loop", "with_items")] = self.one([1, 2], ["x"], [], "{{ [1, 2, 3] }}")
            self.maybe(task, .3, "loop_control", {"label": "L{{ item }}"}, {"index_var": "ix"}, {"extended": True})
        elif self.chance(.08):
            task.update(register="reg", until=self.one("reg is succeeded", "reg.rc | default(0) == 0"), retries=self.one(1, 2), delay=0)
        return task

    def task(self, depth):
        kind = self.random.random()
        if depth < 3 and kind < .16:
            block = {"name": self.name("block"), "block": self.tasks(self.random.randint(1, 3), depth + 1)}
            if self.chance(.6):
                block["rescue"] = self.tasks(self.random.randint(1, 2), depth + 1)
            if self.chance(.5):
                block["always"] = self.tasks(self.random.randint(1, 2), depth + 1)
            self.maybe(block, .2, "when", *CONDITIONS)
            self.maybe(block, .15, "tags", *TAGS)
            self.maybe(block, .15, "ignore_errors", True)
            self.maybe(block, .1, "vars", {"v1": "bv"})
            self.maybe(block, .06, "any_errors_fatal", True)
            self.maybe(block, .1, "notify", HANDLERS[0])
            return block
        if depth < 3 and kind < .24:
            path = f"tasks/{self.name('inc').replace(' ', '')}.yml"
            self.files[path] = self.tasks(self.random.randint(1, 3), depth + 1)
            include = {"name": self.name("inc"), self.one("include_tasks", "import_tasks"): path}
            self.maybe(include, .3, "when", *CONDITIONS)
            self.maybe(include, .2, "tags", *TAGS, "always")
            self.maybe(include, .3, "vars", {"iv": self.one("x", "{{ inventory_hostname }}")})
            if "include_tasks" in include:
                self.maybe(include, .25, "loop", [1, 2], ["a"])
                self.maybe(include, .1, "ignore_errors", True)
            return include
        if depth < 2 and kind < .32 and not self.in_role:
            role = {"name": self.name("role"), self.one("include_role", "import_role"): {"name": self.one("r1", "r2")}}
            self.maybe(role, .3, "when", *CONDITIONS)
            self.maybe(role, .2, "tags", *TAGS)
            self.maybe(role, .3, "vars", {"iv": "rv"})
            if "include_role" in role:
                self.maybe(role, .2, "loop", [1, 2])
                self.maybe(role["include_role"], .3, "public", True)
            return role
        return self.simple()

    def tasks(self, count, depth):
        return [self.task(depth) for _ in range(count)]

    def handler(self, index):
        handler = {"name": HANDLERS[index], **self.action(self.chance(.2))}
        if "meta" in handler:
            handler = {"name": HANDLERS[index], "debug": {"msg": HANDLERS[index]}}
        if index == 0 or self.chance(.4):
            handler["listen"] = "topic"
        self.maybe(handler, .2, "when", *CONDITIONS)
        self.maybe(handler, .15, "notify", HANDLERS[2 if index < 2 else 0])
        return handler

    def play(self):
        play = {"hosts": self.one("all", "web", "all:!c", "a,b", "a"), "gather_facts": False}
        self.maybe(play, .3, "serial", 1, 2, [1, 2], "50%")
        self.maybe(play, .1, "any_errors_fatal", True)
        self.maybe(play, .1, "max_fail_percentage", 0, 30, 60)
        self.maybe(play, .15, "force_handlers", True)
        self.maybe(play, .3, "vars", {"v1": "pv"})
        self.maybe(play, .2, "tags", *TAGS)
        self.maybe(play, .15, "order", "reverse_inventory", "sorted", "reverse_sorted")
        if self.chance(.2):
            play["pre_tasks"] = self.tasks(2, 1)
        self.maybe(play, .3, "roles", ["r1"], [{"role": "r2", "iv": "rp", "tags": "tc"}], [{"role": "r1", "when": self.one(*CONDITIONS)}], [{"role": "r2", "vars": {"v2": 5}}])
        play["tasks"] = self.tasks(self.random.randint(4, 9), 0)
        if self.chance(.2):
            play["post_tasks"] = self.tasks(2, 1)
        play["handlers"] = [self.handler(index) for index in range(3)]
        return play

    def write(self, folder):
        for name, content in {**self.files, "play.yml": self.plays}.items():
            os.makedirs(os.path.dirname(f"{folder}/{name}"), exist_ok=True)
            with open(f"{folder}/{name}", "w") as file:
                yaml.safe_dump(content, file, sort_keys=False, width=1000)
        with open(f"{folder}/hosts", "w") as file:
            file.write(INVENTORY)


def run(program, maker, folder):
    maker.write(folder)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "FPROV_"))}
    env.update(ANSIBLE_NOCOLOR="1", ANSIBLE_LOCALHOST_WARNING="False", ANSIBLE_DEPRECATION_WARNINGS="False", LC_ALL="C.UTF-8", HOME=folder, COLUMNS="80")
    done = subprocess.run([*program, "-i", "hosts", "play.yml", *maker.flags], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    text = normalised(done.stdout, folder) + f"\nexit code {done.returncode}"
    text = re.sub(r'("msg": "The (?:conditional|task).{0,60}).*', r"\1", text)      # Ansible's messages show the file another way
    return re.sub(r'"(delta|start|end)": "[^"]*"', r'"\1": _', text)


def main():
    first, count = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    differ = 0
    for seed in range(first, first + count):
        maker = Maker(seed)
        with tempfile.TemporaryDirectory() as root:
            theirs, ours = run(["ansible-playbook"], maker, root + "/theirs"), run([fprov(), "playbook"], maker, root + "/ours")
            if theirs == ours:
                print("same", seed, flush=True)
                continue
            differ += 1
            if os.environ.get("KEEP"):
                shutil.copytree(root + "/ours", f"{os.environ['KEEP']}/{seed}", dirs_exist_ok=True)
        print("differs", seed, *maker.flags)
        print("\n".join(list(difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "ansible", "fprov", lineterm="", n=2))[:40]), flush=True)
    print(f"{count - differ} same, {differ} differ")


if __name__ == "__main__":
    main()
