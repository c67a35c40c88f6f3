# SPDX-License-Identifier: Apache-2.0
"""Runs on a host of the lab: has read Ansible's module_utils, forks for each command of connection/lab_host.py; a module's archive runs in the fork."""
import os, pkgutil, select, signal, socket, struct, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ansible.module_utils.basic, ansible.module_utils.urls, ansible.module_utils.facts.ansible_collector, ansible.module_utils.service   # noqa: E401,F401
import ansible.module_utils.facts.default_collectors, runpy, zipfile, base64, difflib, glob, json, shlex, shutil                          # noqa: E401,F401

MODULE = "/bin/sh -c '/opt/lab/oracle/python3 && sleep 0'"
signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def exactly(stream, size):
    data = b''
    while len(data) < size:
        piece = stream.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def receive(stream):
    return exactly(stream, struct.unpack('>I', exactly(stream, 4))[0])


def module(source):
    """As python3 would read it from its input."""
    def run():
        try:
            exec(compile(source, '<stdin>', 'exec'), {'__name__': '__main__', '__builtins__': __builtins__, '__doc__': None})
        except SystemExit:
            raise
        except BaseException:
            sys.excepthook(*sys.exc_info())     # modules have their own
            sys.exit(1)

    code = 0
    sys.argv = ['-']
    try:
        run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 255)


def serve(stream):
    cmd, data = receive(stream).decode('utf-8', 'surrogateescape'), receive(stream)
    with tempfile.TemporaryFile(dir='/run') as out, tempfile.TemporaryFile(dir='/run') as err, tempfile.TemporaryFile(dir='/run') as given:
        if cmd == MODULE and b'_ansiballz_main' in data:
            pid = os.fork()
            if pid == 0:
                os.setsid()
                os.dup2(os.open('/dev/null', os.O_RDONLY), 0)
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                sys.stdout, sys.stderr = open(1, 'w', closefd=False), open(2, 'w', closefd=False)
                module(data)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        else:
            given.write(data)
            given.seek(0)
            code = subprocess.run(['/bin/sh', '-c', cmd], stdin=given, stdout=out, stderr=err, start_new_session=True).returncode
        for part in (str(code).encode(), out, err):
            if not isinstance(part, bytes):
                part.seek(0)
                part = part.read()
            stream.sendall(struct.pack('>I', len(part)) + part)


def main():
    path = '/run/lab_host.sock'
    if os.path.exists(path):
        os.unlink(path)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(20)
    os.chdir('/root')
    os.umask(0o022)
    while True:
        ready, _, _ = select.select([0, listening], [], [])
        if 0 in ready:      # the comparison has ended
            return
        stream, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            os.dup2(os.open('/dev/null', os.O_RDONLY), 0)
            try:
                serve(stream)
            finally:
                os._exit(0)
        stream.close()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


main()
