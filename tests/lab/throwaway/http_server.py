#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What http.yml talks to: http on 8081, https on 8443 (asks for a client's certificate on 8444), http on the socket /run/http.sock.
With a port behind the folder: http on that port and on the socket http.sock of the folder, in the foreground (lab/playbooks/http_options).

/echo answers what it was asked as JSON; /file a text of an old date, with a name for it; /login asks for user and password; /to/CODE sends on to /echo,
/zip answers packed JSON to those who take it, /packed to all; /loop sends on to itself; /status/CODE answers so; /slow takes 3 s, /cookie sets two,
/latin is not UTF-8, /bad is broken JSON. Certificates are in the folder given.
"""
import base64, gzip, hashlib, http.server, json, os, socket, socketserver, ssl, sys, threading, time

FOLDER = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def version_string(self):
        return 'lab'

    def date_time_string(self, timestamp=None):
        return 'Mon, 01 Jan 2024 00:00:00 GMT'

    def log_message(self, *words):
        pass

    def answer(self, code, content, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(content)))
        self.send_header('Connection', 'close')
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(content)
        self.close_connection = True

    def any(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        path = self.path.split('?')[0]
        if path == '/echo':
            shown = {name.lower(): value for name, value in self.headers.items() if name.lower() not in ('host', 'connection', 'accept-encoding', 'accept', 'if-modified-since')}
            boundary = shown.get('content-type', '').partition('boundary=')[2].strip('"')
            text = body.decode('utf-8', 'replace')
            if boundary:    # never the same
                text, shown['content-type'], shown['content-length'] = text.replace(boundary, 'BOUNDARY'), 'multipart/form-data', ''
            peer = bool(getattr(self.connection, 'getpeercert', lambda: None)())
            self.answer(200, json.dumps({'method': self.command, 'path': self.path, 'headers': shown, 'body': text, 'certificate': peer}, sort_keys=True).encode(),
                        Content_Type='application/json')
        elif path == '/file':
            if self.headers.get('If-Modified-Since'):
                return self.answer(304, b'', Last_Modified='Sat, 01 Jan 2022 00:00:00 GMT')
            self.answer(200, b'text\n', Content_Type='text/plain', Last_Modified='Sat, 01 Jan 2022 00:00:00 GMT')
        elif path == '/named':
            self.answer(200, b'named\n', Content_Type='text/plain', Content_Disposition='attachment; filename="of the server.txt"')
        elif path == '/sums':
            self.answer(200, (hashlib.sha256(b'text\n').hexdigest() + '  file\n').encode(), Content_Type='text/plain')
        elif path == '/login':
            if self.headers.get('Authorization') == 'Basic ' + base64.b64encode(b'me:se cret').decode():
                return self.answer(200, b'in\n', Content_Type='text/plain')
            self.answer(401, b'who?\n', WWW_Authenticate='Basic realm="lab"')
        elif path.startswith('/to/'):
            self.answer(int(path[4:]), b'', Location='/echo')
        elif path == '/loop':
            self.answer(302, b'', Location='/loop')
        elif path.startswith('/status/'):
            self.answer(int(path[8:]), b'status\n' if path[8:] not in ('204', '304') else b'', Content_Type='text/plain')
        elif path == '/slow':
            time.sleep(3)
            self.answer(200, b'late\n', Content_Type='text/plain')
        elif path == '/cookie':
            self.send_response(200)
            for value in ('a=1; Path=/', 'b=2; Path=/'):
                self.send_header('Set-Cookie', value)
            self.send_header('Content-Length', '0')
            self.end_headers()
        elif path == '/latin':
            self.answer(200, 'f\xfcr\n'.encode('latin-1'), Content_Type='text/plain; charset=iso-8859-1')
        elif path == '/bad':
            self.answer(200, b'{"a": ', Content_Type='application/json')
        elif path == '/binary':
            self.answer(200, bytes(range(256)), Content_Type='application/octet-stream')
        elif path == '/many':
            self.answer(200, (hashlib.sha256(b'other').hexdigest() + '  other\n' + hashlib.sha256(b'text\n').hexdigest() + ' *file\n').encode(), Content_Type='text/plain')
        elif path in ('/zip', '/packed'):
            packed = gzip.compress(b'{"packed": true}\n', mtime=0)
            if path == '/packed' or 'gzip' in self.headers.get('Accept-Encoding', ''):
                self.answer(200, packed, Content_Type='application/json', Content_Encoding='gzip')
            else:
                self.answer(200, b'{"packed": true}\n', Content_Type='application/json')
        else:
            self.answer(404, b'nothing\n', Content_Type='text/plain')

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = any


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ('local', 0)


def tls(client):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f'{FOLDER}/server.pem', f'{FOLDER}/server.key')
    if client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(f'{FOLDER}/ca.pem')
    return context


def main():
    if len(sys.argv) > 2:
        plain = [Server(('127.0.0.1', int(sys.argv[2])), Handler), UnixServer(f'{FOLDER}/http.sock', Handler)]
        threading.Thread(target=plain[1].serve_forever, daemon=True).start()
        return plain[0].serve_forever()
    socket_path = '/run/http.sock'
    if os.path.exists(socket_path):
        os.unlink(socket_path)
    servers = [Server(('127.0.0.1', 8081), Handler), Server(('127.0.0.1', 8443), Handler), Server(('127.0.0.1', 8444), Handler), UnixServer(socket_path, Handler)]
    for server, client in ((servers[1], False), (servers[2], True)):
        server.socket = tls(client).wrap_socket(server.socket, server_side=True)
    if os.fork():
        os._exit(0)     # all sockets listen
    os.setsid()
    with open(f'{FOLDER}/pid', 'w') as file:
        file.write(str(os.getpid()))
    for server in servers[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    servers[0].serve_forever()


main()
