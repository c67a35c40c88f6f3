# SPDX-License-Identifier: Apache-2.0
"""Ansible's connection to a host of the lab whose Python has read Ansible's modules already and forks for each of them (host_server.py).

A task then costs what its module does. ansible_lab_root is the host's root folder as seen from here.
"""
import json, os, shutil, socket, struct

from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = '''
name: lab_host
short_description: a forking server on a host of the lab
description: for tests
author: fprov
options:
  lab_root:
    description: the host's root folder as seen from here
    vars:
      - name: ansible_lab_root
'''


def exactly(stream, size):
    data = b''
    while len(data) < size:
        piece = stream.recv(size - len(data))
        if not piece:
            raise EOFError('the host ended')
        data += piece
    return data


def send(stream, *parts):
    stream.sendall(b''.join(struct.pack('>I', len(part)) + part for part in parts))


def receive(stream):
    return exactly(stream, struct.unpack('>I', exactly(stream, 4))[0])


class Connection(ConnectionBase):
    transport = 'lab_host'
    has_pipelining = True

    def _connect(self):
        self._connected = True
        return self

    def at(self, path):
        return self.get_option('lab_root') + '/' + path

    def exec_command(self, cmd, in_data=None, sudoable=True):
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        with socket.socket(socket.AF_UNIX) as stream:
            stream.connect(self.at('run/lab_host.sock'))
            send(stream, cmd.encode('utf-8', 'surrogateescape'), in_data or b'')
            code, out, err = receive(stream), receive(stream), receive(stream)
        return int(code), out, err

    def put_file(self, in_path, out_path):
        super().put_file(in_path, out_path)
        shutil.copyfile(in_path, self.at(out_path))

    def fetch_file(self, in_path, out_path):
        super().fetch_file(in_path, out_path)
        shutil.copyfile(self.at(in_path), out_path)

    def close(self):
        self._connected = False
