"""A source of Debian packages on the site's external network with Kubernetes in it, as a cloudlet without a way out
has one."""
import functools
import hashlib
import http.server
import pathlib
import shutil
import subprocess
import threading

from .registry import ADDRESS, build

UNIT = 'etc/systemd/system/kubelet.service'
FILES = {'kubelet': ('usr/bin/kubelet', UNIT), 'kubeadm': ('usr/bin/kubeadm', 'usr/bin/crictl'), 'kubectl': ('usr/bin/kubectl',)}


class _Quiet(http.server.SimpleHTTPRequestHandler):

    def log_message(self, *_):
        """Nobody reads it."""


class AptSource:

    def __init__(self, directory, version):
        directory.mkdir(parents=True, exist_ok=True)
        index = [self._package(directory, name, version) for name in FILES]
        (directory / 'Packages').write_text('\n'.join(index))
        self._server = http.server.ThreadingHTTPServer((ADDRESS, 0), functools.partial(_Quiet, directory=directory))
        self.line = 'deb [trusted=yes] http://%s:%d/ ./' % self._server.server_address
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    @staticmethod
    def _package(directory, name, version):
        """The index's paragraph about the package that it makes."""
        root = directory / name
        for file in FILES[name]:
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(build() / 'kubernetes' / file, root / file)
        control = 'Package: %s\nVersion: %s-1\nArchitecture: amd64\nMaintainer: nobody\nDescription: for tests\n' % (name, version)
        (root / 'DEBIAN').mkdir()
        (root / 'DEBIAN' / 'control').write_text(control)
        package = pathlib.Path('%s/%s.deb' % (directory, name))
        subprocess.run(['dpkg-deb', '--root-owner-group', '-Znone', '--build', root, package], check=True,
                       stdout=subprocess.DEVNULL)
        shutil.rmtree(root)
        with package.open('rb') as file:
            digest = hashlib.file_digest(file, 'sha256').hexdigest()
        return control + 'Filename: ./%s\nSize: %d\nSHA256: %s\n' % (package.name, package.stat().st_size, digest)
