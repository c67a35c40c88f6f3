#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which parameters of fprov's modules no test ever runs, read from the tests' own files: case files, files of steps, playbooks and the roles beside them.

usage: parameter_coverage.py [--fprov PROGRAM] [--where MODULE[.PARAMETER]]     (--where: the files that run it)
A parameter counts where a test really runs the module with it: not in check mode only, not where the module is expected to fail.
Besides, every module must stand somewhere with all three runs: check mode, a run, a second run.
What cannot be run by a test stands in parameter_coverage.yml with its reason; a reason for what is run is a mistake, too.
"""
import argparse, collections, fnmatch, glob, json, os, re, shlex, subprocess, sys

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
KNOWLEDGE = os.path.join(HERE, 'parameter_coverage.yml')
KEY_VALUE = re.compile(r'(?:^|\s)([a-z_]+)=')
TASK_LISTS = ('tasks', 'pre_tasks', 'post_tasks', 'handlers', 'block', 'rescue', 'always')


class Loader(yaml.SafeLoader):
    """Tags mean something to Ansible; here only names are read."""


Loader.add_multi_constructor('!', lambda loader, suffix, node: None)


class Tables:
    """fprov's modules: their parameters by every name these have."""

    def __init__(self, fprov):
        self.fprov = fprov
        self.names = {}                                                 # any name → the module's own
        listed = list(self.ask('doc', '-t', 'module', '--list', '--json'))
        details = self.ask('doc', '--json', *listed)
        self.parameters = {name: {other: option for option, row in details[name]['options'].items() if option == '_raw_params' or not option.startswith('_')
                                  for other in [option, *row.get('aliases', [])]} for name in listed}
        self.free = {name for name in listed if '_raw_params' in details[name]['options']}
        self.names = {name: name for name in listed}

    def ask(self, *words):
        return json.loads(subprocess.run([self.fprov, *words], check=True, capture_output=True, text=True).stdout)

    def module(self, name):
        """The module's own name, or None; old and other names are asked for once."""
        if not isinstance(name, str) or not re.fullmatch(r'[a-z_0-9.]+', name):
            return None
        if name not in self.names:
            done = subprocess.run([self.fprov, 'doc', '--json', name], capture_output=True, text=True, check=False)
            self.names[name] = next(iter(json.loads(done.stdout).values()))['name'] if done.returncode == 0 and done.stdout.startswith('{') else None
        return self.names[name]


class Coverage:
    def __init__(self, tables):
        self.tables = tables
        self.used = collections.defaultdict(set)                        # (module, parameter) → files
        self.whole = collections.defaultdict(set)                       # module → files that run it in check mode, run it, run it again

    def task(self, path, name, given, whole=False, more=None):
        module = self.tables.module(name)
        if module is None:
            return
        if isinstance(given, str):
            free = module in self.tables.free
            words = set(KEY_VALUE.findall(given))
            if free and KEY_VALUE.sub('', given).strip():
                words.add('_raw_params')
        else:
            words = set(given or {})
        for word in words | set(more or {}):
            option = self.tables.parameters[module].get(word) or ('key_value' if 'key_value' in self.tables.parameters[module] else None)
            if option:
                self.used[module, option].add(path)
        self.used[module, None].add(path)
        if whole:
            self.whole[module].add(path)

    # --- the kinds of files ---

    def cases(self, path):
        """A case: check mode, a run, a second one, if it does not say otherwise."""
        for case in yaml.load(open(path), Loader) or []:
            name = case.get('module', os.path.basename(os.path.dirname(path)))
            for step in [case] + (case.get('then') or []):
                if not (step.get('expect') or {}).get('failed'):
                    self.task(path, name, step.get('args'), case.get('check', True) and case.get('twice', True))

    def steps(self, path):
        """Steps of modules_lab.py."""
        runs = collections.defaultdict(list)
        for step in yaml.load(open(path), Loader)['steps']:
            if 'module' not in step:
                continue
            if not step.get('check'):
                self.task(path, step['module'], step.get('args'), step.get('thrice'))
            runs[step['module'], json.dumps(step.get('args'), sort_keys=True)].append(bool(step.get('check')))
        for (name, _), kinds in runs.items():
            if kinds.count(False) > 1 and True in kinds:
                self.task(path, name, {}, True)

    def playbook(self, path, whole):
        try:
            document = yaml.load(open(path), Loader)
        except yaml.YAMLError:
            return
        if isinstance(document, list):
            self.entries(path, document, whole)

    def entries(self, path, entries, whole):
        runs = collections.Counter()    # the same task in check mode, run, run again counts as whole, too
        for entry in entries:
            if not isinstance(entry, dict) or entry.get('when') is False:
                continue
            checked = entry.get('check_mode') in (True, 'yes', 'true')
            for key in entry:
                if self.tables.module(key):
                    runs[key, json.dumps(entry[key], sort_keys=True, default=str), checked] += 1
            if checked:
                continue
            for key in TASK_LISTS:
                if isinstance(entry.get(key), list):
                    self.entries(path, entry[key], whole)
            if 'hosts' in entry:
                for name, given in (entry.get('module_defaults') or {}).items() if isinstance(entry.get('module_defaults'), dict) else []:
                    if isinstance(given, dict):
                        self.task(path, name, given)
                continue
            for key, given in entry.items():
                if key in ('action', 'local_action'):
                    if isinstance(given, dict):
                        self.task(path, given.get('module'), {k: v for k, v in given.items() if k != 'module'}, whole, entry.get('args'))
                    elif isinstance(given, str):
                        name, _, rest = given.partition(' ')
                        self.task(path, name, rest, whole, entry.get('args'))
                elif key not in TASK_LISTS and (given is None or isinstance(given, (dict, str, list))):
                    self.task(path, key, given, whole, entry['args'] if isinstance(entry.get('args'), dict) else None)
        for (name, given, checked), number in runs.items():
            if not checked and number > 1 and runs[name, given, True]:
                self.task(path, name, {}, True)


