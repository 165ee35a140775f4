"""A certificate authority and the agent's cert.pem and key.pem, made by openssl."""
import pathlib
import subprocess

_NAMES = ('DNS:localhost', 'DNS:agent1.medge.gq', 'IP:127.0.0.1')
_CURVE = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes')


def _openssl(*arguments):
    subprocess.run(['openssl', *map(str, arguments)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


class Authority:
    """Signs certificates for whoever wants one."""

    def __init__(self, directory: pathlib.Path):
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self.certificate, self.key = directory / 'authority.pem', directory / 'authority.key'
        if self.certificate.exists():
            return
        _openssl('req', '-x509', *_CURVE, '-keyout', self.key, '-out', self.certificate, '-days', 2,
                 '-subj', '/CN=test authority')

    def sign(self, names=_NAMES, days=2, key=_CURVE, extensions=()):
        """A certificate and its key, both as text; `key`: of which kind; `extensions`: lines of openssl's configuration."""
        made, request, section, signed = (self._directory / name for name in ('key', 'request', 'names', 'signed'))
        _openssl('req', *key, '-keyout', made, '-out', request, '-subj', '/CN=agent1.medge.gq')
        section.write_text('\n'.join(['subjectAltName=' + ','.join(names), *extensions]))
        _openssl('x509', '-req', '-in', request, '-CA', self.certificate, '-CAkey', self.key,
                 '-CAcreateserial', '-out', signed, '-days', days, '-extfile', section)
        return signed.read_text(), made.read_text()


class Certificates:

    def __init__(self, directory: pathlib.Path):
        self.directory = directory
        self.authority = directory / 'authority.pem'
        self.certificate = directory / 'cert.pem'
        self.key = directory / 'key.pem'

    @classmethod
    def make(cls, directory):
        made = cls(directory)
        certificate, key = Authority(directory).sign()
        made.certificate.write_text(certificate)
        made.key.write_text(key)
        return made
