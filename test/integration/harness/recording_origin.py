"""An HTTP/1.1 origin that keeps the bytes of each request and reads them as plainly as it can."""
import socket
import threading


class RecordingOrigin:
    """Each connection is read to its end: `requests` has what a server would take for requests, as (head, body)."""

    def __init__(self):
        self.requests = []
        self.unread = []  # what was left on a connection that is no request
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.url = 'http://127.0.0.1:%d' % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile('rb') as stream:
            try:
                while self._serve_one(connection, stream):
                    pass
            except (OSError, ValueError):
                self.unread.append('broken')

    def _serve_one(self, connection, stream):
        head = b''
        while not head.endswith(b'\r\n\r\n'):
            line = stream.readline()
            if not line:
                if head:
                    self.unread.append(head)
                return False
            head += line
        fields = {line.split(b':')[0].lower(): line.split(b':', 1)[1].strip() for line in head.split(b'\r\n')[1:-2]}
        if fields.get(b'transfer-encoding') == b'chunked':
            body = self._chunks(stream)
        else:
            body = stream.read(int(fields.get(b'content-length', 0)))
            if len(body) < int(fields.get(b'content-length', 0)):
                return False
        self.requests.append((head, body))
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        return True

    @staticmethod
    def _chunks(stream):
        body = b''
        while True:
            line = stream.readline()
            if not line:
                raise ValueError('cut off')
            size = int(line, 16)
            body += stream.read(size)
            stream.readline()
            if size == 0:
                return body
