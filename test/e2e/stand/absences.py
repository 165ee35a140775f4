"""When nobody was there to answer: from the moment the agent is killed until its proxy takes connections again."""
import contextlib
import socket
import threading
import time


class Absences:

    def __init__(self):
        self._lock = threading.Lock()
        self._spans = []  # [begin, end or None]

    def begin(self):
        with self._lock:
            self._spans.append([time.monotonic(), None])

    def end(self):
        with self._lock:
            self._spans[-1][1] = time.monotonic()

    def meet(self, begin, end):
        """Whether anything between the two moments fell into an absence."""
        with self._lock:
            return any(gone <= end and (back is None or begin <= back) for gone, back in self._spans)


def takes_connections(port):
    with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), timeout=5):
        return True
    return False
