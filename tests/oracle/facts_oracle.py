#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the facts that fprov gathers with those of Ansible's setup, on this machine: names, types and values.

usage: facts_oracle.py [--probe build/module_probe] [--subsets] [--lab NAME]     (--lab: host 1 of that lab instead of this machine)
What changes from one moment to the next is compared by type only; what Ansible takes from programs that fprov does not run
is listed in LEFT_OUT with the reason.
"""
import argparse, json, os, subprocess, sys

BY_TYPE = {  # moving values, and what a process has of its own
    'ansible_date_time', 'ansible_loadavg', 'ansible_memfree_mb', 'ansible_memory_mb', 'ansible_uptime_seconds', 'ansible_env',
    'ansible_swapfree_mb', 'ansible_user_id',
}
UNORDERED = {'ansible_interfaces', 'ansible_virtualization_tech_guest', 'ansible_virtualization_tech_host', 'ansible_all_ipv4_addresses',
             'ansible_all_ipv6_addresses'}
MOVING = {'block_available', 'block_used', 'inode_available', 'inode_used', 'size_available'}
LEFT_OUT = {  # path -> reason
    'features': 'needs ethtool', 'timestamping': 'needs ethtool', 'hw_timestamp_filters': 'needs ethtool', 'phc_index': 'needs ethtool',
}
SUBSETS = ['!all', '!all,!min', '!all,!min,hardware', '!all,!min,network', '!all,!min,virtual', '!all,!min,kernel', '!all,!min,caps', '!hardware',
           '!all,!min,pkg_mgr', '!network,!min', '!all,!min,lsb', '!all,!min,user_id', '!all,!min,is_chroot', 'all,!hardware', 'min', 'bad',
           '!all,!min,iscsi', '!all,!min,service_mgr', 'network,!all', '!min,!kernel']


LAB = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'scripts', 'lab')
lab = None


def ansible(arguments):
    env = dict(os.environ, ANSIBLE_LOAD_CALLBACK_PLUGINS='1', ANSIBLE_STDOUT_CALLBACK='json', ANSIBLE_LOCALHOST_WARNING='0')
    extra = ['-a', json.dumps(arguments)] if arguments else []
    if lab:
        inventory = subprocess.run([LAB, '--name', lab, 'path', 'inventory'], capture_output=True, text=True).stdout.strip()
        command = [LAB, '--name', lab, 'run', 'ansible', '-i', inventory, 'lab1', '-u', 'root', '-m', 'setup'] + extra
    else:
        env['ANSIBLE_PYTHON_INTERPRETER'] = '/usr/bin/python3'
        command = ['ansible', 'localhost', '-m', 'setup'] + extra
    out = subprocess.run(command, capture_output=True, text=True, env=env)
    return list(json.loads(out.stdout[out.stdout.index('{'):])['plays'][0]['tasks'][0]['hosts'].values())[0]


def fprov(probe, arguments):
    request = json.dumps({'module': 'setup', 'args': arguments}) + '\n'
    if lab:   # over ssh, as Ansible comes
        with open(probe, 'rb') as program:
            subprocess.run([LAB, '--name', lab, 'ssh', '1', 'cat > /var/tmp/module_probe.new; chmod 700 /var/tmp/module_probe.new; '
                            'mv /var/tmp/module_probe.new /var/tmp/module_probe'], stdin=program, check=True)
        command = [LAB, '--name', lab, 'ssh', '1', '/var/tmp/module_probe']
    else:
        command = [probe]
    out = subprocess.run(command, input=request, capture_output=True, text=True)
    return json.loads(out.stdout)


def shape(value):
    return 'int' if isinstance(value, bool) is False and isinstance(value, int) else type(value).__name__


def differences(path, theirs, ours, by_type=False):
    last = path.rsplit('.', 1)[-1]
    if last in LEFT_OUT:
        return
    if isinstance(theirs, float) and isinstance(ours, (int, float)) and by_type:
        return
    if shape(theirs) != shape(ours):
        yield f'{path}: type {shape(theirs)} expected, {shape(ours)} found ({theirs!r} / {ours!r})'
    elif isinstance(theirs, dict):
        for key in sorted(set(theirs) | set(ours)):
            if path == 'ansible_env':
                continue
            if key in LEFT_OUT:
                continue
            if key not in ours:
                yield f'{path}.{key}: missing (Ansible: {theirs[key]!r})'
            elif key not in theirs:
                yield f'{path}.{key}: not there in Ansible (fprov: {ours[key]!r})'
            else:
                yield from differences(f'{path}.{key}', theirs[key], ours[key], by_type or key in MOVING)
    elif isinstance(theirs, list):
        if path in UNORDERED:
            theirs, ours = sorted(theirs), sorted(ours)
        if len(theirs) != len(ours) and not by_type:
            yield f'{path}: {len(theirs)} elements expected, {len(ours)} found: {theirs!r} / {ours!r}'
        else:
            for index, (a, b) in enumerate(zip(theirs, ours)):
                yield from differences(f'{path}[{index}]', a, b, by_type)
    elif not by_type and theirs != ours:
        yield f'{path}: {theirs!r} expected, {ours!r} found'


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--probe', default='build/module_probe')
    options.add_argument('--subsets', action='store_true', help='compare the names that each subset gives, too')
    options.add_argument('--lab', help='name of a lab that is up')
    options = options.parse_args()
    global lab
    lab = options.lab
    probe = os.path.abspath(options.probe)
    failed = passed = 0
    theirs, ours = ansible({})['ansible_facts'], fprov(probe, {})['ansible_facts']
    for name in sorted(set(theirs) | set(ours)):
        if name not in ours:
            found = [f'{name}: missing']
        elif name not in theirs:
            found = [f'{name}: not there in Ansible']
        else:
            found = list(differences(name, theirs[name], ours[name], name in BY_TYPE))
        for line in found:
            print('FAILED', line)
        failed += bool(found)
        passed += not found
    for subset in SUBSETS if options.subsets else []:
        arguments = {'gather_subset': subset.split(',')}
        a, b = ansible(arguments), fprov(probe, arguments)
        a_keys, b_keys = set(a.get('ansible_facts', {})) or a.get('msg'), set(b.get('ansible_facts', {})) or b.get('msg')
        if a_keys == b_keys:
            passed += 1
        else:
            failed += 1
            print('FAILED subset', subset, 'Ansible:', a_keys - b_keys if isinstance(a_keys, set) and isinstance(b_keys, set) else a_keys, 'fprov:',
                  b_keys - a_keys if isinstance(b_keys, set) and isinstance(a_keys, set) else b_keys)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


sys.exit(main())
