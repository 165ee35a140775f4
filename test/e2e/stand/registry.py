"""A registry of container images on the site's external network, as a cloudlet has one of its own: HTTPS by an
authority that no image knows, and images that are nowhere else."""
import hashlib
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import tarfile
import threading

# The external network's gateway: what nodes reach without a way out.
ADDRESS = '172.24.4.1'

_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
_CONFIGURATION = 'application/vnd.docker.container.image.v1+json'
_LAYER = 'application/vnd.docker.image.rootfs.diff.tar'


def _described(kind, content):
    return {'mediaType': kind, 'size': len(content), 'digest': 'sha256:' + hashlib.sha256(content).hexdigest()}


def _openssl(*words):
    subprocess.run(['openssl', *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Registry:

    def __init__(self, directory, images):
        """`images`: name with tag, without a registry's -> archive as ../../nodes/kubernetes/write_image.py writes it."""
        directory.mkdir(parents=True, exist_ok=True)
        self.authority = directory / 'authority.pem'
        self.pulls = []  # (the client's address, the path of a manifest)
        self._blobs, self._manifests = {}, {}
        for name, archive in images.items():
            self._add(name, archive)
        self._server = http.server.ThreadingHTTPServer((ADDRESS, 0), self._handler())
        self._server.socket = self._context(directory).wrap_socket(self._server.socket, server_side=True)
        self.url = 'https://%s:%d' % self._server.server_address
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _add(self, name, archive):
        with tarfile.open(archive) as image:
            parts = json.loads(image.extractfile('manifest.json').read())[0]
            described = [_described(kind, image.extractfile(member).read())
                         for kind, member in ((_CONFIGURATION, parts['Config']), (_LAYER, parts['Layers'][0]))]
        for each, member in zip(described, (parts['Config'], parts['Layers'][0])):
            self._blobs[each['digest']] = (archive, member)
        manifest = json.dumps({'schemaVersion': 2, 'mediaType': _MANIFEST, 'config': described[0],
                               'layers': described[1:]}).encode()
        repository, tag = name.rsplit(':', 1)
        for reference in (tag, _described(_MANIFEST, manifest)['digest']):
            self._manifests['/v2/%s/manifests/%s' % (repository, reference)] = manifest

    def _content(self, path):
        """(its kind, what is at that path or None)"""
        if path == '/v2/':
            return 'application/json', b'{}'
        if '/manifests/' in path:
            return _MANIFEST, self._manifests.get(path)
        blob = self._blobs.get(path.rsplit('/', 1)[-1])
        if blob is None:
            return 'application/json', None
        with tarfile.open(blob[0]) as image:
            return 'application/octet-stream', image.extractfile(blob[1]).read()

    def _context(self, directory):
        key, certificate, request = (directory / name for name in ('key.pem', 'cert.pem', 'request.pem'))
        authority_key, names = directory / 'authority.key', directory / 'names'
        names.write_text('subjectAltName=IP:' + ADDRESS)
        curve = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes')
        _openssl('req', '-x509', *curve, '-keyout', authority_key, '-out', self.authority, '-days', 2,
                 '-subj', '/CN=the cloudlet')
        _openssl('req', *curve, '-keyout', key, '-out', request, '-subj', '/CN=registry')
        _openssl('x509', '-req', '-in', request, '-CA', self.authority, '-CAkey', authority_key, '-CAcreateserial',
                 '-out', certificate, '-days', 2, '-extfile', names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def _handler(registry):  # noqa: N805  # the handler has a self of its own
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                path = self.path.split('?')[0]
                kind, content = registry._content(path)
                if kind == _MANIFEST:
                    registry.pulls.append((self.client_address[0], path))
                self.send_response(200 if content is not None else 404)
                self.send_header('Content-Type', kind)
                self.send_header('Content-Length', str(len(content or b'')))
                if kind == _MANIFEST and content:
                    self.send_header('Docker-Content-Digest', _described(kind, content)['digest'])
                self.end_headers()
                if self.command == 'GET' and content:
                    self.wfile.write(content)

            do_HEAD = do_GET

            def log_message(self, *_):
                """Nobody reads it."""
        return Handler


def archive(name):
    """Of an image that the nodes are built with: `web`, `etcd`, …"""
    return build() / 'containers' / (name + '.tar')


def kubernetes_images():
    """All that kubeadm asks for, by their names in k8s.gcr.io and registry.k8s.io."""
    images = {}
    for file in sorted((build() / 'containers').glob('*.tar')):
        with tarfile.open(file) as image:
            names = json.loads(image.extractfile('manifest.json').read())[0]['RepoTags']
        images.update({name.split('/', 1)[1]: file for name in names})
    return images


def build():
    """What ../../nodes/kubernetes/build made."""
    return pathlib.Path(os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache') / 'mexosagent' / 'kubernetes'
