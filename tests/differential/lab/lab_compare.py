#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each playbook by ansible-playbook and by fprov, each against two hosts of a lab of its own (same names, same addresses), three times:
check mode on the fresh state, a first run, a second run. Compared: exit code, recap, every result of every task on every host, what the screen shows
(diff texts too), and the files below /srv/diff afterwards.

usage: lab_compare.py [--fprov-only | --ansible-only] [--keep] [-v] [NAME...]      labs: LAB_ANSIBLE and LAB_FPROV name two labs that are up
A playbook is playbooks/NAME.yml or playbooks/NAME/site.yml, with site/ around it. Comment lines at its head:
  # prepare: TEXT      shell text, run on every host when its state is made fresh (several lines add up)
  # cleanup: TEXT      shell text, run on every host before and after: undoes what lies outside /srv/diff
  # args: TEXT         more arguments for both programs     # env: A=B …    more environment
  # runs: WORDS        which of check, first, second (default all)
  # also: PATHS        more files or folders of the hosts to compare
  # stderr: compare    warnings are compared, too
  # differs: RUNS | REGEX -- REASON    results and screen of tasks whose titles match may differ in these runs (words, or all); one must
  # differs: line REGEX -- REASON      lines of the comparison that match may differ; one must
  # sometimes: …      the same for what differs by chance: none must
  # skip: REASON
  # ssh: REASON        Ansible's side goes over ssh, too; otherwise, as it is many times faster, through a server on the hosts that forks (LAB_SSH=1: ssh for all)
