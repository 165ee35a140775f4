"""A TLS client that sends one greeting of its own making and reads what answers it.

Programs that are linked with a recent OpenSSL cannot ask for what a server has to refuse: they do not know it any more.
"""
import os
import socket
import struct

from harness.waiting import LIMIT

SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
X25519, P256, P384, P521, X448 = 0x001d, 0x0017, 0x0018, 0x0019, 0x001e
FALLBACK_SCSV, RENEGOTIATION_SCSV = 0x5600, 0x00ff

# Of TLS 1.2, with names as OpenSSL has them.
GOOD_CIPHERS = {
    'ECDHE-ECDSA-AES128-GCM-SHA256': 0xc02b, 'ECDHE-ECDSA-AES256-GCM-SHA384': 0xc02c,
    'ECDHE-RSA-AES128-GCM-SHA256': 0xc02f, 'ECDHE-RSA-AES256-GCM-SHA384': 0xc030,
    'ECDHE-RSA-CHACHA20-POLY1305': 0xcca8, 'ECDHE-ECDSA-CHACHA20-POLY1305': 0xcca9,
}
CIPHERS_OF_13 = [0x1301, 0x1302, 0x1303]
# Algorithms of signatures, as RFC 8446 section 4.2.3 numbers them.
SHA1_ONLY = [0x0201, 0x0203, 0x0202]
GOOD_SIGNATURES = [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601]
ALERTS = {40: 'handshake_failure', 47: 'illegal_parameter', 70: 'protocol_version', 86: 'inappropriate_fallback',
          109: 'missing_extension', 112: 'unrecognized_name'}
# RFC 8446 section 4.1.3: a server of 1.3 that agrees to 1.2 ends its random with it.
DOWNGRADE_TO_12 = b'DOWNGRD\x01'


def vector(size, content):
    return len(content).to_bytes(size, 'big') + content


def numbers(values):
    return b''.join(struct.pack('!H', value) for value in values)


def extension(number, content):
    return struct.pack('!H', number) + vector(2, content)


def client_hello(version=TLS12, ciphers=tuple(GOOD_CIPHERS.values()), signatures=GOOD_SIGNATURES,
                 curves=(X25519, P256, P384), name='localhost', compressions=b'\0', more=b'', session=b''):
    """`version` 1.3 comes with a key share for X25519, whose points are any 32 bytes."""
    extensions = more
    if name:
        extensions += extension(0, vector(2, b'\0' + vector(2, name.encode())))
    if curves:
        extensions += extension(10, vector(2, numbers(curves))) + extension(11, b'\1\0')
    if signatures:
        extensions += extension(13, vector(2, numbers(signatures)))
    if version == TLS13:
        extensions += extension(43, vector(1, numbers([TLS13])))
        extensions += extension(51, vector(2, numbers([X25519]) + vector(2, os.urandom(32))))
    body = (numbers([min(version, TLS12)]) + os.urandom(32) + vector(1, session) + vector(2, numbers(ciphers)) +
            vector(1, compressions) + (vector(2, extensions) if version > SSL3 else b''))
    return b'\x16\x03' + bytes([min(version & 0xff, 1)]) + vector(2, b'\1' + vector(3, body))


class Answer:
    """What the server sends first: an alert, its own hello, or the end of the connection."""

    def __init__(self, data):
        self.alert = self.version = self.cipher = self.compression = self.random = self.session = self.curve = None
        self.extensions = {}
        self.is_done = False  # ServerHelloDone came
        if data[:1] == b'\x15' and len(data) >= 7:
            assert data[5] == 2, 'a warning'
            self.alert = ALERTS.get(data[6], data[6])
        elif data[:1] == b'\x16':
            self._take_messages(self._messages_of(data))

    @staticmethod
    def _messages_of(data):
        joined = b''
        while data[:1] == b'\x16' and len(data) >= 5 + int.from_bytes(data[3:5], 'big'):
            length = int.from_bytes(data[3:5], 'big')
            joined += data[5:5 + length]
            data = data[5 + length:]
        return joined

    def _take_messages(self, messages):
        while len(messages) >= 4 + (length := int.from_bytes(messages[1:4], 'big')):
            self._take(messages[0], messages[4:4 + length])
            messages = messages[4 + length:]

    def _take(self, kind, body):
        if kind == 12:  # ServerKeyExchange of a named curve
            self.curve = int.from_bytes(body[1:3], 'big')
        self.is_done = self.is_done or kind == 14
        if kind != 2:
            return
        self.version, self.random = int.from_bytes(body[:2], 'big'), body[2:34]
        self.session = body[35:35 + body[34]]
        rest = body[35 + body[34]:]
        self.cipher, self.compression = int.from_bytes(rest[:2], 'big'), rest[2]
        rest = rest[5:]
        while rest:
            number, length = struct.unpack('!HH', rest[:4])
            self.extensions[number] = rest[4:4 + length]
            rest = rest[4 + length:]
        if 43 in self.extensions:
            self.version = int.from_bytes(self.extensions[43], 'big')

    @property
    def is_whole(self):
        return bool(self.alert) or self.is_done or self.version == TLS13

    @property
    def is_refused(self):
        return self.version is None


def greet(port, hello):
    """Sends the greeting; what is answered until it is the client's turn again."""
    received = b''
    with socket.create_connection(('127.0.0.1', port), timeout=LIMIT) as connection:
        connection.sendall(hello)
        try:
            while part := connection.recv(65536):
                received += part
                if Answer(received).is_whole:
                    break
        except ConnectionResetError:
            pass
    return Answer(received)
