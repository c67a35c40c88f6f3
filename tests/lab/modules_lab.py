#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs module calls on lab host 1 (or here) by Ansible and by fprov's modules and compares the results.

usage: modules_lab.py [--lab NAME] [--probe build/module_probe] [--only WORD] [--show] FILE.yml...   (without --lab: on this machine)
A file is a list of steps, run in order. A step:
  {module, args, check}           run by both, each on a host brought to the same state first; results are compared
  {shell: TEXT}                   run on the host, in both turns
Between the two turns of a file everything is undone by `reset:` (a shell text at the head of the file); `environment:` is set for all of it (locally).
Keys of a step: ignore (result keys left out), ignore_check (those that are left out in check mode only), differs (why the results differ: then only fprov's own is checked),
expect (keys that fprov's result must have, exactly), same (false: only fprov runs it), thrice (also at the head of a file, for all steps that say nothing):
check mode, a run, a second run; check mode must predict whether the run changes something, the second must not change anything
("again": it may change again, as a command does; "unpredicted": check mode is skipped or says otherwise). `compare:` at the head: keys that are compared although they change from run to run elsewhere (status, stderr, warnings …).
`where:` and `packages:` at the head are for the scripts that call this.
"""
import argparse, json, os, string, subprocess, sys

import yaml

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
LAB = os.path.join(ROOT, 'scripts', 'lab')
ALWAYS_IGNORED = {'invocation', '_ansible_no_log', 'action', 'exception', 'module_stdout', 'module_stderr', 'stdout_lines', 'stderr_lines', 'ansible_facts',
                  'deprecations', '_ansible_verbose_always', '_ansible_parsed', 'journal'}
MOVING = {'start', 'end', 'delta', 'elapsed', 'status', 'stderr', 'warnings', 'mtime', 'atime', 'ctime'}


class Place:
    """Where modules run: host 1 of a lab, or this machine."""

    def __init__(self, lab, probe):
        self.lab, self.probe = lab, os.path.abspath(probe)
        if lab:
            self.inventory = self.out([LAB, '--name', lab, 'path', 'inventory']).stdout.strip()
            with open(probe, 'rb') as program:
                subprocess.run([LAB, '--name', lab, 'ssh', '1', 'cat > /var/tmp/module_probe.new && chmod 700 /var/tmp/module_probe.new && '
                                'mv /var/tmp/module_probe.new /var/tmp/module_probe'], stdin=program, check=True)

    def out(self, command, **options):
        return subprocess.run(command, capture_output=True, text=True, **options)

    def shell(self, text):
        done = self.out([LAB, '--name', self.lab, 'ssh', '1', text] if self.lab else ['/bin/sh', '-c', text])
        if done.returncode:
            print('    (shell ended with', done.returncode, done.stderr.strip()[-200:], ')')

    def ansible(self, steps):
        """All steps in one playbook; the results by the step's number."""
        tasks = []
        for index, step in enumerate(steps):
            if 'shell' in step:
                tasks.append({'name': str(index), 'shell': '{% raw %}' + step['shell'] + '{% endraw %}', 'ignore_errors': True})
            elif step.get('same', True):
                tasks.append({'name': str(index), step['module']: step.get('args'), 'ignore_errors': True, 'check_mode': bool(step.get('check', False))})
        play = {'hosts': 'lab1' if self.lab else 'localhost', 'gather_facts': step_facts(steps), 'tasks': tasks}
        if self.lab:
            play['remote_user'] = 'root'
        else:
            play.update(connection='local', vars={'ansible_python_interpreter': '/usr/bin/python3'})
        env = dict(os.environ, ANSIBLE_LOAD_CALLBACK_PLUGINS='1', ANSIBLE_STDOUT_CALLBACK='json', ANSIBLE_DEPRECATION_WARNINGS='0', ANSIBLE_NOCOLOR='1',
                   ANSIBLE_PIPELINING='1', ANSIBLE_LOCALHOST_WARNING='0',
                   ANSIBLE_SSH_CONTROL_PATH_DIR='/tmp/fprov-cp-%s' % (self.lab or 'local'))   # labs have the same addresses
        path = '/tmp/modules_lab.%d.yml' % os.getpid()
        with open(path, 'w') as file:
            yaml.safe_dump([play], file)
        prefix = [LAB, '--name', self.lab, 'run'] if self.lab else []
        done = self.out(prefix + ['ansible-playbook'] + (['-i', self.inventory] if self.lab else []) + ['--diff', path], env=env)
        os.unlink(path)
        try:
            results = json.loads(done.stdout[done.stdout.index('{'):])['plays'][0]['tasks']
        except Exception:
            sys.exit('Ansible: ' + (done.stdout + done.stderr)[-1500:])
        return {int(task['task']['name']): list(task['hosts'].values())[0] for task in results if task['task']['name'].isdigit()}

    def fprov(self, steps):
        results = {}
        for index, step in enumerate(steps):
            if 'shell' in step:
                self.shell(step['shell'])
                continue
            request = json.dumps({'module': step['module'].rsplit('.', 1)[-1], 'args': step.get('args') or {}, 'check': step.get('check', False), 'diff': True}) + '\n'
            done = self.out([LAB, '--name', self.lab, 'ssh', '1', '/var/tmp/module_probe'] if self.lab else [self.probe], input=request)
            try:
                results[index] = json.loads(done.stdout)
            except Exception:
                results[index] = {'probe': done.stdout[-600:] + done.stderr[-200:]}
        return results


def step_facts(steps):
    return any(step.get('module') in ('package', 'yum', 'hostname') for step in steps)


def expanded(document):
    """Every step that is to run thrice as three; the number of the first with the second and third."""
    steps = []
    for step in document['steps']:
        thrice = 'module' in step and 'check' not in step and step.get('thrice', document.get('thrice', False))
        steps += [dict(step, check=True, expect={}, turn='check'), dict(step, turn='run', thrice=thrice), dict(step, turn='again', expect={}, thrice=thrice)] if thrice else [step]
    return steps


def thrice_wrong(step, before, result):
    """What a step's turn says against the one before it."""
    if step.get('turn') == 'run' and step['thrice'] != 'unpredicted' and bool(before.get('changed')) != bool(result.get('changed')):
        return [f"check mode said changed={before.get('changed')}, the run {result.get('changed')}"]
    if step.get('turn') == 'again' and step['thrice'] not in ('again', 'unpredicted') and result.get('changed'):
        return ['changes again']
    return []


def clean(result, ignored, compared=frozenset()):
    kept = {key: value for key, value in result.items() if key not in ALWAYS_IGNORED | (MOVING - compared) | ignored}
    if 'does not support check mode' in str(kept.get('msg')):   # Ansible names the module as the task did
        kept['msg'] = 'does not support check mode'
    return kept


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--lab', help='name of a lab that is up; this machine otherwise')
    options.add_argument('--probe', default=os.path.join(ROOT, 'build', 'module_probe'))
    options.add_argument('--only')
    options.add_argument('--show', action='store_true')
    options.add_argument('files', nargs='+')
    options = options.parse_args()
    place = Place(options.lab, options.probe)
    passed = failed = 0
    for name in options.files:
        if options.only and options.only not in name:
            continue
        document = yaml.safe_load(open(name).read())
        steps, reset, compared = expanded(document), document.get('reset', 'true'), set(document.get('compare', []))
        os.environ.update(document.get('environment', {}))
        place.shell(reset)
        ansible = place.ansible(steps)
        place.shell(reset)
        fprov = place.fprov(steps)
        place.shell(document.get('cleanup', reset))
        for index, step in enumerate(steps):
            if 'shell' in step:
                continue
            ours, theirs = fprov[index], ansible.get(index)
            ignored = set(step.get('ignore', [])) | set(document.get('ignore', []))
            if step.get('check'):
                ignored |= set(step.get('ignore_check', document.get('ignore_check', [])))
            title = f"{os.path.basename(name)}[{index}] {step['module']} {json.dumps(step.get('args'))}{' check' if step.get('check') else ''}"
            wrong = []
            if theirs is not None and 'differs' not in step:
                a, b = clean(theirs, ignored, compared), clean(ours, ignored, compared)
                for key in sorted(set(a) | set(b)):
                    if a.get(key, '-absent-') != b.get(key, '-absent-'):
                        wrong.append(f"{key}: Ansible {json.dumps(a.get(key, '-absent-'))[:300]}  fprov {json.dumps(b.get(key, '-absent-'))[:300]}")
            wrong += thrice_wrong(step, fprov.get(index - 1, {}), ours)
            for key, value in step.get('expect', {}).items():
                if ours.get(key) != value:
                    wrong.append(f'{key}: expected {value!r}, fprov {ours.get(key)!r}')
            if options.show:
                print(title, '\n   Ansible', json.dumps(clean(theirs or {}, set()))[:600], '\n   fprov  ', json.dumps(clean(ours, set()))[:600])
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
