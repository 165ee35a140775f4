"""Programs whose clock is not the machine's, by libfaketime.

It keeps a semaphore in /dev/shm that is named by its process id, and leaves it there when it is killed: the program
`faketime` does not start when it gets such an id later. So each has a /dev/shm of its own, which ends with it.
"""
_LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'
_ALONE = 'mount -t tmpfs shm /dev/shm && exec "$@"'


def command(words, clock=()):
    """The command that runs `words`; `clock` is the environment that libfaketime reads."""
    settings = dict(clock, LD_PRELOAD=_LIBRARY) if clock else {}
    return ['unshare', '--mount', 'sh', '-c', _ALONE, 'sh', 'env',
            *('%s=%s' % setting for setting in settings.items()), *map(str, words)]
