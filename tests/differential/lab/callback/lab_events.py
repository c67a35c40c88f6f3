# SPDX-License-Identifier: Apache-2.0
"""Ansible callback: what a run does, as JSON lines in the file that LAB_EVENTS names, in the shape of fprov's --output jsonl."""
import json
import os

from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = '''
name: lab_events
type: aggregate
short_description: JSON lines for lab_compare.py
description: JSON lines for lab_compare.py
'''


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'aggregate'
    CALLBACK_NAME = 'lab_events'

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        path = os.environ.get('LAB_EVENTS')
        self.out = open(path, 'w') if path else None
        self.disabled = not path

    def put(self, kind, **fields):
        self.out.write(json.dumps(dict(type=kind, **fields), cls=AnsibleJSONEncoder) + '\n')
        self.out.flush()

    def finished(self, result, status, ignored=False):
        if status == 'ok' and result._result.get('changed'):
            status = 'changed'
        task = result._task
        self.put('host_finished', host=result._host.get_name(), status=status, ignored=ignored, result=result._result,
                 task=dict(name=task.get_name().strip(), action=task.action))

    def v2_playbook_on_play_start(self, play):
        self.put('play_began', name=play.get_name().strip())

    def v2_playbook_on_no_hosts_matched(self):
        self.put('no_hosts_matched')

    def v2_playbook_on_no_hosts_remaining(self):
        self.put('no_hosts_remaining')

    def v2_playbook_on_include(self, included_file):
        self.put('included', path=included_file._filename, hosts=[host.name for host in included_file._hosts])

    def v2_playbook_on_notify(self, handler, host):
        self.put('notified', handler=handler.get_name(), host=host.get_name())

    def v2_runner_on_ok(self, result):
        self.finished(result, 'ok')

    def v2_runner_on_skipped(self, result):
        self.finished(result, 'skipped')

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.finished(result, 'failed', bool(ignore_errors))

    def v2_runner_on_unreachable(self, result):
        self.finished(result, 'unreachable', bool(result._task.ignore_unreachable))

    def v2_runner_retry(self, result):
        self.put('retrying', host=result._host.get_name(), left=result._result['retries'] - result._result['attempts'])

    def v2_playbook_on_stats(self, stats):
        hosts = {}
        for host in stats.processed:
            own = stats.summarize(host)
            own['failed'] = own.pop('failures')
            hosts[host] = own
        self.put('run_ended', hosts=hosts, custom_stats=stats.custom)
