"""A certificate authority and the agent's cert.pem and key.pem, made by openssl."""
import pathlib
import subprocess

_NAMES = 'subjectAltName=DNS:localhost,DNS:agent1.medge.gq,IP:127.0.0.1'


def _openssl(*arguments):
    subprocess.run(['openssl', *map(str, arguments)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


class Certificates:

    def __init__(self, directory: pathlib.Path):
        self.directory = directory
        self.authority = directory / 'authority.pem'
        self.certificate = directory / 'cert.pem'
        self.key = directory / 'key.pem'

    @classmethod
    def make(cls, directory):
        made = cls(directory)
        directory.mkdir(parents=True, exist_ok=True)
        authority_key, request, names = directory / 'authority.key', directory / 'request.pem', directory / 'names'
        curve = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes')
        _openssl('req', '-x509', *curve, '-keyout', authority_key, '-out', made.authority, '-days', 2,
                 '-subj', '/CN=test authority')
        _openssl('req', *curve, '-keyout', made.key, '-out', request, '-subj', '/CN=agent1.medge.gq')
        names.write_text(_NAMES)
        _openssl('x509', '-req', '-in', request, '-CA', made.authority, '-CAkey', authority_key,
                 '-CAcreateserial', '-out', made.certificate, '-days', 2, '-extfile', names)
        return made
