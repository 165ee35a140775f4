"""A network namespace of its own for the calling thread, and for what it starts from then on."""
import ctypes
import os
import subprocess

ADDRESS = '198.18.77.1'  # this machine's, beside loopback
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _call(function, *arguments):
    if function(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


class OwnNetwork:
    """All ports are free in it, whatever runs on the machine; it goes with its last process."""

    def __enter__(self):
        self._before = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
        _call(_libc.unshare, _CLONE_NEWNET)
        for command in ('link set lo up', 'link add outside type bridge',
                        'address add %s/24 dev outside' % ADDRESS, 'link set outside up'):
            subprocess.run(['ip', *command.split()], check=True)
        return self

    def __exit__(self, *_):
        _call(_libc.setns, self._before, _CLONE_NEWNET)
        os.close(self._before)
