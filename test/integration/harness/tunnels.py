"""Connections that are upgraded through the proxy, and then carry bytes both ways."""
from . import raw_http
from .echo import TcpEcho


def tunnel(agent, path):
    """A WebSocket through the proxy, to an origin that echoes bytes."""
    connection = raw_http.connect('127.0.0.1', agent.proxy_port, agent.certificates.authority)
    connection.sendall(b'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
                       b'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n' % path.encode())
    head = b''
    while b'\r\n\r\n' not in head:
        head += connection.recv(1)
    assert head.startswith(b'HTTP/1.1 101'), head
    return connection


class Tunnels(TcpEcho):
    """An origin that switches to a tunnel and gives back what comes through it."""

    def _serve(self, connection):
        with connection:
            try:
                head = b''
                while b'\r\n\r\n' not in head:
                    head += connection.recv(4096)
                connection.sendall(b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
                                   b'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n')
                while data := connection.recv(4096):
                    connection.sendall(data)
            except OSError:
                pass
