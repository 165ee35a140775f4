"""A network namespace of its own for the calling thread, and for what it starts from then on; and a neighbour of it."""
import contextlib
import ctypes
import os
import subprocess

ADDRESS = '198.18.77.1'  # this machine's, beside loopback
_ADDRESS_OF_NEIGHBOUR = '198.18.77.2'
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _call(function, *arguments):
    if function(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _current():
    return os.open('/proc/thread-self/ns/net', os.O_RDONLY)


def _ip(commands):
    for command in commands:
        subprocess.run(['ip', *command.split()], check=True)


class OwnNetwork:
    """All ports are free in it, whatever runs on the machine; it goes with its last process."""

    def __enter__(self):
        self._before = _current()
        _call(_libc.unshare, _CLONE_NEWNET)
        _ip(('link set lo up', 'link add outside type bridge', 'address add %s/24 dev outside' % ADDRESS,
             'link set outside up'))
        return self

    def __exit__(self, *_):
        _call(_libc.setns, self._before, _CLONE_NEWNET)
        os.close(self._before)


class Neighbour:
    """Another machine on the network `outside`. Within a with block the calling thread is there."""

    def __init__(self):
        here = _current()
        _call(_libc.unshare, _CLONE_NEWNET)
        self._namespace = _current()
        _call(_libc.setns, here, _CLONE_NEWNET)
        os.close(here)
        _ip(('link add neighbour master outside type veth peer name outside netns /proc/%d/fd/%d'
             % (os.getpid(), self._namespace), 'link set neighbour up'))
        with self:
            _ip(('link set lo up', 'address add %s/24 dev outside' % _ADDRESS_OF_NEIGHBOUR, 'link set outside up'))

    def __enter__(self):
        self._here = _current()
        _call(_libc.setns, self._namespace, _CLONE_NEWNET)
        return self

    def __exit__(self, *_):
        _call(_libc.setns, self._here, _CLONE_NEWNET)
        os.close(self._here)

    def close(self):
        os.close(self._namespace)


class SeparateNetwork:
    """A network of which a process may have several. Within a with block of entered() the calling thread, and what
    it starts, is in it; a socket made there stays there, whichever thread uses it."""

    def __init__(self):
        here = _current()
        _call(_libc.unshare, _CLONE_NEWNET)
        self._namespace = _current()
        _call(_libc.setns, here, _CLONE_NEWNET)
        os.close(here)
        with self.entered():
            _ip(('link set lo up',))

    @contextlib.contextmanager
    def entered(self):
        here = _current()
        _call(_libc.setns, self._namespace, _CLONE_NEWNET)
        try:
            yield
        finally:
            _call(_libc.setns, here, _CLONE_NEWNET)
            os.close(here)

    def run(self, *commands):
        """Commands of `ip`."""
        with self.entered():
            _ip(commands)

    def close(self):
        os.close(self._namespace)
