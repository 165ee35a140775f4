"""Many TLS clients at once: connections that stay open and ask now and then, and new ones all the time."""
import re
import resource
import socket
import ssl
import threading
import time

from harness.waiting import LIMIT

# Answered by the proxy itself.
_REQUEST = b'GET /no-such-route HTTP/1.1\r\nHost: %s\r\n\r\n'
_LENGTH = re.compile(rb'\r\ncontent-length: (\d+)\r\n', re.IGNORECASE)


class Visitors:
    """Within a with block: `connections` are open, each is asked before it and at its end;
    `handshakes_per_second` more come and go. `failures` says of each that went wrong how."""

    def __init__(self, agent, name, authority, connections, handshakes_per_second):
        self._address = ('127.0.0.1', agent.proxy_port)
        self._name = name
        self._context = ssl.create_default_context(cafile=str(authority))
        self._count, self._rate = connections, handshakes_per_second
        self._open = []
        self._is_over = threading.Event()
        self.handshakes = 0
        self.failures = []

    def _connect(self):
        plain = socket.create_connection(self._address, timeout=LIMIT)
        return self._context.wrap_socket(plain, server_hostname=self._name)

    def _ask(self, connection):
        connection.sendall(_REQUEST % self._name.encode())
        head, body = b'', b''
        while b'\r\n\r\n' not in head and (more := connection.recv(65536)):
            head += more
        assert head.startswith(b'HTTP/1.1 404'), head[:100]
        head, _, body = head.partition(b'\r\n\r\n')
        length = int(_LENGTH.search(head + b'\r\n').group(1))
        while len(body) < length and (more := connection.recv(65536)):
            body += more
        assert len(body) == length, body

    def _attempt(self, what, action, *arguments):
        try:
            return action(*arguments)
        except (OSError, AssertionError) as problem:
            self.failures.append('%s: %r' % (what, problem))
            return None

    def _come_and_go(self):
        begun, count = time.monotonic(), 0
        while not self._is_over.is_set():
            connection = self._attempt('handshake', self._connect)
            if connection is not None:
                connection.close()
                self.handshakes += 1
            count += 1
            self._is_over.wait(max(0, begun + count / self._rate - time.monotonic()))

    def __enter__(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        for _ in range(self._count):
            self._open.append(self._connect())
            # From now on it is a kept connection; one that has never asked anything is given less time.
            self._ask(self._open[-1])
        self._thread = threading.Thread(target=self._come_and_go)
        self._thread.start()
        return self

    def until_more_handshakes(self, count):
        enough = self.handshakes + count
        while self.handshakes < enough and not self.failures:
            time.sleep(0.01)

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()
        for connection in self._open:
            self._attempt('open connection', self._ask, connection)
            connection.close()
