#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Swap as one host sees it: a tiny FUSE file system with the files `swaps` and `meminfo`.

Swap belongs to the whole kernel, so every host would see the swap files of all others, under the same name even
(/data/swapfile…), and would believe that its own is already in use. The host mounts these two files over
/proc/swaps and /proc/meminfo; they show only swap files that lie in this host's own data directory.

usage: proc_view.py MOUNTPOINT DATA_DIRECTORY     prints "ready" once mounted; ends with its parent
"""
import ctypes
import errno
import os
import struct
import signal
import stat
import sys

ROOT, SWAPS, MEMINFO = 1, 2, 3
NAMES = {b"swaps": SWAPS, b"meminfo": MEMINFO}
LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT = 1, 2, 3, 14, 15, 17, 18, 25, 26
OPENDIR, READDIR, RELEASEDIR, ACCESS, INTERRUPT, BATCH_FORGET = 27, 28, 29, 34, 36, 42
SILENT = {FORGET, INTERRUPT, BATCH_FORGET}
DIRECT_IO = 1
HEADER = struct.Struct("<IIQQIIIHH")
PR_SET_PDEATHSIG = 1


def is_active(path):
    """Whether the kernel swaps on this file right now: it then refuses any allocation in it."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except OSError as problem:
        return problem.errno == errno.ETXTBSY
    try:
        os.posix_fallocate(handle, 0, 1)
        return False
    except OSError as problem:
        return problem.errno == errno.ETXTBSY
    finally:
        os.close(handle)


def own_swaps(data):
    """The lines of /proc/swaps that are this host's, as (line, kilobytes, kilobytes used)."""
    candidates = {}
    with open("/proc/swaps") as source:
        header, *lines = source.read().splitlines()
    for line in lines:
        name, kind, size, used = line.split()[:4]
        name = name.encode().decode("unicode_escape")
        if kind == "file" and name.startswith("/data/"):
            candidates.setdefault(name, []).append((line, int(size), int(used)))
    found = []
    for name, entries in candidates.items():
        path = os.path.join(data, name[len("/data/"):])
        if not is_active(path):
            continue
        expected = os.stat(path).st_size // 1024 - 4
        entries.sort(key=lambda entry: abs(entry[1] - expected))    # same name on several hosts: told apart by size
        found.append(entries[0])
    return header, found


def swaps_text(data):
    header, found = own_swaps(data)
    return "\n".join([header, *(line for line, _, _ in found)]) + "\n"


def meminfo_text(data):
    found = own_swaps(data)[1]
    total = sum(size for _, size, _ in found)
    own = {"SwapTotal": total, "SwapFree": total - sum(used for _, _, used in found), "SwapCached": 0}
    lines = []
    with open("/proc/meminfo") as source:
        for line in source:
            key = line.partition(":")[0]
            lines.append(f"{key + ':':<15}{own[key]:>9} kB\n" if key in own else line)
    return "".join(lines)


class View:
    def __init__(self, mountpoint, data):
        self.data = data
        self.texts = {}
        self.next_handle = 1
        self.device = os.open("/dev/fuse", os.O_RDWR)
        libc = ctypes.CDLL(None, use_errno=True)
        options = f"fd={self.device},rootmode=40000,user_id=0,group_id=0,allow_other"
        if libc.mount(b"fprov-lab", mountpoint.encode(), b"fuse", 0, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), "cannot mount the swap view", mountpoint)

    def attributes(self, node):
        mode = stat.S_IFDIR | 0o555 if node == ROOT else stat.S_IFREG | 0o444
        return struct.pack("<QQQQQQIIIIIIIIII", node, 0, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def answer(self, operation, node, body):
        if operation == INIT:
            major, minor, readahead = struct.unpack_from("<III", body)
            return struct.pack("<IIIIHHIIHHI28x", 7, min(minor, 31), readahead, 0, 8, 6, 65536, 1, 1, 0, 0)
        if operation == LOOKUP:
            child = NAMES.get(body.rstrip(b"\0"))
            if node != ROOT or child is None:
                raise OSError(errno.ENOENT, "no such file")
            return struct.pack("<QQQQII", child, 0, 3600, 3600, 0, 0) + self.attributes(child)
        if operation == GETATTR:
            return struct.pack("<QII", 3600, 0, 0) + self.attributes(node)
        if operation == OPEN:
            handle, self.next_handle = self.next_handle, self.next_handle + 1
            self.texts[handle] = b""
            return struct.pack("<QII", handle, DIRECT_IO, 0)
        if operation == READ:
            handle, offset, size = struct.unpack_from("<QQI", body)
            if offset == 0:
                self.texts[handle] = (swaps_text if node == SWAPS else meminfo_text)(self.data).encode()
            return self.texts.get(handle, b"")[offset:offset + size]
        if operation == RELEASE:
            self.texts.pop(struct.unpack_from("<Q", body)[0], None)
            return b""
        if operation == OPENDIR:
            return struct.pack("<QII", 0, 0, 0)
        if operation == READDIR:
            offset = struct.unpack_from("<QQI", body)[1]
            return self.directory() if offset == 0 else b""
        if operation == STATFS:
            return bytes(80)
        if operation in (RELEASEDIR, FLUSH, ACCESS):
            return b""
        raise OSError(errno.ENOSYS, "not offered")

    def directory(self):
        entries = b""
        for place, (name, node) in enumerate(NAMES.items(), start=1):
            entry = struct.pack("<QQII", node, place, len(name), 8) + name
            entries += entry + bytes(-len(entry) % 8)
        return entries

    def serve(self):
        while True:
            try:
                request = os.read(self.device, 1 << 17)
            except OSError as problem:
                if problem.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):
                    continue
                return    # ENODEV: unmounted
            _, operation, unique, node = HEADER.unpack_from(request)[:4]
            if operation in SILENT:
                continue
            failure, payload = 0, b""
            try:
                payload = self.answer(operation, node, request[HEADER.size:])
            except OSError as problem:
                failure = problem.errno or errno.EIO
            try:
                os.write(self.device, struct.pack("<IiQ", 16 + len(payload), -failure, unique) + payload)
            except OSError:
                continue    # the asker was interrupted


def main():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    view = View(sys.argv[1], sys.argv[2])
    os.write(1, b"ready\n")
    os.close(1)
    view.serve()


main()
