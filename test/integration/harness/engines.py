"""Real container engines, each with all its state in one directory: Docker's own, and podman.

They run in the network namespace of the thread that starts them, so that "the host's network" of a
container is the agent's.
"""
import http.client
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import urllib.parse

from harness import own_mounts
from harness.waiting import LIMIT, wait_until

IMAGE = 'mex-test-nginx:1'


class _Connection(http.client.HTTPConnection):

    def __init__(self, path):
        super().__init__('engine', timeout=LIMIT)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    """What both have in common: a process on a socket that speaks Docker's API."""

    kind = None
    # What its process does before anything else. Mounts of containers are nobody else's.
    enter = staticmethod(own_mounts.enter)

    def __init__(self):
        # A socket's name has at most 107 bytes.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='mex-%s-' % self.kind))
        self.socket = str(self.directory / 'engine.sock')
        self.process = None

    def command(self):
        raise NotImplementedError

    def start(self):
        self.process = self._launch(self.command(), self.enter)
        wait_until(self.answers, lambda: '%s answers; log:\n%s' % (self.kind, self.log()))
        return self

    def _launch(self, command, enter):
        with open(self.directory / 'log', 'ab') as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                    preexec_fn=enter)

    def log(self):
        return (self.directory / 'log').read_text(errors='replace')[-4000:]

    def answers(self):
        assert self.process.poll() is None, '%s ended:\n%s' % (self.kind, self.log())
        try:
            return self.call('GET', '/_ping')[0] == 200
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        try:
            if self.process.poll() is not None:
                self.start()  # only a living engine knows its containers
            for container in self.containers():
                self.call('DELETE', '/containers/%s?force=1' % container['Id'])
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(LIMIT)
        finally:
            self._end_helpers()
            shutil.rmtree(self.directory, ignore_errors=True)

    def _end_helpers(self):
        """What a killed engine has left behind: its processes name its directory."""
        for process in pathlib.Path('/proc').glob('[0-9]*'):
            try:
                if str(self.directory).encode() in (process / 'cmdline').read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
            except OSError:
                continue  # gone

    # Its API.

    def call(self, method, path, body=None, content_type='application/json'):
        connection = _Connection(self.socket)
        try:
            headers = {'Content-Type': content_type} if body else {}
            connection.request(method, '/v1.37' + path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def done(self, method, path, body=None, content_type='application/json'):
        status, answer = self.call(method, path, body, content_type)
        assert status < 300, '%s %s: %d %s' % (method, path, status, answer)
        return answer

    def asked(self, method, path, body=None):
        return json.loads(self.done(method, path, body))

    def containers(self):
        return self.asked('GET', '/containers/json?all=1')

    def names(self):
        return sorted(container['Names'][0].lstrip('/') for container in self.containers())

    def process_of(self, container):
        """0 while it does not run."""
        return self.asked('GET', '/containers/%s/json' % container)['State']['Pid']

    def make_image(self):
        """The machine's own nginx as an image: no registry, no network."""
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode='w') as archive:
            _add(archive, 'Dockerfile', b'FROM scratch\nADD rootfs.tar /\n')
            _add(archive, 'rootfs.tar', _root_file_system())
        answer = self.done('POST', '/build?t=%s' % urllib.parse.quote(IMAGE), context.getvalue(), 'application/x-tar')
        assert self.call('GET', '/images/%s/json' % urllib.parse.quote(IMAGE))[0] == 200, answer
        return self


