#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs module calls on lab host 1 by Ansible and by fprov's modules and compares the results.

usage: modules_lab.py --lab NAME [--probe build/module_probe] [--only WORD] [--show] FILE.yml...
A file is a list of steps, run in order. A step:
  {module, args, check}           run by both, each on a host brought to the same state first; results are compared
  {shell: TEXT}                   run on the host before each of the two turns
Between the two turns of a file everything is undone by `reset:` (a shell text at the head of the file).
Keys of a step: ignore (result keys left out), differs (why the results differ: then only fprov's own is checked),
expect (keys that fprov's result must have, exactly), same (false: only fprov runs it).
"""
import argparse, json, os, subprocess, sys

import yaml

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
LAB = os.path.join(ROOT, 'scripts', 'lab')
ALWAYS_IGNORED = {'invocation', '_ansible_no_log', 'action', 'exception', 'module_stdout', 'module_stderr', 'stdout_lines', 'stderr_lines', 'ansible_facts',
                  'deprecations', '_ansible_verbose_always', '_ansible_parsed', 'journal'}
MOVING = {'start', 'end', 'delta', 'elapsed', 'status', 'stderr', 'warnings', 'mtime', 'atime', 'ctime'}


class Lab:
    def __init__(self, name, probe):
        self.name, self.probe = name, probe
        self.inventory = self.out('path', 'inventory').strip()
        with open(probe, 'rb') as program:
            subprocess.run([LAB, '--name', name, 'ssh', '1', 'cat > /root/module_probe.new && chmod 700 /root/module_probe.new && mv /root/module_probe.new /root/module_probe'],
                           stdin=program, check=True)

    def out(self, *words, **options):
        return subprocess.run([LAB, '--name', self.name, *words], capture_output=True, text=True, **options).stdout

    def shell(self, text):
        done = subprocess.run([LAB, '--name', self.name, 'ssh', '1', text], capture_output=True, text=True)
        if done.returncode:
            print('    (shell ended with', done.returncode, done.stderr.strip()[-200:], ')')

    def ansible(self, module, args, check):
        env = dict(os.environ, ANSIBLE_LOAD_CALLBACK_PLUGINS='1', ANSIBLE_STDOUT_CALLBACK='json', ANSIBLE_DEPRECATION_WARNINGS='0', ANSIBLE_NOCOLOR='1')
        play = [{'hosts': 'lab1', 'gather_facts': False, 'remote_user': 'root', 'tasks': [{module: args}]}]
        path = '/tmp/modules_lab.%d.yml' % os.getpid()
        with open(path, 'w') as file:
            yaml.safe_dump(play, file)
        command = [LAB, '--name', self.name, 'run', 'ansible-playbook', '-i', self.inventory, '--diff', path] + (['--check'] if check else [])
        done = subprocess.run(command, capture_output=True, text=True, env=env)
        os.unlink(path)
        try:
            return list(json.loads(done.stdout[done.stdout.index('{'):])['plays'][0]['tasks'][0]['hosts'].values())[0]
        except Exception:
            return {'oracle': (done.stdout + done.stderr)[-600:]}

    def fprov(self, module, args, check):
        request = json.dumps({'module': module, 'args': args or {}, 'check': check, 'diff': True}) + '\n'
        out = self.out('ssh', '1', '/root/module_probe', input=request)
        try:
            return json.loads(out)
        except Exception:
            return {'probe': out[-600:]}


def clean(result, ignored):
    return {key: value for key, value in result.items() if key not in ALWAYS_IGNORED | MOVING | ignored}


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--lab', required=True)
    options.add_argument('--probe', default=os.path.join(ROOT, 'build', 'module_probe'))
    options.add_argument('--only')
    options.add_argument('--show', action='store_true')
    options.add_argument('files', nargs='+')
    options = options.parse_args()
    lab = Lab(options.lab, options.probe)
    passed = failed = 0
    for name in options.files:
        if options.only and options.only not in name:
            continue
        document = yaml.safe_load(open(name))
        steps, reset = document['steps'], document.get('reset', 'true')
        results = {}
        for engine in (lab.ansible, lab.fprov):
            lab.shell(reset)
            for index, step in enumerate(steps):
                if 'shell' in step:
                    lab.shell(step['shell'])
                elif engine == lab.fprov or step.get('same', True):
                    results[index, engine.__name__] = engine(step['module'], step.get('args'), step.get('check', False))
        lab.shell(reset)
        for index, step in enumerate(steps):
            if 'shell' in step:
                continue
            ours = results[index, 'fprov']
            theirs = results.get((index, 'ansible'))
            ignored = set(step.get('ignore', [])) | set(document.get('ignore', []))
            title = f"{os.path.basename(name)}[{index}] {step['module']} {json.dumps(step.get('args'))}{' check' if step.get('check') else ''}"
            wrong = []
            if theirs is not None and 'differs' not in step:
                a, b = clean(theirs, ignored), clean(ours, ignored)
                for key in sorted(set(a) | set(b)):
                    if a.get(key, '-absent-') != b.get(key, '-absent-'):
                        wrong.append(f"{key}: Ansible {json.dumps(a.get(key, '-absent-'))[:300]}  fprov {json.dumps(b.get(key, '-absent-'))[:300]}")
            for key, value in step.get('expect', {}).items():
                if ours.get(key) != value:
                    wrong.append(f'{key}: expected {value!r}, fprov {ours.get(key)!r}')
            if options.show:
                print(title, '\n   ', json.dumps(clean(ours, set()))[:500])
            if wrong:
                failed += 1
                print('FAILED', title)
                for line in wrong:
                    print('   ', line)
            else:
                passed += 1
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


sys.exit(main())
