#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Asks real ansible-core what the case files of tests/cases/dialect claim.

Usage: ansible_oracle.py [--fill] [FILE.yml]...      (run from the top of the repository)
Prints every case where Ansible's answer is not the expected one and exits with 1 if there is any. With --fill, cases without
an expectation get Ansible's answer written into the file. Cases with `differs` are counted, not compared.
"""
import os
import subprocess
import sys
import tempfile

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.yaml.loader import AnsibleLoader
from ansible.parsing.yaml.dumper import AnsibleDumper
from ansible.playbook.conditional import Conditional
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar
from ansible.utils.unsafe_proxy import AnsibleUnsafeText, AnsibleUnsafe

FOLDER = 'tests/cases/dialect'
KINDS = ('template', 'expression', 'when', 'file', 'with')


def plain(value):
    """What a case file can hold: tuples and sets as lists, dates and the like as text."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(v) for v in value), key=str)
    return str(value)


def same(a, b, unordered):
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return False
        if unordered:
            rest = list(b)
            for x in a:
                hit = next((i for i, y in enumerate(rest) if same(x, y, True)), None)
                if hit is None:
                    return False
                rest.pop(hit)
            return True
        return all(same(x, y, False) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return set(a) == set(b) and all(same(v, b[k], unordered) for k, v in a.items())
    return type(a) is type(b) and a == b


def only_data(value):
    if isinstance(value, str):
        return isinstance(value, AnsibleUnsafe)
    if isinstance(value, (list, tuple)):
        return all(only_data(v) for v in value)
    if isinstance(value, dict):
        return all(only_data(v) for v in value.values())
    return True


class Oracle:
    def __init__(self):
        self.loader = DataLoader()
        self.loader.set_basedir(os.path.abspath(FOLDER + '/play'))

    def ask(self, case):
        variables = dict(case.get('vars') or {})
        variables.setdefault('omit', '__omit_place_holder__0')
        templar = Templar(loader=self.loader, variables=variables)
        if 'template' in case:
            return templar.template(case['template'])
        if 'expression' in case:
            return templar.template('{{' + case['expression'] + '}}')
        if 'when' in case:
            conditional = Conditional(loader=self.loader)
            conditional.when = case['when'] if isinstance(case['when'], list) else [case['when']]
            return bool(conditional.evaluate_conditional(templar, variables))
        terms = templar.template(case['terms'])
        if isinstance(terms, str) or not hasattr(terms, '__iter__'):
            terms = [terms]
        plugin = lookup_loader.get(case['with'], loader=self.loader, templar=templar)
        return plugin.run(terms, variables=variables)


def ask_files(cases):
    """Template files go through the template module of a real playbook."""
    answers = {}
    if not cases:
        return answers
    with tempfile.TemporaryDirectory() as top:
        tasks = []
        for number, case in enumerate(cases):
            with open(f'{top}/{number}.j2', 'w', newline='') as out:
                out.write(case['file'])
            tasks.append({'template': {'src': f'{top}/{number}.j2', 'dest': f'{top}/{number}.out'}, 'vars': case.get('vars') or {},
                          'ignore_errors': True, 'register': 'r'})
            tasks.append({'copy': {'dest': f'{top}/{number}.error', 'content': "{{ r.msg | default('') }}"}, 'when': 'r is failed'})
        folder = os.path.abspath(FOLDER + '/play')
        with open(f'{top}/play.yml', 'w') as out:
            yaml.dump([{'hosts': 'localhost', 'connection': 'local', 'gather_facts': False,
                        'vars': {'ansible_search_path': [folder], 'ansible_python_interpreter': sys.executable}, 'tasks': tasks}], out, Dumper=AnsibleDumper)
        os.symlink(folder + '/templates', f'{top}/templates')
        done = subprocess.run(['ansible-playbook', '-i', 'localhost,', f'{top}/play.yml'], capture_output=True, text=True)
        for number, case in enumerate(cases):
            if os.path.exists(f'{top}/{number}.out'):
                answers[case['name']] = open(f'{top}/{number}.out', newline='').read()
            elif os.path.exists(f'{top}/{number}.error'):
                answers[case['name']] = Exception(open(f'{top}/{number}.error').read())
            else:
                answers[case['name']] = Exception('no answer: ' + done.stdout[-300:] + done.stderr[-300:])
    return answers


def check(case, answer, fill):
    """What is wrong with a case, or None."""
    if isinstance(answer, Exception):
        text = str(answer)
        if 'error' in case:
            return None if case['error'] in text else f'expected the error {case["error"]!r}\n      ansible says {text!r}'
        if fill and 'expect' not in case and 'expect_match' not in case:
            text = text.split('. ' + text.rsplit('. ', 1)[-1])[0]
            case['error'] = text.split('original message: ')[-1].removeprefix('AnsibleError: ').removeprefix('AnsibleUndefinedVariable: ')
            return None
        return f'ansible fails: {text!r}'
    got = plain(answer)
    if 'expect' in case:
        if not same(got, plain(case['expect']), case.get('unordered', False)):
            return f'expected {plain(case["expect"])!r}\n      ansible says {got!r}'
    elif 'error' in case:
        return f'should fail with {case["error"]!r}\n      ansible says {got!r}'
    elif 'expect_match' in case:
        import re
        if not re.fullmatch(case['expect_match'], str(got)):
            return f'does not match: {got!r}'
    elif fill:
        case['expect'] = got
    else:
        return f'expects nothing; ansible says {got!r}'
    if 'data' in case and case['data'] != only_data(answer):
        return 'data: ansible says ' + str(only_data(answer))
    return None


class Dumper(AnsibleDumper):
    def ignore_aliases(self, data):
        return True


def text_style(dumper, value):
    return dumper.represent_scalar("tag:yaml.org,2002:str", str.__str__(value), style='|' if '\n' in value and value.strip() == value.rstrip('\n') and '\t' not in value else None)


Dumper.add_representer(str, text_style)
Dumper.add_representer(AnsibleUnsafeText, lambda dumper, value: dumper.represent_scalar("!unsafe", str.__str__(value)))


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith('--')]
    fill = '--fill' in sys.argv
    native = '--native' in sys.argv   # Ansible reads jinja2_native once, when it starts: such cases get a process of their own
    names = arguments or sorted(f'{FOLDER}/{n}' for n in os.listdir(FOLDER) if n.endswith('.yml'))
    oracle, asked, wrong, differing = Oracle(), 0, 0, 0
    for name in names:
        with open(name) as source:
            head = ''.join(line for line in source if line.startswith('#'))
        with open(name) as source:
            cases = AnsibleLoader(source).get_single_data()
        files = {} if native else ask_files([c for c in cases if 'file' in c and 'differs' not in c])
        for case in cases:
            if bool(case.get('native')) != native:
                continue
            if 'differs' in case:
                differing += 1
                continue
            asked += 1
            if 'file' in case:
                answer = files[case['name']]
            else:
                try:
                    answer = oracle.ask(case)
                except Exception as failure:   # any error is an answer
                    answer = failure
            complaint = check(case, answer, fill)
            if complaint:
                wrong += 1
                print(f'{name}: {case["name"]}\n      {complaint}')
        if fill:
            text = yaml.dump([{str(k): v for k, v in case.items()} for case in cases], Dumper=Dumper, sort_keys=False, allow_unicode=True, width=150)
            with open(name, 'w') as out:
                out.write(head + text)
    if not native and any('native: true' in open(name).read() for name in names):
        wrong += subprocess.run([sys.argv[0], '--native'] + sys.argv[1:], env={**os.environ, 'ANSIBLE_JINJA2_NATIVE': 'True'}).returncode
    print(f'{asked} cases asked, {wrong} wrong, {differing} differ on purpose')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
