"""A peer that speaks HTTP/2 and gRPC's framing by single frames, so that it can leave any of them out."""
import socket
import struct

import hpack
from hyperframe.frame import DataFrame, Frame, HeadersFrame, PingFrame, RstStreamFrame, SettingsFrame

_PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'


class Http2Peer:
    """Nothing is read unless it is asked for; nothing is sent that a method does not say. What the other side does not
    take within a second stays unsent."""

    def __init__(self, port, host='127.0.0.1', receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(1)
        self.socket.connect((host, port))
        self._encoder = hpack.Encoder()
        self._next_stream = 1
        self._received = b''

    def close(self):
        self.socket.close()

    def send(self, *frames):
        """False if the other side takes no more."""
        return self.send_bytes(b''.join(frame.serialize() for frame in frames))

    def send_bytes(self, data):
        self.socket.settimeout(1)
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def greet(self, **settings):
        """The preface with settings such as INITIAL_WINDOW_SIZE=0."""
        frame = SettingsFrame(0, settings={getattr(SettingsFrame, name): value for name, value in settings.items()})
        return self.send_bytes(_PREFACE + frame.serialize())

    def head(self, path, metadata=(), flags=('END_HEADERS',)):
        """The frame that begins a call."""
        headers = [(':method', 'POST'), (':scheme', 'http'), (':path', path), (':authority', 'agent'),
                   ('te', 'trailers'), ('content-type', 'application/grpc'), *metadata]
        frame = HeadersFrame(self._next_stream, self._encoder.encode(headers), flags=list(flags))
        self._next_stream += 2
        return frame

    def begin_call(self, path, metadata=()):
        """Its stream; None if the other side takes no more."""
        frame = self.head(path, metadata)
        return frame.stream_id if self.send(frame) else None

    def send_part_of_message(self, stream, size, part):
        """The first `part` bytes of a message that is to have `size`."""
        data = struct.pack('>BI', 0, size) + bytes(part)
        return all(self.send(DataFrame(stream, data[at:at + 16384])) for at in range(0, len(data), 16384))

    def send_message(self, stream, message):
        frame = DataFrame(stream, struct.pack('>BI', 0, len(message)) + message)
        return self.send(frame)

    def reset(self, stream):
        return self.send(RstStreamFrame(stream, error_code=8))

    def ping(self):
        return self.send(PingFrame(0, opaque_data=bytes(8)))

    def frames(self, seconds=None):
        """What arrives, frame by frame, until the connection ends or nothing comes for so long."""
        while True:
            while len(self._received) >= 9:
                frame, length = Frame.parse_frame_header(memoryview(self._received[:9]))
                if len(self._received) < 9 + length:
                    break
                frame.parse_body(memoryview(self._received[9:9 + length]))
                self._received = self._received[9 + length:]
                yield frame
            self.socket.settimeout(seconds or 60)
            try:
                data = self.socket.recv(65536)
            except OSError:
                return
            if not data:
                return
            self._received += data

    def has_ended(self, seconds=60):
        """Reads on until the connection ends."""
        for _ in self.frames(seconds):
            pass
        try:
            return self.socket.recv(1) == b''
        except ConnectionError:
            return True
        except OSError:
            return False

    def announced(self, setting):
        """What the other side's settings say of it; None if they say nothing."""
        for frame in self.frames():
            if isinstance(frame, SettingsFrame) and 'ACK' not in frame.flags:
                return frame.settings.get(getattr(SettingsFrame, setting))
        return None