def run_files():
    """(kind, file) of everything that scripts/test runs."""
    def found(*patterns):
        return sorted(path for pattern in patterns for path in glob.glob(os.path.join(TOP, pattern), recursive=True))
    yield from (('case', path) for path in found('tests/cases/modules/*/*.yml'))
    yield from (('steps', path) for path in found('tests/lab/throwaway/*.yml'))
    called = ''.join(open(path).read() for path in found('tests/lab/modules_*.sh'))
    yield from (('steps', path) for path in found('tests/lab/modules/*.yml')
                if not path.endswith('_playbook.yml') and re.search(rf'\b{os.path.basename(path)[:-4]}\b', called))
    for path in found('tests/differential/playbooks/*.yml'):
        head = ''.join(line for line in open(path) if line.startswith('# flags:'))
        flags = shlex.split(head.replace('# flags:', ' '))
        if not {'-C', '--check', '--syntax-check', '--list-tasks', '--list-hosts', '--list-tags'} & set(flags):
            yield 'once', path
    yield from (('once', path) for path in found('tests/differential/site/**/*.yml', 'tests/lab/*.yml', 'tests/lab/modules/*_playbook.yml', 'roles/**/tasks/*.yml', 'roles/**/handlers/*.yml'))
    for path in found('tests/differential/lab/playbooks/**/*.yml', 'tests/differential/lab/site/**/*.yml'):
        text = open(path).read()
        if not re.search(r'^# skip:', text, re.M):
            yield 'once' if re.search(r'^# runs:', text, re.M) else 'thrice', path


def main():
    parser = argparse.ArgumentParser(description='Parameters of modules that no test runs.')
    parser.add_argument('--fprov', default=os.environ.get('FPROV') or os.path.join(TOP, 'build/release/fprov'))
    parser.add_argument('--where')
    options = parser.parse_args()
    tables = Tables(os.path.abspath(options.fprov))
    coverage = Coverage(tables)
    for kind, path in run_files():
        name = os.path.relpath(path, TOP)
        os.chdir(TOP)
        {'case': coverage.cases, 'steps': coverage.steps, 'once': lambda p: coverage.playbook(p, False), 'thrice': lambda p: coverage.playbook(p, True)}[kind](name)
    if options.where:
        for (module, parameter), files in sorted(coverage.used.items(), key=str):
            if parameter and options.where in (module, f'{module}.{parameter}'):
                print(f'{module}.{parameter}:', ' '.join(sorted(files)))
        return 0
    reasons = yaml.safe_load(open(KNOWLEDGE)) if os.path.exists(KNOWLEDGE) else {}
    good = bad = 0
    spent = set()

    def judge(kind, name, run, complaint):
        nonlocal good, bad
        reason = next((key for key in reasons.get(kind) or {} if fnmatch.fnmatchcase(name, key)), None)
        if reason and not run:
            spent.add((kind, reason))
        if run or reason:
            good += 1
        else:
            bad += 1
            print(f'not ok - {name}: {complaint}')
    for module, names in sorted(tables.parameters.items()):
        for parameter in sorted(set(names.values())):
            judge('parameters', f'{module}.{parameter}', (module, parameter) in coverage.used, 'no test runs the module with it')
        judge('modules', module, module in coverage.whole, 'no test has it in check mode, then run, then run again')
    for kind, rows in reasons.items():
        for key in rows or {}:
            if (kind, key) not in spent:
                bad += 1
                print(f'not ok - parameter_coverage.yml: {kind}: {key} is run, or there is no such thing')
    total = sum(len(set(names.values())) for names in tables.parameters.values())
    print(f'{total} parameters of {len(tables.parameters)} modules, {len(spent)} exceptions')
    print(f'{good} passed, {bad} failed')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
