"""One control group for each node, in every hierarchy the machine has. It is also how a node's
processes are found, whatever became of those that started them."""
import os
import pathlib
import signal
import time

_ROOT = pathlib.Path('/sys/fs/cgroup')


class Hierarchy:

    def __init__(self, mount_point, kind, options):
        self.mount_point = mount_point
        self.kind = kind  # cgroup or cgroup2
        self.options = options


def hierarchies():
    found = {}
    for line in pathlib.Path('/proc/self/mountinfo').read_text().splitlines():
        left, right = line.split(' - ')
        mount_point = pathlib.Path(left.split()[4])
        kind, _, options = right.split()
        if kind in ('cgroup', 'cgroup2') and _ROOT in (mount_point, mount_point.parent):
            words = [word for word in options.split(',') if word not in ('rw', 'ro', 'xattr', 'nsdelegate')]
            found[mount_point] = Hierarchy(mount_point, kind, ','.join(words))
    return list(found.values())


def mounts_inside():
    """What a node mounts below /sys/fs/cgroup: lines of `name kind options`, in its own cgroup namespace."""
    return ''.join('%s %s %s\n' % ('.' if h.mount_point == _ROOT else h.mount_point.name, h.kind,
                                   h.options if h.kind == 'cgroup' and h.options else '-')
                   for h in hierarchies())


def create(name):
    """The group's directories."""
    for hierarchy in hierarchies():
        group = hierarchy.mount_point / name
        group.mkdir(exist_ok=True)
        # A cpuset without processors and memory takes no process.
        for file in ('cpuset.cpus', 'cpuset.mems'):
            if hierarchy.kind == 'cgroup' and (group / file).exists():
                (group / file).write_text((hierarchy.mount_point / file).read_text())
        if hierarchy.kind == 'cgroup2':
            _delegate(hierarchy.mount_point)
    return [hierarchy.mount_point / name for hierarchy in hierarchies()]


def _delegate(root):
    """Controllers that the kernel already serves in other hierarchies are not listed here."""
    for controller in (root / 'cgroup.controllers').read_text().split():
        (root / 'cgroup.subtree_control').write_text('+' + controller)


def enter(name):
    """Moves the calling process."""
    for hierarchy in hierarchies():
        (hierarchy.mount_point / name / 'cgroup.procs').write_text('0')


def names(prefix):
    return {entry.name for hierarchy in hierarchies() for entry in hierarchy.mount_point.glob(prefix + '*')
            if entry.is_dir()}


def processes(name):
    found = set()
    for hierarchy in hierarchies():
        for directory, _, _ in os.walk(hierarchy.mount_point / name):
            try:
                found.update(map(int, pathlib.Path(directory, 'cgroup.procs').read_text().split()))
            except (FileNotFoundError, OSError):
                pass  # it went while we looked
    return found - {0}


def kill(name, patience=20):
    """Kills every process in the group and those they start meanwhile; then removes the group."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        alive = processes(name)
        for pid in alive:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if not alive and _remove(name):
            return
        time.sleep(0.02)
    raise TimeoutError('processes of %s do not die: %s' % (name, sorted(processes(name))))


def _remove(name):
    for hierarchy in hierarchies():
        for directory, _, _ in os.walk(hierarchy.mount_point / name, topdown=False):
            try:
                os.rmdir(directory)
            except OSError:
                return False  # the kernel lets go a moment after the last process
    return True
