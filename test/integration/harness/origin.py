"""Origins for the reverse proxy: one that answers in many ways, and one that speaks raw bytes."""
import hashlib
import http.server
import json
import socket
import threading
import time
import urllib.parse


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def _body(self):
        if self.headers.get('Transfer-Encoding', '').lower() == 'chunked':
            parts = []
            while size := int(self.rfile.readline().split(b';')[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass  # trailers
            return b''.join(parts)
        return self.rfile.read(int(self.headers.get('Content-Length') or 0))

    def _answer(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        body = self._body()
        self.server.owner.requests.append({'method': self.command, 'target': self.path})
        action = url.path.rsplit('/', 1)[-1]
        if action == 'bytes':
            self._send(bytes(int(query['size'])))
        elif action == 'chunks':
            self._send_chunks(int(query['count']))
        elif action == 'held':
            self._send_chunks(int(query['count']), held=True)
        elif action == 'slow':
            time.sleep(float(query['seconds']))
            self._send(b'slow')
        elif action == 'status':
            self._send(b'', int(query['code']))
        elif action == 'digest':
            self._send(hashlib.sha256(body).hexdigest().encode())
        else:
            self._send(json.dumps({
                'origin': self.server.owner.name, 'method': self.command, 'target': self.path,
                'headers': dict(self.headers.items()), 'body': body.decode('latin-1')}).encode())

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer

    def _send(self, body, status=200):
        self.send_response(status)
        if status not in (204, 304):
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def _send_chunks(self, count, held=False):
        self.send_response(200)
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        for number in range(count):
            chunk = b'chunk %d\n' % number
            self.wfile.write(b'%x\r\n%s\r\n' % (len(chunk), chunk))
            if held:
                self.server.owner.may_go_on.wait()
        self.wfile.write(b'0\r\n\r\n')

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    owner = None

    def handle_error(self, request, client_address):
        """Tests break connections on purpose."""


class Origin:
    """Answers by the last segment of the path:

    bytes?size=N, chunks?count=N, held?count=N (the first chunk, and the others when `may_go_on` is set),
    slow?seconds=S, status?code=N, digest (SHA-256 of the request's body); anything else says in JSON what came:
    origin, method, target, headers, body.
    """

    def __init__(self, name='origin', port=0, address='127.0.0.1'):
        self.name = name
        self.requests = []
        self.may_go_on = threading.Event()
        self._server = _Server((address, port), _Handler)
        self._server.owner = self
        self.port = self._server.server_port
        self.url = 'http://%s:%d' % (address, self.port)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self.may_go_on.set()
        self._server.shutdown()
        self._server.server_close()


class RawOrigin:
    """Takes connections, keeps the bytes that come, and answers each with the given bytes, then closes.

    `answer` may be None: then nothing is ever answered.
    """

    def __init__(self, answer):
        self.received = []
        self._answer = answer
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.port = self._listener.getsockname()[1]
        self.url = 'http://127.0.0.1:%d' % self.port
        self._open = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            self._open.append(connection)
            data = b''
            while b'\r\n\r\n' not in data and (more := connection.recv(65536)):
                data += more
            self.received.append(data)
            if self._answer is not None:
                connection.sendall(self._answer)
                connection.close()

    def close(self):
        self._listener.close()
        for connection in self._open:
            connection.close()