--fprov-only takes Ansible's side from the last run that had one (for work on fprov); --ansible-only makes it.
"""
import concurrent.futures, difflib, email.utils, hashlib, json, os, pickle, re, shlex, shutil, stat, subprocess, sys, tarfile, tempfile, time, zipfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(here))
import compare                                                                                       # noqa: E402

top = os.path.dirname(os.path.dirname(os.path.dirname(here)))
os.environ['LAB_TESTS'] = f'{top}/tests'       # for playbooks that take a file from there
SCRATCH = 'srv/diff'
HOSTS = (1, 2)
RUNS = {'check': ['-C', '-D'], 'first': ['-D'], 'second': ['-D']}
TIME_LIMIT = 400
FAILED_LINES = 4000


# ---- the two labs ----

class Lab:
    def __init__(self, name):
        self.name = name
        self.tool = [f'{top}/scripts/lab', '--name', name]
        self.state = self.say('path', 'state')
        self.known_roots = {}
        self.over_ssh = True

    @property
    def roots(self):
        """Host → its root folder, as seen from here; another one after the host was booted again."""
        if not self.known_roots or not all(os.path.isdir(root) for root in self.known_roots.values()):
            self.known_roots = {host: self.say('path', 'host', str(host)) for host in HOSTS}
        return self.known_roots

    def say(self, *words):
        return subprocess.run(self.tool + list(words), check=True, capture_output=True, text=True).stdout.strip()

    def inside(self):
        return ['ip', 'netns', 'exec', f'fpl.{self.name}.controller']

    def shell(self, text):
        """Runs text as root in all hosts at once."""
        running = [subprocess.Popen(self.tool + ['exec', str(host), 'sh', '-c', text], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                   for host in HOSTS]
        return [(one.communicate()[0], one.returncode) for one in running]

    def fresh(self, options):
        """Both hosts as they were before the playbook."""
        if options.get('cleanup'):
            self.shell('cd /\n' + options['cleanup'])
        for root in self.roots.values():
            folder = f'{root}/{SCRATCH}'
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            os.chmod(folder, 0o755)
        if options.get('prepare'):
            for output, code in self.shell(f'set -e\ncd /{SCRATCH}\n' + options['prepare']):
                if code:
                    raise RuntimeError(f'prepare failed: {output}')

    def inventory(self, python):
        if python == COMPILED + '/python3' and not self.over_ssh:
            hosts = ''.join(f'lab{host} ansible_connection=lab_host ansible_lab_root={root}\n' for host, root in self.roots.items())
            return f'{hosts}[all:vars]\nansible_user=root\nansible_python_interpreter={python}\n'
        return (f'[all:vars]\nansible_user=root\nansible_ssh_private_key_file={self.state}/key\nansible_python_interpreter={python}\n'
                f"ansible_ssh_common_args='-o UserKnownHostsFile={self.state}/known_hosts -o GlobalKnownHostsFile=/dev/null "
                f"-o StrictHostKeyChecking=yes -o IdentitiesOnly=yes'\n")

    def tree(self, also, since):
        lines = []
        for host, root in self.roots.items():
            for path in [f'/{SCRATCH}'] + also:
                lines += tree(root + path, f'lab{host}:{path}', since)
        return lines


def members(path):
    """What an archive holds, as its bytes are never the same."""
    if tarfile.is_tarfile(path) and path.endswith(('.tar', '.gz', '.tgz')):
        with tarfile.open(path) as archive:
            return 'holds ' + ' '.join(sorted(f'{one.name}:{one.mode:o}:{one.size}' for one in archive))
    if path.endswith('.zip') and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return 'holds ' + ' '.join(sorted(f'{one.filename}:{one.file_size}' for one in archive.infolist()))
    return ''


OWN_FOLDERS = re.compile(r'/\.ansible(/|$)|/\.cache(/fprov(/|$)|$)')       # what the programs leave in the homes of users


def tree(start, label, since):
    def line(full, name):
        info = os.lstat(full)
        text = os.readlink(full) if stat.S_ISLNK(info.st_mode) else ''
        if stat.S_ISREG(info.st_mode):
            with open(full, 'rb') as file:
                content = file.read()
            text = members(full) or repr(content) if len(content) < 3000 else f'{len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}'
        if info.st_mtime < since - 100 and stat.S_ISREG(info.st_mode) and SCRATCH in full:
            text += f' mtime {int(info.st_mtime)}'
        links = f' links {info.st_nlink}' if stat.S_ISREG(info.st_mode) and info.st_nlink > 1 else ''
        return f'{name} {stat.filemode(info.st_mode)} {info.st_uid}:{info.st_gid}{links} {text}'
    if not os.path.lexists(start):
        return [f'{label} does not exist']
    lines = [line(start, label)]
    if os.path.isdir(start) and not os.path.islink(start):
        for path, folders, files in os.walk(start):
            folders.sort()
            for name in sorted(folders + files):
                full = os.path.join(path, name)
                if OWN_FOLDERS.search(full):
                    continue
                lines.append(line(full, f'{label}/{os.path.relpath(full, start)}'))
    return sorted(lines)


# ---- the two programs ----

def environment(options):
    env = {key: value for key, value in os.environ.items() if not key.startswith(('ANSIBLE_', 'FPROV_'))}
    env.update(ANSIBLE_NOCOLOR='1', ANSIBLE_DEPRECATION_WARNINGS='False', ANSIBLE_LOCALHOST_WARNING='False', ANSIBLE_HOST_KEY_CHECKING='True', LC_ALL='C.UTF-8', COLUMNS='80', HOME='/root',
               ANSIBLE_CALLBACKS_ENABLED='lab_events', ANSIBLE_CALLBACK_PLUGINS=f'{here}/callback', ANSIBLE_CONNECTION_PLUGINS=f'{here}/connection', ANSIBLE_PIPELINING='True', ANSIBLE_POLL_INTERVAL='1',
               ANSIBLE_INTERNAL_POLL_INTERVAL='0.002', ANSIBLE_FORKS='4')
    for pair in shlex.split(options.get('env', '')):
        key, value = pair.split('=', 1)
        env[key] = value
    return env


COMPILED = '/opt/lab/oracle'


def compiled_modules(cache):
    """Ansible's modules with their byte code: put on the hosts, they halve the time of every task, as archives are compiled anew each time."""
    done = f'{cache}/oracle'
    if not os.path.exists(f'{done}/complete'):
        origin = '/usr/lib/python3/dist-packages/ansible'
        shutil.rmtree(done, ignore_errors=True)
        os.makedirs(f'{done}/ansible')
        open(f'{done}/ansible/__init__.py', 'w').close()
        shutil.copy2(f'{origin}/release.py', f'{done}/ansible')
        for part in ('module_utils', 'modules'):
            shutil.copytree(f'{origin}/{part}', f'{done}/ansible/{part}')
        with open(f'{done}/sitecustomize.py', 'w') as file:
            file.write("import os\nos.environ.pop('PYTHONPATH', None)\nimport ansible.module_utils, ansible.modules\n")
        with open(f'{done}/python3', 'w') as file:
            file.write(f'#!/bin/sh\nPYTHONPATH={COMPILED} exec /usr/bin/python3 "$@"\n')
        os.chmod(f'{done}/python3', 0o755)
        subprocess.run(['/usr/bin/python3', '-m', 'compileall', '-q', '-j2', done], check=True)
        open(f'{done}/complete', 'w').close()
    return done


