"""Stands before a Pebble and does what Pebble cannot: is slow, and refuses.

Pebble tells its clients the host by which they asked, so whoever begins here stays here.
"""
import http.server
import json
import re
import ssl
import threading
import time

import requests

from harness.waiting import LIMIT

_RATE_LIMITED = {'type': 'urn:ietf:params:acme:error:rateLimited', 'status': 429,
                 'detail': 'too many certificates already issued for this account'}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def _serve(self):
        front = self.server.front
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        front.asked.append(self.path)
        time.sleep(front.delay)
        if front.refused and re.search(front.refused, self.path):
            return self._send(429, {'Content-Type': 'application/problem+json', 'Retry-After': str(front.retry_after)},
                              json.dumps(_RATE_LIMITED).encode())
        answer = front.forward(self.command, self.path, self.headers, body)
        self._send(answer.status_code, {name: value for name, value in answer.headers.items()
                                        if name not in ('Content-Length', 'Connection', 'Date', 'Transfer-Encoding', 'Content-Encoding')}, answer.content)

    do_GET = do_POST = do_HEAD = _serve

    def _send(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class AuthorityFront:
    """`delay`: seconds before each answer; `refused`: a pattern of paths that are rate limited."""

    def __init__(self, pebble):
        self.delay, self.refused, self.retry_after = 0.0, None, 7200
        self.asked = []
        self.pebble = pebble
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Handler)
        self._server.daemon_threads = True
        self._server.front = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pebble.directory / 'cert.pem', pebble.directory / 'key.pem')
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = 'https://localhost:%d/dir' % self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def forward(self, method, path, headers, body):
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.pebble.url.removesuffix('/dir') + path, data=body, timeout=LIMIT,
                                   headers={name: value for name, value in headers.items() if name != 'Connection'},
                                   verify=str(self.pebble.authority), allow_redirects=False)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
