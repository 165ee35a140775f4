"""What a TLS client sees of the proxy: the certificate it is answered with."""
import socket
import ssl
import subprocess

from harness.waiting import LIMIT


def connect(agent, name='localhost', authority=None, timeout=LIMIT):
    """A TLS connection to the proxy; without an authority any certificate will do."""
    context = ssl.create_default_context(cafile=authority and str(authority))
    if authority is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(('127.0.0.1', agent.proxy_port), timeout=timeout)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise


def served_certificate(agent, name='localhost'):
    """In DER."""
    with connect(agent, name) as connection:
        return connection.getpeercert(binary_form=True)


def describe(certificate, *what):
    """What `openssl x509` says of a certificate in DER."""
    return subprocess.run(['openssl', 'x509', '-inform', 'DER', '-noout', *what], input=certificate, check=True,
                          stdout=subprocess.PIPE).stdout.decode()


def der(pem):
    return ssl.PEM_cert_to_DER_cert(pem[pem.index('-----BEGIN CERTIFICATE'):])