class Ansible:
    """ansible-playbook in the lab's network: a process that has read Ansible and forks for each run."""
    python = f'{COMPILED}/python3'

    def __init__(self, lab, work, cache):
        self.lab, self.work, self.server = lab, work, None
        self.ssh = dict(ANSIBLE_SSH_ARGS='-o ControlMaster=auto -o ControlPersist=300s', ANSIBLE_SSH_CONTROL_PATH_DIR=f'{work}/cp', ANSIBLE_SSH_TRANSFER_METHOD='piped',
                        ANSIBLE_SSH_USETTY='False')       # raw and script: no terminal, as fprov never asks for one
        done = compiled_modules(cache)
        self.servers = []
        for root in lab.roots.values():
            os.makedirs(os.path.join(root, 'root', '.ansible', 'tmp'), mode=0o700, exist_ok=True)
            shutil.copytree(done, root + COMPILED, dirs_exist_ok=True)

    def start_hosts(self):
        for host, root in self.lab.roots.items():
            shutil.copy(f'{here}/host_server.py', root + COMPILED)
            socket = f'{root}/run/lab_host.sock'
            if os.path.exists(socket):
                os.unlink(socket)
            self.servers.append(subprocess.Popen(self.lab.tool + ['exec', str(host), '/usr/bin/python3', f'{COMPILED}/host_server.py'], stdin=subprocess.PIPE,
                                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            while not os.path.exists(socket):
                time.sleep(0.1)

    def start(self):
        env = dict(environment({}), **self.ssh)
        self.server = subprocess.Popen(self.lab.inside() + ['/usr/bin/python3', f'{here}/ansible_server.py'], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=self.work)

    def run(self, folder, argv, options, out, err, events):
        own = dict(LAB_EVENTS=events)
        if self.lab.over_ssh:
            self.stop_hosts()       # a host that boots again waits for them
        elif not self.servers:
            self.start_hosts()
        if options.get('env') or os.path.exists(f'{folder}/ansible.cfg'):     # settings are read at the start
            with open(out, 'w') as stdout, open(err, 'w') as stderr:
                return subprocess.run(self.lab.inside() + ['ansible-playbook'] + argv, cwd=folder, env=dict(environment(options), **self.ssh, **own), stdin=subprocess.DEVNULL,
                                      stdout=stdout, stderr=stderr, timeout=TIME_LIMIT).returncode
        if not self.server:
            self.start()
        self.server.stdin.write(json.dumps(dict(argv=argv, cwd=folder, env=own, out=out, err=err, timeout=TIME_LIMIT)) + '\n')
        self.server.stdin.flush()
        return int(self.server.stdout.readline())

    def stop(self):
        if self.server:
            self.server.stdin.close()
            self.server.wait()
        self.stop_hosts()

    def stop_hosts(self):
        for server in self.servers:
            server.stdin.close()
            server.wait()
        self.servers = []


class Fprov:
    python = '/usr/bin/python3'

    def __init__(self, lab, work):
        self.lab = lab
        self.program = compare.fprov()

    def run(self, folder, argv, options, out, err, events):
        env = dict(environment(options), FPROV_EVENTS_FILE=events)
        env.pop('ANSIBLE_CALLBACKS_ENABLED')
        env.pop('ANSIBLE_FORKS')
        with open(out, 'w') as stdout, open(err, 'w') as stderr:
            return subprocess.run(self.lab.inside() + [self.program, 'playbook'] + argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                                  timeout=TIME_LIMIT).returncode

    def stop(self):
        pass


# ---- making runs comparable ----

TIMES = {'start', 'end', 'delta', 'elapsed', 'ansible_job_id', 'results_file', 'inode', 'dev', 'version', 'ino'}
HIDDEN = {'invocation', 'exception', 'module_stdout', 'module_stderr', '_ansible_no_log'}
HELP = {'phase': 'unreachable', 'journal': 'failed'}    # what fprov adds for the reader: how far the connection came, the unit's last words; only where this is true
HELP_ON_SCREEN = re.compile(r'^((?:fatal|failed): .* => \{.*?)"(?:phase": "\w+"|journal": \[(?:"(?:[^"\\]|\\.)*"(?:, )?)*\])(?:, )?', re.M)
IN_ORDER_OF_A_SET = {'ansible_interfaces', 'ansible_virtualization_tech_guest', 'ansible_virtualization_tech_host'}       # Ansible lists a Python set
RECENT = 7200       # s: as old at most is what a run, its labs and the checkout have made
HTTP_DATE = re.compile(r'(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT')
STEADY = [
    (re.compile(r'(\S+)\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~'), r'\1.BACKUP~'),
    (re.compile(r'/[\w/]+/\.ansible/tmp(/[\w.-]+)?|/(var/)?tmp/ansible-tmp-[\w.-]+'), 'REMOTE_TMP'),
    (re.compile(r'ansible\.[a-z0-9_]{8}\b'), 'ansible.TEMP'),
    (re.compile(r'j\d{6,}\.\d+'), 'JID'),
    (re.compile(r"\bpid \d+"), "pid PID"),
    (re.compile(r"# \(\S+ installed on [^)]*\)"), "# (installed)"),
    (re.compile(COMPILED + '/python3'), '/usr/bin/python3'),
    (re.compile(r"""('[^']*'|\\?"[^"]*\\?") (is undefined|has no attribute '[^']*')\. \1 \2"""), r'\1 \2'),        # Ansible says it twice
]


TEMPORARY = re.compile(r'REMOTE_TMP|ansible-local-|ansible\.TEMP')


# Where a mistake stands is shown by both, each in its own way: in results, and as JSON on the screen.
IN_RESULTS = [
    re.compile(r"\n+The error appears to be in '.*", re.S),
    re.compile(r'\n\n\S+:\d+:\d+\n.*', re.S),
]
PLACES = re.compile(r'(?:\\n)+(?:The error appears to be in|[^\s"\\]+:\d+:\d+\\n)(?:[^"\\]|\\.)*"')


def steady(text):
    for pattern, other in STEADY:
        text = pattern.sub(other, text)
    return text


def moment(found, now):
    """A date of HTTP: NOW when it is of this run."""
    return 'NOW' if abs(email.utils.parsedate_to_datetime(found.group()).timestamp() - now) < RECENT else found.group()


def settled(value, folder, now):
    """A result without what must differ between two runs of one program."""
    if isinstance(value, dict):
        out = {}
        for key, inner in value.items():
            if key in HIDDEN or str(key).startswith('_ansible_') or value.get(HELP.get(key)) is True:
                continue
            if key in TIMES and not isinstance(inner, (dict, list)) and inner is not None:
                out[key] = 'VARIES'
            elif key == 'atime':
                continue                                     # reading moves it
            elif key in ('mtime', 'ctime') and isinstance(inner, (int, float)):
                out[key] = 'NOW' if abs(inner - now) < RECENT else inner
            elif key == 'status' and isinstance(inner, dict) and 'ActiveState' in inner:        # of a unit: the rest are times, numbers and sets
                out[key] = {name: inner.get(name) for name in ('Id', 'Description', 'LoadState', 'ActiveState', 'SubState', 'UnitFileState', 'Type')}
            elif key == 'files' and isinstance(inner, list) and inner and all(isinstance(one, dict) and 'path' in one for one in inner):
                out[key] = sorted((settled(one, folder, now) for one in inner), key=lambda one: one['path'])     # find: in the order of the folder
            elif key in IN_ORDER_OF_A_SET and isinstance(inner, list):
                out[key] = sorted(inner)
            elif key in ('date', 'last_modified') and isinstance(inner, str):        # headers of an answer
                out[key] = HTTP_DATE.sub(lambda found: moment(found, now), inner)
            elif key == 'warnings' and isinstance(inner, list):
                left = [one for one in inner if 'Module remote_tmp' not in str(one)]
                if left:
                    out[key] = settled(left, folder, now)
            else:
                out[steady(str(key).replace(folder, 'HERE'))] = settled(inner, folder, now)
        return out
    if isinstance(value, list):
        return [settled(inner, folder, now) for inner in value]
    if isinstance(value, str):
        value = steady(value.replace(folder, 'HERE'))
        for pattern in IN_RESULTS:
            value = pattern.sub('', value)
    return value


ENTRY = re.compile(r'^(?:ok|changed|skipping|fatal|failed|included|FAILED - RETRYING): (?:\[([^\]]*)\]|)')
BANNER = re.compile(r'^(PLAY|TASK|RUNNING HANDLER|PLAY RECAP|NO MORE HOSTS LEFT)\b')


def screen(text, folder, state, now):
    """What the screen shows, without what varies; within a task, hosts in the order of their names, then the diffs: Ansible tells a loop's diffs of
    several hosts before their items."""
    text = text.replace('\ufffd', '?')
    text = steady(PLACES.sub('"', text.replace(folder, 'HERE').replace(state, 'STATE')))
    text = re.sub(r'"(delta|start|end|elapsed|ansible_job_id|results_file)": ("[^"]*"|\d+)', r'"\1": "VARIES"', text)
    text = re.sub(r'^\+\+\+ after: .*$', '+++ after', text, flags=re.M)       # often a temporary file of Ansible's; results hold it as after_header
    text = re.sub(r'^An exception occurred during task execution.*\n', '', text, flags=re.M)     # Python's; the result says what is wrong
    text = re.sub(r'"src": "[^"]*"', '"src": "SRC"', text)
    text = re.sub(r'"(atime|mtime|ctime|dev|inode)": [0-9.]+', r'"\1": 0', text)
    text = HELP_ON_SCREEN.sub(r'\1', text)
    text = re.sub(r'"(date|last_modified)": "([^"]*)"', lambda found: '"%s": "%s"' % (found[1], HTTP_DATE.sub(lambda date: moment(date, now), found[2])), text)
    text = re.sub(r'^ASYNC (OK|POLL|FAILED) on .*\n', '', text, flags=re.M)        # how often it was looked at is chance
    text = re.sub(r'^TASK \[registered\].*?(?=^PLAY RECAP)', '', text, flags=re.M | re.S)      # compared as a result
    text = re.sub(r'^(included: \S+ for )([^=\n]+?)( => .*)?$', lambda m: m[1] + ', '.join(sorted(m[2].split(', '))) + (m[3] or ''), text, flags=re.M)   # in order of arrival
    out, chunks = [], []

    def close():
        for _, lines in sorted(chunks, key=lambda chunk: (chunk[0], chunk[1] if chunk[0] == '~diff' else [])):
            while len(lines) > 1 and lines[-1] == '':
                lines.pop()
            out.extend(lines)
        chunks.clear()
    for line in text.splitlines():
        found = ENTRY.match(line)
        if BANNER.match(line):
            close()
            out.append(line)
        elif line.startswith('--- before'):
            chunks.append(['~diff', [line]])
        elif line == '...ignoring':      # belongs to one host, and comes in any order
            chunks.append(['~~', [line]])
        elif found or not chunks:
            chunks.append([(found.group(1) or '').split(' ')[0] if found else '', [line]])
        else:
            chunks[-1][1].append(line)
    close()
    return '\n'.join(out)


def read_events(lines, folder, now):
    """What the program said of each host, in order, and the totals."""
    hosts, totals, loose = {}, {}, []
    for line in lines:
        event = json.loads(line)
        if event['type'] == 'host_finished':
            task = event['task']
            entry = dict(task=task['name'], action=task['action'].split('.')[-1], status=event['status'], ignored=event['ignored'])
            if entry['action'] in ('include_tasks', 'include_role', 'include') and entry['status'] == 'ok':
                continue                                     # the event "included" tells it
            result = settled(event['result'], folder, now)
            if result.get('deprecations') == []:
                del result['deprecations']
            for key in ('failed', 'skipped'):            # Ansible keeps them from callbacks; the status says the same
                result.pop(key, None)
            if event['status'] == 'failed':
                result.pop('diff', None)                     # of what was not done
            hosts.setdefault(event['host'], []).append((entry, result))
        elif event['type'] == 'run_ended':
            totals = dict(hosts=event['hosts'], custom_stats=settled(event['custom_stats'], folder, now))
        elif event['type'] in ('no_hosts_matched', 'no_hosts_remaining'):
            loose.append(event['type'])
        elif event['type'] == 'included':
            loose.append('included %s for %s' % (os.path.basename(event['path']), ' '.join(sorted(event['hosts']))))
    return hosts, totals, loose


def differences(a, b, place, out):
    """Every leaf in which a (Ansible's) and b (fprov's) are unlike, one line each."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(set(a) | set(b)):
            if key not in a:
                out.append(f'{place}.{key}: only fprov has it: {short(b[key])}')
            elif key not in b:
                out.append(f'{place}.{key}: fprov lacks it: {short(a[key])}')
            else:
                differences(a[key], b[key], f'{place}.{key}', out)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (one, other) in enumerate(zip(a, b)):
            differences(one, other, f'{place}[{index}]', out)
    elif isinstance(a, str) and isinstance(b, str) and TEMPORARY.search(a):      # a temporary file that fprov has no need of
        pass
    elif type(a) is not type(b) or a != b:
        out.append(f'{place}: {short(a)} / {short(b)}')


def short(value):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) < 600 else text[:600] + '…'


def compare_runs(a, b, label):
    out = []
    if a['code'] != b['code']:
        out.append(f"{label} exit code: {a['code']} / {b['code']}")
    differences(a['totals'], b['totals'], f'{label} recap', out)
    if sorted(a['loose']) != sorted(b['loose']):
        out.append(f"{label} events: {a['loose']} / {b['loose']}")
    for host in sorted(set(a['hosts']) | set(b['hosts'])):
        ours, theirs = b['hosts'].get(host, []), a['hosts'].get(host, [])
        titles = [[f"{e['task']} ({e['action']})" for e, _ in side] for side in (theirs, ours)]
        if titles[0] != titles[1]:
            out += [f'{label} {host} tasks: {line}' for line in difflib.unified_diff(titles[0], titles[1], 'ansible', 'fprov', lineterm='', n=1)]
            continue
        for (entry, result), (own, mine) in zip(theirs, ours):
            place = f"{label} {host} [{entry['task']}]"
            for key in ('status', 'ignored'):
                if entry[key] != own[key]:
                    out.append(f'{place} {key}: {entry[key]} / {own[key]}')
            differences(result, mine, place, out)
    for what in ('screen', 'tree', 'stderr'):
        lines = list(difflib.unified_diff(a[what].splitlines() if isinstance(a[what], str) else a[what],
                                          b[what].splitlines() if isinstance(b[what], str) else b[what], 'ansible', 'fprov', lineterm='', n=1))
        out += [f'{label} {what}: {line}' for line in lines]
    return out


# ---- one playbook ----

def header(path):
    options, differs, by_chance = {}, [], set()
    with open(path) as file:
        for line in file:
            found = re.match(r'# (prepare|cleanup|args|env|runs|also|stderr|differs|sometimes|skip|ssh): (.*)', line)
            if not found and not line.startswith('#'):
                break
            if not found:
                continue
            key, text = found.group(1), found.group(2).rstrip()
            if key in ('differs', 'sometimes'):
                if key == 'sometimes':
                    by_chance.add(len(differs))
                what, _, reason = text.partition(' -- ')
                if not reason:
                    sys.exit(f"{path}: 'differs' without a reason")
                runs, _, pattern = what.partition(' | ')
                if what.startswith('line '):
                    differs.append((None, re.compile(what[5:])))
                else:
                    differs.append((runs.split() if runs != 'all' else list(RUNS), re.compile(f'^(?:{pattern})$')))
            else:
                options[key] = options[key] + '\n' + text if key in options else text
    options['differs'], options['by chance'] = differs, by_chance
    return options


def place(name, folder):
    """A work folder with the site around the playbook; returns the playbook's name in it."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(f'{here}/site', folder, symlinks=True)
    if os.path.isdir(f'{here}/playbooks/{name}'):
        shutil.copytree(f'{here}/playbooks/{name}', folder, symlinks=True, dirs_exist_ok=True)
        name = 'site'
    else:
        shutil.copy(f'{here}/playbooks/{name}.yml', f'{folder}/{name}.yml')
    for path, _, files in os.walk(folder):          # times are compared as "of this run" or not: a checkout's age must not count
        for one in [path] + [os.path.join(path, file) for file in files]:
            os.utime(one, follow_symlinks=False)
    return f'{name}.yml'


def registered(folder):
    """A playbook that shows what the other one registered and set, as templates see it."""
    names = set()
    for path, _, files in os.walk(folder):
        for file in files:
            if file.endswith(('.yml', '.yaml')):
                with open(os.path.join(path, file), errors='replace') as text:
                    names |= set(re.findall(r'^[ {-]*register: *"?(\w+)"? *}?$', text.read(), re.M))
    if names:
        with open(f'{folder}/registered.yml', 'w') as file:
            shown = ''.join('            %s: "{{ %s | default(\'UNSET\') }}"\n' % (name, name) for name in sorted(names))
            file.write(f'- hosts: all\n  gather_facts: no\n  tasks:\n    - name: registered\n      debug:\n          msg:\n{shown}      tags: always\n')
    return names


def source_of(name):
    folder = f'{here}/playbooks/{name}'
    return f'{folder}/site.yml' if os.path.isdir(folder) else f'{folder}.yml'


def play(program, name, options, work):
    """All runs of one playbook by one program."""
    lab, folder, results = program.lab, f'{work}/{name}', {}
    lab.over_ssh = 'LAB_SSH' in os.environ or 'ssh' in options
    began = time.time()
    for run in options.get('runs', 'check first second').split():
        if run != 'second' or 'first' not in results:
            lab.fresh(options)
            playbook = place(name, folder)
            os.makedirs(f'{folder}/out', exist_ok=True)
            with open(f'{folder}/lab.ini', 'w') as file:
                file.write(lab.inventory(program.python))
        out, err, events = (f'{folder}.{run}.{what}' for what in ('out', 'err', 'events'))
        argv = ['-i', 'hosts', '-i', 'lab.ini'] + RUNS[run] + shlex.split(options.get('args', '')) + [playbook]
        if registered(folder):
            argv.append('registered.yml')
        start = time.time()
        try:
            code = program.run(folder, argv, options, out, err, events)
        except subprocess.TimeoutExpired:
            code = 'time-out'
        text, errors = open(out, errors='replace').read(), open(err, errors='replace').read()
        lines = open(events).read().splitlines() if os.path.exists(events) else []
        files = lab.tree(options.get('also', '').split(), start) + tree(f'{folder}/out', 'controller:out', start)
        results[run] = dict(code=code, events=lines, out=text, errors=errors, tree=files, folder=folder, state=lab.state, now=time.time())
    if options.get('cleanup'):
        lab.shell('cd /\n' + options['cleanup'])
    results['seconds'] = time.time() - began
    return results


def comparable(raw, options):
    folder, state = raw['folder'], raw['state']
    hosts, totals, loose = read_events(raw['events'], folder, raw['now'])
    return dict(code=raw['code'], hosts=hosts, totals=totals, loose=loose, screen=screen(raw['out'], folder, state, raw['now']),
                stderr=screen(raw['errors'], folder, state, raw['now']) if options.get('stderr') else '', tree=sorted(re.sub(r' mtime \d+$' if SCRATCH not in line else r'$^', '', steady(line).replace(folder, 'HERE')) for line in raw['tree']))


def contribution(entry, result):
    """What a result adds to its host's totals."""
    status, changed = entry['status'], bool(result.get('changed'))
    if status == 'skipped':
        return dict(skipped=1)
    if status == 'failed' and not entry['ignored']:
        return dict(failed=1)
    if status == 'unreachable' and not entry['ignored']:
        return dict(unreachable=1)
    return dict(ok=1, changed=int(changed), ignored=int(entry['ignored']))


def without_tasks(side, patterns):
    """One side of a run without the tasks that may differ: their results, what they add to the totals, their part of the screen."""
    for host, results in side['hosts'].items():
        kept = []
        for entry, result in results:
            if not any(pattern.match(entry['task']) for pattern in patterns):
                kept.append((entry, result))
                continue
            for key, count in contribution(entry, result).items():
                if host in side['totals'].get('hosts', {}):
                    side['totals']['hosts'][host][key] -= count
        results[:] = kept
    lines, shown = [], True
    for line in side['screen'].splitlines():
        if BANNER.match(line):
            title = re.match(r'(?:TASK|RUNNING HANDLER) \[(.*)\] \**$', line)
            shown = not (line.startswith('PLAY RECAP') or (title and any(pattern.match(title.group(1)) for pattern in patterns)))
        if shown:
            lines.append(line)
    side['screen'] = '\n'.join(lines)


def judge(name, options, theirs, ours):
    lines, used = [], set()
    for run in options.get('runs', 'check first second').split():
        a, b = comparable(theirs[run], options), comparable(ours[run], options)
        here = [(index, pattern) for index, (runs, pattern) in enumerate(options['differs']) if runs is not None and run in runs]
        for index, pattern in here:
            sides = [{host: [one for one in results if pattern.match(one[0]['task'])] for host, results in side['hosts'].items()} for side in (a, b)]
            if sides[0] != sides[1]:
                used.add(index)
        if here:
            for side in (a, b):
                without_tasks(side, [pattern for _, pattern in here])
        lines += compare_runs(a, b, run)
    left, context = [], []
    for line in lines:
        found = next((index for index, (runs, pattern) in enumerate(options['differs']) if runs is None and pattern.search(line)), None)
        if found is not None:
            used.add(found)
            continue
        context.append(line)
        if not re.search(r' (screen|tree|stderr|tasks): (---|\+\+\+|@@| )', line):
            left.append(line)
    if left:
        return context
    return [f"nothing differs any longer by '{pattern.pattern}': remove it" for index, (_, pattern) in enumerate(options['differs']) if index not in used | options['by chance']]


def main():
    flags = [a for a in sys.argv[1:] if a.startswith('-')]
    names = [a for a in sys.argv[1:] if not a.startswith('-')]
    every = sorted({n[:-4] if n.endswith('.yml') else n for n in os.listdir(f'{here}/playbooks') if n != 'README.md'})
    names = names or every
    cache = f'{top}/build/lab-differential'
    os.makedirs(cache, exist_ok=True)
    work = tempfile.mkdtemp(prefix='labdiff.')
    os.mkdir(f'{work}/a'), os.mkdir(f'{work}/f')
    ansible = Ansible(Lab(os.environ.get('LAB_ANSIBLE', 'diffa')), f'{work}/a', cache)
    fprov = Fprov(Lab(os.environ.get('LAB_FPROV', 'diffb')), f'{work}/f')
    passed = failed = skipped = 0

    def by_ansible(name):
        saved = f'{cache}/{name}.pickle'
        if '--fprov-only' in flags and os.path.exists(saved) and os.path.getmtime(saved) > newest(name):
            with open(saved, 'rb') as file:
                return pickle.load(file)
        result = play(ansible, name, header(source_of(name)), f'{work}/a')
        with open(saved, 'wb') as file:
            pickle.dump(result, file)
        return result

    def by_fprov(name):
        return play(fprov, name, header(source_of(name)), f'{work}/f')

    chosen = []
    for name in names:
        reason = header(source_of(name)).get('skip')
        if reason:
            print(f'skipped {name}: {reason}')
            skipped += 1
        else:
            chosen.append(name)
    if '--ansible-only' in flags:
        for name in chosen:
            print(f"ansible: {name} ({by_ansible(name)['seconds']:.1f} s)", flush=True)
        ansible.stop()
        shutil.rmtree(work, ignore_errors=True)
        return
    with concurrent.futures.ThreadPoolExecutor(1) as one, concurrent.futures.ThreadPoolExecutor(1) as other:
        pairs = [(name, one.submit(by_ansible, name), other.submit(by_fprov, name)) for name in chosen]
        for name, theirs, ours in pairs:
            options = header(source_of(name))
            try:
                a, b = theirs.result(), ours.result()
                lines = judge(name, options, a, b)
                times = f" ({a['seconds']:.1f} s, {b['seconds']:.1f} s)"
            except Exception as error:
                lines, times = [f'{type(error).__name__}: {error}'], ''
            passed, failed = passed + (not lines), failed + bool(lines)
            print(('not ok ' if lines else 'ok ') + name + times, flush=True)
            for line in lines[:FAILED_LINES if '-v' in flags else 60]:
                print('    ' + line, flush=True)
            if lines and '-v' in flags:
                for run in ('check', 'first', 'second'):
                    for side, result in (('ansible', a), ('fprov', b)):
                        if run in result and result[run]['errors']:
                            print(f'    {run} stderr of {side}: ' + result[run]['errors'][:3000].replace('\n', '\n      '))
            if '--screen' in flags:
                for run in ('check', 'first', 'second'):
                    if run in a:
                        print(a[run]['out'] + a[run]['errors'])
    ansible.stop()
    if '--keep' in flags:
        print(work)
    else:
        shutil.rmtree(work, ignore_errors=True)
    print(f'{passed} passed, {failed} failed' + (f' ({skipped} skipped)' if skipped else ''))
    sys.exit(failed != 0)


def newest(name):
    source = f'{here}/playbooks/{name}'
    times = [os.path.getmtime(source_of(name))]
    for start in (source, f'{here}/site'):
        for path, _, files in os.walk(start):
            times += [os.path.getmtime(os.path.join(path, file)) for file in files]
    return max(times)


main()
