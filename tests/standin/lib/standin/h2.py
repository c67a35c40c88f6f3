# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 with prior knowledge and unary gRPC calls, by hand. Header names and values travel as plain literals."""
import socket
import ssl
import struct
import threading

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
STATIC = """:authority|;:method|GET;:method|POST;:path|/;:path|/index.html;:scheme|http;:scheme|https;:status|200;:status|204;
:status|206;:status|304;:status|400;:status|404;:status|500;accept-charset|;accept-encoding|gzip, deflate;accept-language|;
accept-ranges|;accept|;access-control-allow-origin|;age|;allow|;authorization|;cache-control|;content-disposition|;
content-encoding|;content-language|;content-length|;content-location|;content-range|;content-type|;cookie|;date|;etag|;expect|;
expires|;from|;host|;if-match|;if-modified-since|;if-none-match|;if-range|;if-unmodified-since|;last-modified|;link|;location|;
max-forwards|;proxy-authenticate|;proxy-authorization|;range|;referer|;refresh|;retry-after|;server|;set-cookie|;
strict-transport-security|;transfer-encoding|;user-agent|;vary|;via|;www-authenticate|"""
STATIC = [tuple(entry.strip().split("|", 1)) for entry in STATIC.split(";")]


class H2Error(Exception):
    pass


