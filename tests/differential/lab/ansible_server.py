# SPDX-License-Identifier: Apache-2.0
"""Imports Ansible once and forks for each run: one JSON request a line {argv, cwd, env, out, err, timeout}, one exit code a line back.

A run then costs what it does, not the second that Python needs to read Ansible; module archives are built once for all runs.
"""
import json, os, signal, sys, traceback

from ansible.cli.playbook import PlaybookCLI
import ansible.executor.playbook_executor, ansible.executor.task_queue_manager, ansible.plugins.strategy.linear     # noqa: E401,F401  (to be shared)
import ansible.plugins.connection.ssh, ansible.plugins.connection.local, ansible.plugins.become.sudo, ansible.plugins.become.su   # noqa: E401,F401
import ansible.plugins.action.copy, ansible.plugins.action.template, ansible.plugins.callback.default, ansible.plugins.shell.sh   # noqa: E401,F401
import ansible.plugins.filter.core, ansible.plugins.filter.mathstuff, ansible.plugins.test.core, ansible.plugins.test.mathstuff   # noqa: E401,F401


def child(request):
    os.setsid()
    os.chdir(request['cwd'])
    os.environ.update(request['env'])
    streams = [os.open('/dev/null', os.O_RDONLY)] + [os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) for name in ('out', 'err')]
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    try:
        PlaybookCLI.cli_executor(['ansible-playbook'] + request['argv'])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
        code = 250
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main():
    answers = os.fdopen(os.dup(1), 'w', buffering=1)
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            child(request)

        def late(*_):
            os.killpg(pid, signal.SIGKILL)
        signal.signal(signal.SIGALRM, late)
        signal.alarm(int(request['timeout']))
        _, status = os.waitpid(pid, 0)
        signal.alarm(0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


main()
