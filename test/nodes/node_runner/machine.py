"""One server as a real node: its directory, its namespace, its processes.

DIRECTORY/node.json      what the keeper and the commands need to know
DIRECTORY/keeper, init   the processes, as process.remember() writes them
DIRECTORY/ending         how the last boot ended
DIRECTORY/upper, containerd, kubelet, etcd   the node's disk
DIRECTORY/config-drive   what cloud-init reads
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

from . import cgroups, links, process

_KEEPER = pathlib.Path(__file__).resolve().parent / 'keeper.py'
_DISK = ('upper', 'work', 'merged', 'containerd', 'kubelet', 'etcd')


class Machine:

    def __init__(self, its_site, server_id):
        self._site = its_site
        self.id = server_id
        self.directory = its_site.servers / server_id
        self.namespace = its_site.part('server', server_id)
        self.console = its_site.consoles / (server_id + '.log')

    @property
    def node(self):
        """What was written down about it; {} before its first boot."""
        try:
            return json.loads((self.directory / 'node.json').read_text())
        except FileNotFoundError:
            return {}

    def update(self, **values):
        temporary = self.directory / 'node.json.new'
        temporary.write_text(json.dumps(dict(self.node, **values), indent=1))
        temporary.rename(self.directory / 'node.json')

    def is_running(self):
        return process.recall(self.directory / 'keeper') is not None

    def ending(self):
        """reboot, poweroff, killed …; '' if it runs, or if it was the runner that halted it."""
        file = self.directory / 'ending'
        return '' if self.is_running() or not file.exists() else file.read_text()

    def first_process(self):
        return process.recall(self.directory / 'init')

    def make_disk(self, image, drive_files, name_servers):
        """Once for a server's life."""
        if (self.directory / 'node.json').exists():
            return
        shutil.rmtree(self.directory, ignore_errors=True)  # half made by a runner that was killed
        for name in _DISK:
            (self.directory / name).mkdir(parents=True)
        for path, content in drive_files.items():
            file = self.directory / 'config-drive' / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        etc = self.directory / 'upper' / 'etc'
        etc.mkdir()
        # As systemd takes it from a machine's firmware. Without one it would ask questions at the first boot.
        (etc / 'machine-id').write_text(self.id.replace('-', '') + '\n')
        (etc / 'resolv.conf').write_text(''.join('nameserver %s\n' % server for server in name_servers))
        layers = [(self._site.images / part).resolve() for part in ('settings', 'base')]
        if image != 'bare':
            layers.insert(0, (self._site.images / 'kubernetes').resolve())
            clone_store((self._site.images / 'containerd').resolve(), self.directory / 'containerd')
        self.update(namespace=self.namespace, console=str(self.console), layers=':'.join(map(str, layers)))

    def boot(self, plug):
        """plug: gives a namespace its interfaces and returns the cables' other ends. The keeper is a child of
        the caller, and returned."""
        self.halt()
        links.make_namespace(self.namespace)
        self.update(cables=plug(self.namespace))
        with open(self.directory / 'keeper.log', 'ab') as log:
            keeper = subprocess.Popen([sys.executable, str(_KEEPER), str(self.directory)], stdin=subprocess.DEVNULL,
                                      stdout=log, stderr=log, start_new_session=True)
        process.remember(self.directory / 'keeper', keeper.pid)
        return keeper

    def halt(self):
        """As if its power was cut. Its disk stays."""
        process.kill(self.directory / 'keeper')
        cgroups.kill(self.namespace)
        for name in ('init', 'ending'):
            (self.directory / name).unlink(missing_ok=True)
        links.remove_namespace(self.namespace)

    def remove(self):
        self.halt()
        shutil.rmtree(self.directory, ignore_errors=True)

    def crash(self):
        """The node dies, and nobody starts it again: Nova goes on to say ACTIVE."""
        cgroups.kill(self.namespace)
        while self.is_running():
            time.sleep(0.01)
        (self.directory / 'ending').write_text('killed')

    def command(self, *words):
        """The command line that runs something inside the node."""
        pid = self.first_process()
        if pid is None:
            raise ProcessLookupError('%s does not run' % self.node.get('name', self.id))
        return ['nsenter', '-t', str(pid), '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup',
                '--root', '--wd', 'env', '-i', 'HOME=/', 'LANG=C.UTF-8',
                'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', *words]


def clone_store(source, target):
    """containerd's directory with the images in it. Blobs and layers are never written again, so hard
    links to them will do; its databases are."""
    try:
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, copy_function=_link_or_copy)
    except (shutil.Error, OSError):
        shutil.rmtree(target)
        shutil.copytree(source, target, symlinks=True)  # on another file system


def _link_or_copy(source, target, *, follow_symlinks=True):
    if source.endswith('.db') or os.path.islink(source):
        return shutil.copy2(source, target, follow_symlinks=False)
    os.link(source, target)
    return target


def all_machines(its_site):
    """Those that have been started here, in no order."""
    if not its_site.servers.is_dir():
        return []
    return [Machine(its_site, entry.name) for entry in its_site.servers.iterdir() if entry.is_dir()]


def halt_everything(its_site):
    """Whatever the site's directory knows of it, and whatever it does not. Disks stay."""
    for machine in all_machines(its_site):
        machine.halt()
    for name in cgroups.names(its_site.name + '.'):
        cgroups.kill(name)
    for name in its_site.parts():
        links.remove_namespace(name)
    links.remove_namespace(its_site.name)
