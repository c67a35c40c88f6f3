#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the module cases of tests/cases/modules through Ansible and through fprov's modules and compares results and trees.

usage: modules_oracle.py [--probe build/module_probe] [--verbose] [case files or module names...]
A case with `differs: reason` or `ansible: no` is run through fprov only by the case runner and left out here.
`oracle_ignore`: keys of the result that are not compared; `oracle_packed`: files of the tree whose members count, not their bytes;
`oracle_check: false`: Ansible has no check mode here.
"""
import base64, bz2, gzip, hashlib, json, lzma, os, re, shutil, stat, subprocess, sys, tarfile, tempfile, zipfile

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, '..', 'cases', 'modules')
COLLECTIONS = {'ansible.posix': 'ansible_collections.ansible.posix.plugins.modules.', 'community.general': 'ansible_collections.community.general.plugins.modules.'}
# An action plugin stands before these modules: they are run through the command line instead.
WITH_ACTION = {'copy', 'template', 'fetch', 'assemble', 'unarchive'}
VOLATILE = re.compile(r'\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~')


def module_name(name):
    import importlib.util
    if importlib.util.find_spec('ansible.modules.' + name):
        return 'ansible.modules.' + name
    for prefix in COLLECTIONS.values():
        try:
            if importlib.util.find_spec(prefix + name):
                return prefix + name
        except ModuleNotFoundError:
            pass
    return None


def run_ansible(module, args, check, work):
    if module in WITH_ACTION:
        env = dict(os.environ, ANSIBLE_STDOUT_CALLBACK='json', ANSIBLE_LOAD_CALLBACK_PLUGINS='1', ANSIBLE_LOCALHOST_WARNING='0', ANSIBLE_NOCOLOR='1',
                   ANSIBLE_PYTHON_INTERPRETER='/usr/bin/python3')
        command = ['ansible', 'localhost', '-m', module, '-a', json.dumps(args), '--diff'] + (['--check'] if check else [])
        out = subprocess.run(command, capture_output=True, text=True, env=env, cwd=work)
        try:
            return json.loads(out.stdout)['plays'][0]['tasks'][0]['hosts']['localhost']
        except Exception:
            return {'failed': True, 'msg': 'ORACLE: ' + out.stdout[-300:] + out.stderr[-300:]}
    given = dict(args, _ansible_check_mode=check, _ansible_diff=True, _ansible_module_name=module, _ansible_remote_tmp=work)
    code = 'import runpy; runpy.run_module(%r, run_name="__main__")' % module_name(module)
    out = subprocess.run(['/usr/bin/python3', '-c', code], input=json.dumps({'ANSIBLE_MODULE_ARGS': given}), capture_output=True, text=True, cwd=work)
    try:
        return json.loads(out.stdout)
    except Exception:
        return {'failed': True, 'msg': 'ORACLE: ' + (out.stdout + out.stderr)[-300:]}


class Probe:
    def __init__(self, path):
        self.path = path

    def run(self, module, args, check, work):
        args = dict(args)
        if module == 'copy' and args.get('content') is not None:   # what the action of the controller does
            content = args.pop('content')
            args['_fprov_content'] = content if isinstance(content, str) else json.dumps(content)
            args['_fprov_checksum'] = hashlib.sha1(args['_fprov_content'].encode()).hexdigest()
        request = json.dumps({'module': module, 'args': args, 'check': check, 'diff': True}) + '\n'
        out = subprocess.run([self.path], input=request, capture_output=True, text=True, cwd=work)
        try:
            return json.loads(out.stdout)
        except Exception:
            return {'failed': True, 'msg': 'PROBE: ' + (out.stdout + out.stderr)[-300:]}


def build_tree(root, given):
    for name, what in (given or {}).items():
        path = os.path.join(root, name)
        if not isinstance(what, dict):
            what = {'content': '' if what is None else str(what)} if not name.endswith('/') else {}
        os.makedirs(os.path.dirname(path.rstrip('/')), exist_ok=True)
        if name.endswith('/'):
            os.makedirs(path, exist_ok=True)
        elif 'link' in what:
            os.symlink(what['link'].replace('{tree}', root), path)
        elif 'hard' in what:
            os.link(os.path.join(root, what['hard']), path)
        else:
            with open(path, 'wb') as f:
                f.write(base64.b64decode(what['base64']) if 'base64' in what else str(what.get('content') or '').replace('{tree}', root).encode('utf-8', 'surrogateescape'))
            os.chmod(path, 0o644)
        if 'mode' in what:
            os.chmod(path, int(what['mode'], 8))
        if 'owner' in what:
            shutil.chown(path, what['owner'])
        if 'mtime' in what:
            os.utime(path, (what['mtime'], what['mtime']))


def members(path):
    """What a packed file holds: its bytes differ from one packing to the next."""
    rows = []
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            for one in archive:
                rows.append([one.name, oct(one.mode), one.linkname, archive.extractfile(one).read().decode() if one.isfile() else ''])
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            rows = [[one.filename, oct(one.external_attr >> 16), archive.read(one).decode()] for one in archive.infolist()]
    else:
        with open(path, 'rb') as file:
            packed = file.read()
        for way in (gzip, bz2, lzma):
            try:
                rows = [way.__name__, way.decompress(packed).decode()]
            except Exception:
                pass
    return sorted(rows) or 'no archive'


def read_tree(root, packed=()):
    tree = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            key = VOLATILE.sub('.PID.TIME~', os.path.relpath(path, root))
            info = os.lstat(path)
            row = {'mode': oct(stat.S_IMODE(info.st_mode)), 'uid': info.st_uid, 'gid': info.st_gid}
            if stat.S_ISLNK(info.st_mode):
                row = {'link': os.readlink(path).replace(root, '{tree}')}
            elif stat.S_ISREG(info.st_mode):
                with open(path, 'rb') as f:
                    row['content'] = members(path) if key in packed else f.read().replace(root.encode(), b'{tree}').decode('utf-8', 'surrogateescape')
            tree[key] = row
    return tree


def fill(value, root):
    if isinstance(value, str):
        return value.replace('{tree}', root)
    if isinstance(value, list):
        return [fill(v, root) for v in value]
    if isinstance(value, dict):
        return {fill(k, root): fill(v, root) for k, v in value.items()}
    return value


DROP = {'invocation', 'warnings', 'deprecations', 'start', 'end', 'delta', 'uid', 'gid', '_asked_for_content', 'md5sum', 'failed', 'changed', 'stderr_lines',
        'stdout_lines', '_ansible_no_log', '_ansible_verbose_always', 'action', 'elapsed'}


def normal(value, root):
    if isinstance(value, str):
        return re.sub(r"\bb(['\"])", r'\1', VOLATILE.sub('.PID.TIME~', value.replace(root, '{tree}')))
    if isinstance(value, list):
        return [normal(v, root) for v in value]
    if isinstance(value, dict):
        return {normal(k, root): normal(v, root) for k, v in value.items()}
    return value


def compare(case, mine, theirs):
    troubles = []
    ignore = DROP | set(case.get('oracle_ignore', []))
    for key in ('changed', 'failed'):
        if bool(mine.get(key)) != bool(theirs.get(key)):
            troubles.append('%s: fprov %s, ansible %s' % (key, mine.get(key), theirs.get(key)))
    for key in sorted((set(mine) | set(theirs)) - ignore):
        if key == 'diff' and case.get('oracle_no_diff', False):
            continue
        if mine.get(key) != theirs.get(key):
            troubles.append('%s: fprov %s\n%sansible %s' % (key, json.dumps(mine.get(key)), ' ' * (len(key) + 8), json.dumps(theirs.get(key))))
    return troubles


def run_case(case, module, probe, verbose):
    troubles = []
    results = []
    for side in ('fprov', 'ansible'):
        work = tempfile.mkdtemp(prefix='oracle')
        root = os.path.join(work, 'tree')
        os.mkdir(root)
        build_tree(root, case.get('given'))
        os.umask(0o022)
        steps = [case] + (case.get('then') or [])
        rows = []
        for step in steps:
            args = fill(step.get('args') or {}, root)
            runner = (lambda check: probe.run(module, args, check, work)) if side == 'fprov' else (lambda check: run_ansible(module, args, check, work))
            row = {}
            if case.get('check', True) and case.get('oracle_check', True):
                row['check'] = normal(runner(True), root)
                row['tree after check'] = read_tree(root, case.get('oracle_packed', ()))
            row['run'] = normal(runner(False), root)
            row['tree'] = read_tree(root, case.get('oracle_packed', ()))
            if case.get('twice', True):
                row['again'] = normal(runner(False), root)
            rows.append(row)
        results.append(rows)
        shutil.rmtree(work)
    for number, (mine, theirs) in enumerate(zip(*results)):
        for part in mine:
            if part.startswith('tree'):
                found = ['%s: fprov %s\n%sansible %s' % (k, mine[part].get(k), ' ' * (len(k) + 8), theirs[part].get(k))
                         for k in sorted(set(mine[part]) | set(theirs[part])) if mine[part].get(k) != theirs[part].get(k)]
            else:
                found = compare(case, mine[part], theirs[part])
            troubles += ['step %d %s: %s' % (number + 1, part, t) for t in found]
        if verbose:
            print(json.dumps(theirs['run']))
    return troubles


def main():
    words = sys.argv[1:]
    verbose = '--verbose' in words
    probe = os.path.join(HERE, '..', '..', 'build', 'module_probe')
    if '--probe' in words:
        probe = words[words.index('--probe') + 1]
    words = [w for w in words if not w.startswith('--') and w != probe]
    files = []
    for folder in sorted(f for f in os.listdir(CASES) if os.path.isdir(os.path.join(CASES, f))):
        for name in sorted(os.listdir(os.path.join(CASES, folder))):
            path = os.path.join(CASES, folder, name)
            if name.endswith('.yml') and (not words or folder in words or any(os.path.abspath(w) == os.path.abspath(path) for w in words) or name[:-4] in words):
                files.append((folder, path))
    bad = 0
    count = 0
    for module, path in files:
        with open(path) as f:
            for case in yaml.safe_load(f):
                if not case or case.get('ansible') is False or case.get('differs') or not module_name(case.get('module', module)):
                    continue
                count += 1
                troubles = run_case(case, case.get('module', module), Probe(os.path.abspath(probe)), verbose)
                if troubles:
                    bad += 1
                    print('DIFFERS %s/%s: %s' % (module, os.path.basename(path), case.get('name', '')))
                    for trouble in troubles:
                        print('    ' + trouble)
    print('%d cases, %d differ' % (count, bad))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
