"""Origins over TCP and UDP; the echoes send back what they get, with their name before it."""
import socket
import threading


class TcpServer:
    """Serves each connection in a thread of its own: _serve(connection)."""

    def __init__(self, port=0, address='127.0.0.1'):
        self._listener = socket.create_server((address, port), backlog=1024)
        self.port = self._listener.getsockname()[1]
        self.origin = '%s:%d' % (address, self.port)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        raise NotImplementedError

    def close(self):
        # Closing alone would leave the port open as long as the thread waits in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class TcpEcho(TcpServer):

    def __init__(self, port=0, name='tcp', address='127.0.0.1'):
        self._name = name.encode()
        super().__init__(port, address)

    def _serve(self, connection):
        with connection:
            try:
                while data := connection.recv(65536):
                    connection.sendall(self._name + b':' + data)
            except OSError:
                pass


class UdpEcho:

    def __init__(self, port=0, name='udp', address='127.0.0.1'):
        self._name = name.encode()
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind((address, port))
        self.port = self._socket.getsockname()[1]
        self.origin = '%s:%d' % (address, self.port)
        self._is_closed = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            data, peer = self._socket.recvfrom(65536)
            if self._is_closed:
                return
            self._socket.sendto(self._name + b':' + data, peer)

    def close(self):
        self._is_closed = True
        self._socket.sendto(b'', self._socket.getsockname())  # the thread waits in recvfrom()
        self._thread.join()
        self._socket.close()


def ask_tcp(address, port, data, timeout=120):
    """What comes back for `data` over a connection of its own."""
    with socket.create_connection((address, port), timeout) as connection:
        connection.sendall(data)
        return connection.recv(65536)


def ask_udp(address, port, data, timeout=120):
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.settimeout(timeout)
        asking.connect((address, port))
        asking.send(data)
        return asking.recv(65536)
