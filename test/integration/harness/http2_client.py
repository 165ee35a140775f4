"""A client of the proxy that speaks HTTP/2 over TLS by single frames."""
import socket
import ssl
import struct

import hpack

from . import http2_frames as h2
from .waiting import LIMIT


class Stream:
    """What has come on one stream."""

    def __init__(self):
        self.heads = []  # interim ones first; each a list of fields
        self.body = b''
        self.is_ended = False
        self.reset = None  # the error code

    @property
    def status(self):
        return int(dict(self.heads[-1])[':status']) if self.heads else None

    @property
    def headers(self):
        return dict(self.heads[-1])


class Http2Client:

    def __init__(self, agent, greeting=h2.PREFACE + h2.settings()):
        context = ssl.create_default_context(cafile=str(agent.certificates.authority))
        context.set_alpn_protocols(['h2'])
        plain = socket.create_connection(('127.0.0.1', agent.proxy_port), timeout=LIMIT)
        self.socket = context.wrap_socket(plain, server_hostname='localhost')
        assert self.socket.selected_alpn_protocol() == 'h2'
        self.streams = {}
        self.goaway = None  # the error code of the last one
        self.last_streams = []  # of GOAWAYs
        self.settings = {}
        self.pings = []
        self.is_closed = False
        self._decoder = hpack.Decoder()
        self._received = b''
        self.send(greeting)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """False if the other side takes no more."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def stream(self, number):
        return self.streams.setdefault(number, Stream())

    def read_until(self, condition):
        """Until that, or until the connection has ended."""
        while not condition() and not self.is_closed:
            try:
                data = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError):
                data = b''
            self.is_closed = not data
            self._received += data
            self._read_frames()
        return self

    def answer(self, number=1):
        stream = self.stream(number)
        self.read_until(lambda: stream.is_ended or stream.reset is not None or self.has_bad_goaway())
        return stream

    def has_bad_goaway(self):
        return self.goaway not in (None, h2.NO_ERROR)

    def _read_frames(self):
        while len(self._received) >= 9:
            length = int.from_bytes(self._received[:3], 'big')
            if len(self._received) < 9 + length:
                return
            kind, flags = self._received[3], self._received[4]
            number = int.from_bytes(self._received[5:9], 'big')
            payload, self._received = self._received[9:9 + length], self._received[9 + length:]
            self._on_frame(kind, flags, number, payload)

    def _on_frame(self, kind, flags, number, payload):
        if kind == h2.HEADERS:
            self.stream(number).heads.append(self._decoder.decode(payload))
        elif kind == h2.DATA:
            self.stream(number).body += payload
        elif kind == h2.RST_STREAM:
            self.stream(number).reset, = struct.unpack('>I', payload)
        elif kind == h2.GOAWAY:
            last, self.goaway = struct.unpack('>II', payload[:8])
            self.last_streams.append(last)
        elif kind == h2.SETTINGS and not flags & h2.ACK:
            self.settings.update(struct.unpack('>HI', payload[at:at + 6]) for at in range(0, len(payload), 6))
        elif kind == h2.PING:
            self.pings.append((flags, payload))
        if kind in (h2.HEADERS, h2.DATA) and flags & h2.END_STREAM:
            self.stream(number).is_ended = True
