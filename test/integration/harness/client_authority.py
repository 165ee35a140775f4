"""An authority that gives certificates to clients, and takes them back."""
import base64
import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = datetime.timedelta(days=1)


def _named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Holder:
    """Who has a certificate: `file` has it with its key and the authorities behind it, for programs."""

    def __init__(self, directory, name, certificate, key, chain=()):
        self.certificate, self.key = certificate, key
        self.pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.file = directory / ('%s-%x.pem' % (name.replace(' ', '-'), certificate.serial_number))
        self.file.write_text(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                               serialization.NoEncryption()).decode() +
                             self.pem + ''.join(each.pem for each in chain))

    @property
    def sequence(self):
        """As RFC 9440 writes it."""
        return ':%s:' % base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()


class ClientAuthority(Holder):

    def __init__(self, directory, name='device authority', parent=None):
        self.directory, self.parent = directory, parent
        key = ec.generate_private_key(ec.SECP256R1())
        signer = parent or self
        issuer = _named(name) if parent is None else parent.certificate.subject
        now = datetime.datetime.utcnow()
        certificate = (
            x509.CertificateBuilder().subject_name(_named(name)).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - 3 * _DAY).not_valid_after(now + 9 * _DAY)
            .add_extension(x509.BasicConstraints(True, None), critical=True)
            .add_extension(x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True)
            .sign(key if parent is None else signer.key, hashes.SHA256()))
        super().__init__(directory, name, certificate, key)

    def chain(self):
        """The authorities that a client has to show: all but the root."""
        return [] if self.parent is None else [self, *self.parent.chain()]

    def issue(self, name='device 1', has_expired=False, usage=ExtendedKeyUsageOID.CLIENT_AUTH):
        key = ec.generate_private_key(ec.SECP256R1())
        end = datetime.datetime.utcnow() + (-_DAY if has_expired else _DAY)
        certificate = (
            x509.CertificateBuilder().subject_name(_named(name)).issuer_name(self.certificate.subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(end - 2 * _DAY).not_valid_after(end)
            .add_extension(x509.BasicConstraints(False, None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .sign(self.key, hashes.SHA256()))
        return Holder(self.directory, name, certificate, key, self.chain())

    def revocations(self, *holders, has_expired=False):
        """A list of what it has taken back, as PEM."""
        now = datetime.datetime.utcnow()
        made = (x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
                .last_update(now - 2 * _DAY).next_update(now + (-_DAY if has_expired else _DAY)))
        for holder in holders:
            made = made.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(holder.certificate.serial_number)
                .revocation_date(now - _DAY).build())
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
