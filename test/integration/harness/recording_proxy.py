"""An HTTP forward proxy that keeps a list of what went through it and can do harm on the way.

The agent gets it as http_proxy, so it sees every call the agent makes to OpenStack. A test may replace
the fate of single calls:

    proxy.once(lose_answer, method='POST', path='/servers$')

A fate is a function of an Exchange: it forwards, delivers, answers itself or cuts the connection.
"""
import contextlib
import dataclasses
import http.client
import http.server
import json
import re
import socket
import struct
import threading
import time
import urllib.parse

from harness.waiting import LIMIT

_HOP_BY_HOP = {'connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding',
               'upgrade', 'content-length'}


@dataclasses.dataclass
class Call:
    number: int          # 0 for the first one through this proxy
    method: str
    path: str            # without query
    query: str
    port: int            # of the service
    body: bytes
    started: float       # monotonic seconds: its head and body had arrived
    ended: float = 0.0   # its answer was on its way back; 0 while it is not
    status: int = 0      # what the service answered; 0 if it was not asked or did not answer
    request_id: str = ''

    @property
    def changes_something(self):
        """Apart from log-ins, everything that is not a GET creates, changes or deletes."""
        return self.method not in ('GET', 'HEAD') and not self.path.endswith('/auth/tokens')

    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return '%3d %-6s %s%s -> %d' % (self.number, self.method, self.path,
                                        '?' + self.query if self.query else '', self.status)


class Exchange:
    """One call on its way, in the hands of a fate."""

    def __init__(self, handler, call):
        self._handler = handler
        self._answer = None
        self.call = call

    def forward(self):
        """Sends the call to the service and takes its answer, which the client has not got yet."""
        headers = {name: value for name, value in self._handler.headers.items()
                   if name.lower() not in _HOP_BY_HOP}
        target = self.call.path + ('?' + self.call.query if self.call.query else '')
        connection = http.client.HTTPConnection('127.0.0.1', self.call.port, timeout=LIMIT)
        try:
            connection.request(self.call.method, target, self.call.body or None, headers)
            answer = connection.getresponse()
            self._answer = answer.status, answer.reason, answer.getheaders(), answer.read()
        except OSError as error:
            self._answer = 502, 'Bad Gateway', [], ('the service does not answer: %s' % error).encode()
            return
        finally:
            connection.close()
        self.call.status = answer.status
        self.call.request_id = answer.getheader('x-openstack-request-id') or ''

    def deliver(self):
        """Gives the service's answer to the client."""
        self.answer(*self._answer)

    def document(self):
        """The service's answer as JSON; None if it is an error or no JSON."""
        status, _, _, body = self._answer
        try:
            return json.loads(body) if status < 300 else None
        except ValueError:
            return None

    def deliver_instead(self, document):
        """Gives the client another document than the service's, with its status and headers."""
        status, reason, headers, _ = self._answer
        self.answer(status, reason, headers, json.dumps(document).encode())

    def answer(self, status, reason, headers, body):
        """Gives the client an answer, whoever made it."""
        handler = self._handler
        handler.send_response_only(status, reason)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                handler.send_header(name, value)
        if status not in (204, 304):
            handler.send_header('Content-Length', str(len(body)))
        handler.end_headers()
        self.call.ended = time.monotonic()
        if handler.command != 'HEAD':
            handler.wfile.write(body)

    def reset(self):
        """Cuts the client's connection with a TCP reset."""
        self.call.ended = time.monotonic()
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self._handler.close_connection = True
        self._handler.connection.close()


def pass_on(exchange):
    exchange.forward()
    exchange.deliver()


def lose_answer(exchange):
    """The service does it, but the client never hears of it."""
    exchange.forward()
    exchange.reset()


def refuse_connection(exchange):
    """The service does not hear of it."""
    exchange.reset()


def delay(seconds):
    def fate(exchange):
        time.sleep(seconds)
        pass_on(exchange)
    return fate


def answer_with(status, headers=(), body=b''):
    """The service does not hear of it; the client gets this answer."""
    def fate(exchange):
        exchange.answer(status, http.client.responses[status], headers, body)
    return fate


@dataclasses.dataclass
class _Rule:
    fate: object
    matches: object
    remaining: float


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def relay(self):
        proxy = self.server.owner
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        call = proxy.record(self.command, url, body)
        exchange = Exchange(self, call)
        for look in proxy.observers:
            look(call)
        try:
            proxy.fate_of(call)(exchange)
        except OSError:
            self.close_connection = True  # the client has gone, which is what crash tests do
            call.ended = call.ended or time.monotonic()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = relay

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    owner = None

    def handle_error(self, request, client_address):
        """A client that vanishes between two requests is no error here."""


class RecordingProxy:

    def __init__(self, address='127.0.0.1', network=None):
        """With a SeparateNetwork it is reached in that one, and calls the services from here."""
        self._lock = threading.Lock()
        self._calls = []
        self._rules = []
        self.observers = []  # functions of a Call, called before its fate is
        with network.entered() if network else contextlib.nullcontext():
            self._server = _Server((address, 0), _Handler)
        self._server.owner = self
        self.url = 'http://%s:%d' % (address, self._server.server_port)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    @property
    def calls(self):
        with self._lock:
            return list(self._calls)

    def forget(self):
        """Starts a new list; the numbers begin at 0 again."""
        with self._lock:
            self._calls = []

    def always(self, fate, **which):
        self._add(fate, float('inf'), **which)

    def once(self, fate, **which):
        self._add(fate, 1, **which)

    def no_more_faults(self):
        with self._lock:
            self._rules = []

    def _add(self, fate, times, method=None, path=None, when=None):
        """method: exact; path: a regular expression found in it; when: a function of the Call."""
        def matches(call):
            return ((method is None or call.method == method)
                    and (path is None or re.search(path, call.path) is not None)
                    and (when is None or when(call)))
        with self._lock:
            self._rules.append(_Rule(fate, matches, times))

    def record(self, method, url, body):
        with self._lock:
            call = Call(len(self._calls), method, url.path, url.query, url.port or 80, body, time.monotonic())
            self._calls.append(call)
            return call

    def fate_of(self, call):
        with self._lock:
            for rule in self._rules:
                if rule.remaining > 0 and rule.matches(call):
                    rule.remaining -= 1
                    return rule.fate
        return pass_on
