"""A mount namespace of its own that begins at the caller's root directory.

A new mount namespace begins at the machine's root, even for who is in a chroot; and that is where those
arrive who enter it later, as `docker exec` and health checks do.
"""
import ctypes
import os

_CLONE_NEWNS = 0x00020000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_MNT_DETACH = 2
_libc = ctypes.CDLL(None, use_errno=True)


def _call(function, *arguments):
    if function(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def enter():
    """For a process that has one thread. In a chroot, its directory has to be a mount point."""
    _call(_libc.unshare, _CLONE_NEWNS)
    ours = os.open('/', os.O_PATH)
    entered = os.open('/proc/self/ns/mnt', os.O_RDONLY)
    _call(_libc.setns, entered, _CLONE_NEWNS)  # out of a chroot
    os.close(entered)
    _call(_libc.mount, None, b'/', None, _MS_REC | _MS_PRIVATE, None)
    if not os.path.samestat(os.stat('/'), os.fstat(ours)):
        os.fchdir(ours)
        _call(_libc.pivot_root, b'.', b'.')  # pivot_root(2), NOTES: the old root is above the new one now
        _call(_libc.umount2, b'.', _MNT_DETACH)
    os.chdir('/')
    os.close(ours)
