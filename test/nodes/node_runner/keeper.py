"""keeper.py DIRECTORY: holds one node for one boot. It is the parent of the node's namespaces and its
serial console; it outlives the runner. When the node ends it writes down how and ends, too."""
import json
import os
import pathlib
import pty
import select
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from node_runner import cgroups, process, site  # noqa: E402  (this file is started by its path)

# A node that talks without end must not fill the disk.
_LONGEST_CONSOLE = 16 << 20
# How Linux tells the parent of a process namespace what its init asked for: reboot(2), "Behavior inside
# PID namespaces".
_ENDINGS = {-1: 'reboot', -2: 'poweroff'}


def start(directory, node, slave):
    """The node's first process, behind the two programs that make its namespaces."""
    return subprocess.Popen(
        ['nsenter', '--net=%s/%s' % (site.NAMESPACES, node['namespace']),
         'unshare', '--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child',
         str(site.HERE / 'node' / 'start'), str(directory), node['layers'], os.ttyname(slave)],
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True)


def first_process(unshare):
    """Number of the node's process 1 as the host sees it."""
    children = pathlib.Path('/proc/%d/task/%d/children' % (unshare.pid, unshare.pid))
    while unshare.poll() is None:
        found = children.read_text().split()
        if found:
            return int(found[0])
        select.select([], [], [], 0.01)
    return None


def copy_console(master, path, ended):
    """Until the descriptor `ended` is readable and nothing is left to read."""
    with open(path, 'ab', buffering=0) as console:
        while True:
            ready, _, _ = select.select([master, ended], [], [])
            if master in ready:
                text = os.read(master, 65536)
                if console.tell() < _LONGEST_CONSOLE:
                    console.write(text.replace(b'\r\n', b'\n'))
            else:
                return


def main(directory):
    node = json.loads((directory / 'node.json').read_text())
    (directory / 'cgroup-mounts').write_text(cgroups.mounts_inside())
    groups = cgroups.create(node['namespace'])
    (directory / 'cgroups').write_text(''.join('%s\n' % group for group in groups))
    master, slave = pty.openpty()
    unshare = start(directory, node, slave)
    init = first_process(unshare)
    if init:
        process.remember(directory / 'init', init)
    # The slave stays open here: with nobody at it, reading the master would fail.
    copy_console(master, node['console'], os.pidfd_open(unshare.pid))
    code = unshare.wait()
    (directory / 'ending').write_text(_ENDINGS.get(code, 'exit %d' % code))


if __name__ == '__main__':
    main(pathlib.Path(sys.argv[1]))