class RpcError(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status, self.text = status, text


def _number(data, at, bits):
    mask = (1 << bits) - 1
    value = data[at] & mask
    at += 1
    if value < mask:
        return value, at
    shift = 0
    while True:
        byte = data[at]
        at += 1
        value += (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def _pack_number(value, bits, first=0):
    mask = (1 << bits) - 1
    if value < mask:
        return bytes([first | value])
    out, value = [first | mask], value - mask
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + [value])


def _string(data, at):
    if data[at] & 0x80:
        raise H2Error("this stand-in does not read Huffman-coded headers")
    size, at = _number(data, at, 7)
    return data[at:at + size].decode("latin1"), at + size


def pack_headers(pairs):
    out = b""
    for name, value in pairs:
        name, value = name.encode(), str(value).encode("utf8")
        out += b"\0" + _pack_number(len(name), 7) + name + _pack_number(len(value), 7) + value
    return out


def unpack_headers(data, table):
    def entry(index):
        return STATIC[index - 1] if index <= len(STATIC) else table[index - len(STATIC) - 1]
    at, pairs = 0, []
    while at < len(data):
        first = data[at]
        if first & 0x80:
            index, at = _number(data, at, 7)
            pairs.append(entry(index))
            continue
        if first & 0xE0 == 0x20:
            _, at = _number(data, at, 5)
            continue
        keep = first & 0x40
        index, at = _number(data, at, 6 if keep else 4)
        if index:
            name = entry(index)[0]
        else:
            name, at = _string(data, at)
        value, at = _string(data, at)
        pairs.append((name, value))
        if keep:
            table.insert(0, (name, value))
    return pairs


class Wire:
    def __init__(self, sock):
        self.sock, self.lock = sock, threading.Lock()

    def exact(self, size):
        data = b""
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            if not part:
                raise H2Error("connection closed")
            data += part
        return data

    def send(self, kind, flags, stream, body=b""):
        with self.lock:
            self.sock.sendall(len(body).to_bytes(3, "big") + bytes([kind, flags]) + struct.pack(">I", stream) + body)

    def receive(self):
        head = self.exact(9)
        size = int.from_bytes(head[:3], "big")
        if size > 1 << 20:
            raise H2Error("not HTTP/2")
        return head[3], head[4], struct.unpack(">I", head[5:])[0] & 0x7FFFFFFF, self.exact(size)

    def data(self, stream, body, last):
        while len(body) > 16000:
            self.send(DATA, 0, stream, body[:16000])
            body = body[16000:]
        self.send(DATA, 1 if last else 0, stream, body)


def _grpc(body):
    return b"\0" + struct.pack(">I", len(body)) + body


def _payload(flags, body, kind):
    if flags & 0x8:
        body = body[1:len(body) - body[0]]
    if kind == HEADERS and flags & 0x20:
        body = body[5:]
    return body


def _serve(sock, handler):
    wire, table, streams = Wire(sock), [], {}
    try:
        wire.send(SETTINGS, 0, 0, struct.pack(">HI", 4, 1 << 20))
        if wire.exact(len(PREFACE)) != PREFACE:
            return
        wire.send(WINDOW, 0, 0, struct.pack(">I", 1 << 24))

        def answer(stream, pairs, body):
            headers = dict(pairs)
            status, text, out = 0, "", b""
            try:
                out = handler(headers.get(":path", ""), body[5:])
            except RpcError as error:
                status, text = error.status, error.text
            except Exception as error:                      # a fault of the stand-in itself: say so to the caller
                status, text = 13, "%s: %s" % (type(error).__name__, error)
            try:
                wire.send(HEADERS, 4, stream, pack_headers([(":status", 200), ("content-type", "application/grpc")]))
                if not status:
                    wire.data(stream, _grpc(out), False)
                wire.send(HEADERS, 5, stream, pack_headers([("grpc-status", status), ("grpc-message", text)]))
            except OSError:
                pass

        while True:
            kind, flags, stream, body = wire.receive()
            if kind == SETTINGS and not flags & 1:
                wire.send(SETTINGS, 1, 0)
            elif kind == PING and not flags & 1:
                wire.send(PING, 1, 0, body)
            elif kind == HEADERS:
                streams[stream] = [unpack_headers(_payload(flags, body, kind), table), b""]
            elif kind == DATA:
                streams[stream][1] += _payload(flags, body, kind)
                wire.send(WINDOW, 0, 0, struct.pack(">I", max(1, len(body))))
            elif kind == GOAWAY:
                return
            if kind in (HEADERS, DATA) and flags & 1:
                pairs, message = streams.pop(stream)
                threading.Thread(target=answer, args=(stream, pairs, message), daemon=True).start()
    except (H2Error, OSError, KeyError, IndexError):
        pass
    finally:
        sock.close()


def listen(host, port, handler, tls=None):
    """Bind now (so that a busy port raises here) and serve from a thread."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, int(port)))
    server.listen(128)

    def one(sock):
        try:
            sock.settimeout(600)
            _serve(tls.wrap_socket(sock, server_side=True) if tls else sock, handler)
        except (OSError, ssl.SSLError):
            sock.close()

    def loop():
        while True:
            sock, _ = server.accept()
            threading.Thread(target=one, args=(sock,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return server


def call(host, port, path, message, timeout=60, tls=None):
    sock = socket.create_connection((host, int(port)), timeout=min(timeout, 10))
    try:
        sock.settimeout(timeout)
        if tls:
            sock = tls.wrap_socket(sock, server_hostname=host)
        wire = Wire(sock)
        sock.sendall(PREFACE)
        wire.send(SETTINGS, 0, 0, struct.pack(">HI", 4, 1 << 20))
        wire.send(WINDOW, 0, 0, struct.pack(">I", 1 << 24))
        wire.send(HEADERS, 4, 1, pack_headers([(":method", "POST"), (":scheme", "http"), (":path", path),
                                               (":authority", "%s:%s" % (host, port)),
                                               ("content-type", "application/grpc"), ("te", "trailers")]))
        wire.data(1, _grpc(message), True)
        table, body, trailers = [], b"", {}
        while True:
            kind, flags, stream, payload = wire.receive()
            if kind == SETTINGS and not flags & 1:
                wire.send(SETTINGS, 1, 0)
            elif kind == PING and not flags & 1:
                wire.send(PING, 1, 0, payload)
            elif kind == HEADERS:
                trailers.update(unpack_headers(_payload(flags, payload, kind), table))
            elif kind == DATA:
                body += _payload(flags, payload, kind)
            elif kind in (RST, GOAWAY):
                raise RpcError(14, "UNAVAILABLE: io exception")
            if kind in (HEADERS, DATA) and flags & 1 and stream == 1:
                break
        if int(trailers.get("grpc-status", 0)):
            raise RpcError(int(trailers["grpc-status"]), trailers.get("grpc-message", ""))
        return body[5:]
    finally:
        sock.close()


# --- protobuf, as far as rollsite's Packet needs it -------------------------------------------------------------------
def field(number, value):
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    if isinstance(value, str):
        value = value.encode("utf8")
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def fields(data):
    at, out = 0, {}
    while at < len(data):
        key, at = _read_varint(data, at)
        if key & 7 == 0:
            value, at = _read_varint(data, at)
        elif key & 7 == 2:
            size, at = _read_varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            raise H2Error("unexpected wire type %d" % (key & 7))
        out[key >> 3] = value
    return out


def _read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


UNARY = "/com.webank.ai.eggroll.api.networking.proxy.DataTransferService/unaryCall"


def packet(task, src, dst, operator, key, value, overall_timeout=60000):
    """Packet{header{task, src, dst, operator, conf}, body{key, value}}; src and dst are (party, role)."""
    topic = [field(1, "%s" % task) + field(2, str(party)) + field(3, role) for party, role in (src, dst)]
    header = field(1, field(1, str(task))) + field(2, topic[0]) + field(3, topic[1]) + field(5, operator) \
        + field(8, field(1, overall_timeout))
    return field(1, header) + field(2, field(1, key) + field(2, value))


def open_packet(data):
    outer = fields(data)
    header, body = fields(outer.get(1, b"")), fields(outer.get(2, b""))

    def topic(raw):
        parts = fields(raw)
        return parts.get(2, b"").decode(), parts.get(3, b"").decode()
    conf = fields(header.get(8, b""))
    return {"src": topic(header.get(2, b"")), "dst": topic(header.get(3, b"")), "operator": header.get(5, b"").decode(),
            "key": body.get(1, b"").decode(), "value": body.get(2, b""), "timeout": conf.get(1, 60000)}