class Docker(Engine):
    """dockerd, and the containerd below it, which outlives it as it does where systemd starts both."""
    kind = 'docker'
    enter = None  # containerd's

    def __init__(self, certificates=None):
        super().__init__()
        where = str(self.directory)
        self._storage = _storage_driver(self.directory)
        self.url = None
        if certificates:
            self._open_to_clients_of(certificates)
        self._containerd_socket = where + '/containerd.sock'
        self.settings = self.directory / 'etc'
        self.settings.mkdir()
        # What dockerd has to write into /etc/docker stays among the two, too.
        self._containerd = self._launch(
            ['sh', '-c', 'mount --bind %s /etc/docker && exec "$@"' % self.settings, 'sh',
             'containerd', '--root', where + '/containerd', '--state', where + '/containerd-state',
             '--address', self._containerd_socket], own_mounts.enter)
        wait_until(lambda: os.path.exists(self._containerd_socket), 'containerd is there')

    def _open_to_clients_of(self, certificates):
        """A second way in: over TCP, for who shows a certificate of the same authority."""
        self.url = 'tcp://127.0.0.1:2376'
        self.client_directory = self.directory / 'client'
        self.client_directory.mkdir()
        for name, file in (('ca.pem', certificates.authority), ('cert.pem', certificates.certificate),
                           ('key.pem', certificates.key)):
            shutil.copy(file, self.client_directory / name)

    def _tls_words(self):
        if not self.url:
            return []
        keys = str(self.client_directory)
        return ['-H', self.url, '--tlsverify', '--tlscacert', keys + '/ca.pem', '--tlscert', keys + '/cert.pem',
                '--tlskey', keys + '/key.pem']

    def command(self):
        where = str(self.directory)
        return ['nsenter', '--target', str(self._containerd.pid), '--mount', '--root', 'dockerd', '-H', 'unix://' + self.socket,
                *self._tls_words(), '--containerd', self._containerd_socket, '--data-root', where + '/data', '--exec-root', where + '/exec',
                '-p', where + '/pid', '--storage-driver', self._storage, '--exec-opt', 'native.cgroupdriver=cgroupfs']

    def _end_helpers(self):
        self._containerd.terminate()
        self._containerd.wait(LIMIT)
        super()._end_helpers()


class Podman(Engine):
    kind = 'podman'

    def __init__(self, _=None):
        super().__init__()

    def command(self):
        where = str(self.directory)
        # crun, its usual runtime, refuses cgroups of both versions side by side.
        return ['podman', '--root', where + '/root', '--runroot', where + '/run',
                '--storage-driver', 'overlay', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file',
                '--runtime', 'runc', '--network-config-dir', where + '/networks',
                'system', 'service', '--time', '0', 'unix://' + self.socket]


def _storage_driver(directory):
    """overlay2, or the one that copies whole layers where overlay does not mount: upon an overlay, for one."""
    place = directory / 'overlay'
    for part in ('lower', 'upper', 'work', 'seen'):
        (place / part).mkdir(parents=True)
    layers = 'lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work' % (place, place, place)
    tried = subprocess.run(['unshare', '--mount', 'mount', '-t', 'overlay', 'overlay', '-o', layers, place / 'seen'],
                           stderr=subprocess.DEVNULL, check=False)
    shutil.rmtree(place)
    return 'overlay2' if tried.returncode == 0 else 'vfs'


def _add(archive, name, content, mode=0o644):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def _libraries(program):
    listing = subprocess.run(['ldd', program], check=True, text=True, stdout=subprocess.PIPE).stdout
    return re.findall(r'(/\S+) \(0x', listing)


def _root_file_system():
    program, module = '/usr/sbin/nginx', '/usr/lib/nginx/modules/ngx_stream_module.so'
    files = {program, module, *_libraries(program), *_libraries(module)}
    image = io.BytesIO()
    with tarfile.open(fileobj=image, mode='w') as archive:
        for path in sorted(files):
            _add(archive, path.lstrip('/'), pathlib.Path(path).read_bytes(), 0o755)
        _add(archive, 'etc/passwd', b'root:x:0:0:root:/:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n')
        _add(archive, 'etc/group', b'root:x:0:\nnogroup:x:65534:\n')
        # As Debian's own: relative to nginx's prefix.
        _add(archive, 'etc/nginx/modules-enabled/50-mod-stream.conf', b'load_module modules/ngx_stream_module.so;\n')
        for directory in ('tmp', 'run', 'var/log/nginx', 'var/lib/nginx'):
            entry = tarfile.TarInfo(directory)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            archive.addfile(entry)
    return image.getvalue()
