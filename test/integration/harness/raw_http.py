"""HTTP as bytes: an origin that answers with the very bytes that came, and a client that sends any."""
import re
import socket
import ssl

from harness.echo import TcpServer
from harness.waiting import LIMIT


def _until_head_ends(connection, data=b''):
    while b'\r\n\r\n' not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    return data


def body_of(head):
    """How the bytes behind a head are framed: a length, 'chunked', or 0."""
    length = 0
    for line in head.lower().split(b'\r\n')[1:]:
        name, _, value = line.partition(b':')
        if name == b'transfer-encoding' and value.strip() == b'chunked':
            return 'chunked'
        if name == b'content-length':
            length = int(value)
    return length


def dechunked(body):
    content = b''
    while size := int(body.split(b'\r\n')[0].split(b';')[0], 16):
        body = body.partition(b'\r\n')[2]
        content, body = content + body[:size], body[size + 2:]
    return content


def _is_whole(body, framing):
    if framing == 'chunked':  # with trailers or without
        return re.search(rb'(^|\r\n)0\r\n([^\r\n]+\r\n)*\r\n$', body) is not None
    return len(body) >= framing


def read_message(connection, data=b'', has_body=True):
    """Head, body as it is framed, and what came behind it. What ends early is as long as it is."""
    data = _until_head_ends(connection, data)
    head, _, rest = data.partition(b'\r\n\r\n')
    if not head.startswith(b'HTTP/1.1 1') and has_body:
        framing = body_of(head)
        while not _is_whole(rest, framing):
            more = connection.recv(65536)
            if not more:
                break
            rest += more
        return head, rest, b''
    return head, b'', rest


class Mirror(TcpServer):
    """Answers each request with a body that is the request as it came: its head, an empty line, its body as framed.

    `answers` has other answers (whole messages) for targets that contain the key; no more is said after such a one.
    """

    def __init__(self, address='127.0.0.1', port=0):
        self.answers = {}
        self.seen = []
        super().__init__(port, address)

    def _serve(self, connection):
        with connection:
            try:
                while head := _until_head_ends(connection):
                    if b'\r\n\r\n' not in head:
                        return
                    if b'100-continue' in head.lower():
                        connection.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
                    head, body, _ = read_message(connection, head)
                    self._answer(connection, head, body)
            except OSError:
                pass

    def _answer(self, connection, head, body):
        framing = body_of(head)
        if not _is_whole(body, framing):
            return  # cut: not seen
        self.seen.append(head + b'\r\n\r\n' + body)
        target = head.split(b' ')[1]
        for part, answer in self.answers.items():
            if part in target:
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                return
        content = head + b'\r\n\r\n' + body
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n'
                           % len(content))
        if not head.startswith(b'HEAD '):
            connection.sendall(content)


def connect(address, port, authority=None, source=None, timeout=LIMIT):
    """Open; in TLS where there is an authority."""
    connection = socket.create_connection((address, port), timeout, source_address=(source, 0) if source else None)
    return connection if authority is None else secured(connection, authority)


def secured(connection, authority):
    """The same connection, in TLS."""
    context = ssl.create_default_context(cafile=str(authority))
    return context.wrap_socket(connection, server_hostname='localhost')


def ask(connection, request, has_body=True):
    """The final answer's status (0: closed without one), its head and its body as framed."""
    try:
        connection.sendall(request)
        head, body, rest = read_message(connection, has_body=has_body)
        while re.match(rb'HTTP/1\.1 1(?!01)', head):
            head, body, rest = read_message(connection, rest, has_body)
    except ConnectionError:
        return 0, b'', b''
    words = re.match(rb'HTTP/1\.[01] ([0-9]{3}) ', head)
    return int(words.group(1)) if words else 0, head, body


def fields(head):
    """Of a head: (name in lower case, value), in order."""
    lines = [line.partition(b':') for line in head.split(b'\r\n\r\n')[0].split(b'\r\n')[1:]]
    return [(name.decode('latin-1').lower(), value.strip().decode('latin-1')) for name, _, value in lines]
