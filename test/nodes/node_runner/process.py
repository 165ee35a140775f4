"""Processes told apart by more than their number, which the kernel gives away again."""
import os
import pathlib
import signal
import time


def start_time(pid):
    """In the kernel's ticks since boot; None for a process that is gone or a zombie."""
    try:
        stat = pathlib.Path('/proc/%d/stat' % pid).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(')') + 2:].split()
    return None if fields[0] == 'Z' else fields[19]


def remember(path, pid):
    """Writes down which process it is, whole or not at all."""
    temporary = path.with_suffix('.new')
    temporary.write_text('%d %s\n' % (pid, start_time(pid)))
    temporary.rename(path)


def recall(path):
    """The number of the process that was written down, or None if it is gone."""
    try:
        pid, started = path.read_text().split()
    except FileNotFoundError:
        return None
    return int(pid) if start_time(int(pid)) == started else None


def stop(path, patience=10):
    """Ends the process that was written down: asked first, then killed."""
    pid = recall(path)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + patience
        while recall(path) and time.monotonic() < end:
            time.sleep(0.05)
    kill(path)


def kill(path):
    pid = recall(path)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        while recall(path):
            time.sleep(0.01)
    path.unlink(missing_ok=True)
