"""An origin in a process of its own, which can be killed as an origin is: with all its connections at once."""
import pathlib
import signal
import socket
import subprocess
import sys

from harness.free_port import free_port
from harness.waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[1]


class OriginProcess:
    """Answers as harness.origin.Origin does. The port stays the same over every start."""

    def __init__(self, name):
        self.name = name
        self.port = free_port()
        self.url = 'http://127.0.0.1:%d' % self.port
        self._process = None
        self.start()

    def start(self):
        self._process = subprocess.Popen([sys.executable, '-B', '-m', 'harness.origin_process', self.name,
                                          str(self.port)], cwd=ROOT)
        wait_until(self._answers, 'the origin listens')

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(('127.0.0.1', self.port)) == 0

    def close(self):
        if self._process.poll() is None:
            self.kill()


def main():
    from harness.origin import Origin
    Origin(sys.argv[1], int(sys.argv[2]))
    signal.pause()


if __name__ == '__main__':
    main()
