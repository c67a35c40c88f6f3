# SPDX-License-Identifier: Apache-2.0
"""A tiny MySQL client: protocol 4.1, native password, text queries. Enough for what the stand-ins ask a server."""
import hashlib
import re
import socket
import struct


class SqlError(Exception):
    def __init__(self, code, text):
        super().__init__(code, text)
        self.code, self.text = code, text


def _native(password, nonce):
    if not password:
        return b""
    one = hashlib.sha1(password.encode()).digest()
    two = hashlib.sha1(nonce + hashlib.sha1(one).digest()).digest()
    return bytes(a ^ b for a, b in zip(one, two))


def _lenenc(data, at):
    first = data[at]
    if first < 0xFB:
        return first, at + 1
    if first == 0xFB:
        return None, at + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(data[at + 1:at + 1 + size], "little"), at + 1 + size


class Connection:
    def __init__(self, host, port, user, password, database="", timeout=10):
        self.sock = socket.create_connection((host, int(port)), timeout=timeout)
        self.seq = 0
        hello = self._read()
        if hello[0] == 0xFF:
            self._raise(hello)
        if hello[0] != 10:
            raise SqlError(2007, "protocol mismatch: %d" % hello[0])
        at = hello.index(b"\0", 1) + 1 + 4
        nonce = hello[at:at + 8]
        at += 8 + 1 + 2 + 1 + 2 + 2
        size = max(13, hello[at] - 8)
        at += 1 + 10
        nonce += hello[at:at + size].rstrip(b"\0")
        flags = 0x1 | 0x200 | 0x2000 | 0x8000 | 0x80000 | (0x8 if database else 0)
        auth = _native(password, nonce)
        body = struct.pack("<IIB23x", flags, 1 << 24, 33) + user.encode() + b"\0" + bytes([len(auth)]) + auth
        if database:
            body += database.encode() + b"\0"
        self._write(body + b"mysql_native_password\0")
        answer = self._read()
        if answer[0] == 0xFE:
            plugin, _, rest = answer[1:].partition(b"\0")
            if plugin != b"mysql_native_password":
                raise SqlError(2059, "Authentication plugin '%s' cannot be loaded" % plugin.decode())
            self._write(_native(password, rest.rstrip(b"\0")))
            answer = self._read()
        if answer[0] == 0xFF:
            self._raise(answer)

    def _exact(self, size):
        data = b""
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            if not part:
                raise SqlError(2013, "Lost connection to MySQL server")
            data += part
        return data

    def _read(self):
        head = self._exact(4)
        self.seq = head[3] + 1
        return self._exact(int.from_bytes(head[:3], "little"))

    def _write(self, body):
        self.sock.sendall(len(body).to_bytes(3, "little") + bytes([self.seq & 0xFF]) + body)

    def _raise(self, packet):
        text = packet[3:]
        if text[:1] == b"#":
            text = text[6:]
        raise SqlError(struct.unpack("<H", packet[1:3])[0], text.decode("utf8", "replace"))

    def query(self, sql):
        self.seq = 0
        self._write(b"\x03" + sql.encode())
        first = self._read()
        if first[0] == 0xFF:
            self._raise(first)
        if first[0] == 0:
            return []
        columns, _ = _lenenc(first, 0)
        for _ in range(columns + 1):          # the definitions and the EOF behind them
            self._read()
        rows = []
        while True:
            packet = self._read()
            if packet[0] == 0xFE and len(packet) < 9:
                return rows
            if packet[0] == 0xFF:
                self._raise(packet)
            row, at = [], 0
            for _ in range(columns):
                size, at = _lenenc(packet, at)
                row.append(None if size is None else packet[at:at + size].decode("utf8", "replace"))
                at += size or 0
            rows.append(row)

    def close(self):
        try:
            self.sock.close()
        except OSError:
            pass


def quote(value):
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


DRIVERS = {"com.mysql.cj.jdbc.Driver": "mysql", "com.mysql.jdbc.Driver": "mysql", "org.mariadb.jdbc.Driver": "mariadb"}


def jdbc(driver, url, user, password):
    """Open what a Java program would open with this driver class and URL."""
    if driver not in DRIVERS:
        raise SqlError(0, "java.lang.ClassNotFoundException: %s" % driver)
    found = re.match(r"jdbc:(mysql|mariadb)://([^:/]+)(?::(\d+))?/([^?]*)(?:\?(.*))?$", url)
    if not found or found.group(1) != DRIVERS[driver]:
        raise SqlError(0, "java.sql.SQLException: No suitable driver for %s" % url)
    return Connection(found.group(2), found.group(3) or 3306, user, password, found.group(4))
