"""Clients that mean no good: many connections from several addresses, each as far as its attack goes."""
import errno
import socket
import ssl


class Attackers:
    """Holds connections to one port. Those that the other side closes stay closed; nothing waits for an answer."""

    def __init__(self, port, addresses=16):
        self.port = port
        self._sources = ['127.0.1.%d' % (n + 1) for n in range(addresses)]
        self._open = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for connection in self._open:
            connection.close()

    def _connect(self, number, receive_buffer=0):
        plain = socket.socket()
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.bind((self._sources[number % len(self._sources)], 0))
        plain.setblocking(False)
        error = plain.connect_ex(('127.0.0.1', self.port))
        assert error in (0, errno.EINPROGRESS), errno.errorcode[error]
        self._open.append(plain)
        return plain

    def open(self, count, begin=b'', receive_buffer=0):
        """`begin`: what each sends as soon as it is connected."""
        for number in range(count):
            connection = self._connect(number, receive_buffer)
            if begin:
                _send(connection, begin)

    def open_tls(self, count, begin, receive_buffer=0, protocol=None):
        """The same behind a handshake, one after the other; those that are turned away are counted."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if protocol:
            context.set_alpn_protocols([protocol])
        refused = 0
        for number in range(count):
            plain = self._connect(number, receive_buffer)
            plain.settimeout(10)
            self._open.pop()
            try:
                connection = context.wrap_socket(plain, server_hostname='localhost')
            except OSError:
                plain.close()
                refused += 1
                continue
            connection.settimeout(10)
            self._open.append(connection)
            _send(connection, begin)
        return refused

    def again(self, piece):
        """Each sends a little more, as far as it is taken."""
        for connection in self._open:
            _send(connection, piece)


def _send(connection, data):
    # On loopback a connection that has been begun is connected, or waits in the listener's queue.
    try:
        connection.send(data)
    except OSError:
        pass  # closed by the other side, or not connected yet
