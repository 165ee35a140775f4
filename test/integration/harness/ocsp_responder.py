"""Responders of OCSP: the real one of openssl, and one that answers by the path it is asked at."""
import datetime
import http.server
import subprocess
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from harness.free_port import free_port
from harness.waiting import wait_until


def load(pem):
    return x509.load_pem_x509_certificate(pem.encode())


class RealResponder:
    """`openssl ocsp` with its database in a file."""

    def __init__(self, directory, authority):
        self._directory, self._authority = directory, authority
        self.port = free_port()
        self.url = 'http://127.0.0.1:%d/' % self.port
        self._process = None

    def start(self, certificate, status='V'):
        """Answers about one certificate: V is valid, R is revoked."""
        index = self._directory / 'index.txt'
        index.write_text('%s\t991231235959Z\t%s\t%X\tunknown\t/CN=any\n' % (
            status, '200101000000Z' if status == 'R' else '', load(certificate).serial_number))
        self._process = subprocess.Popen(
            ['openssl', 'ocsp', '-index', index, '-port', str(self.port), '-rsigner', self._authority.certificate,
             '-rkey', self._authority.key, '-CA', self._authority.certificate, '-nmin', '60'],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        # It says so there.
        wait_until(lambda: b'waiting' in self._process.stderr.readline(), 'openssl ocsp waits', every=0)

    def close(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process.stderr.close()


class LyingResponder:
    """`/good`, `/short` (good for three seconds) and lies, by their names."""

    def __init__(self, authority):
        self.asked = []
        self.is_down = False
        self._issuer = load(authority.certificate.read_text())
        self._key = serialization.load_pem_private_key(authority.key.read_bytes(), None)
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                owner._answer(self)

            def log_message(self, *_):
                pass
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._server.daemon_threads = True
        self.url = 'http://127.0.0.1:%d' % self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request):
        how = request.path.strip('/')
        asked = ocsp.load_der_ocsp_request(request.rfile.read(int(request.headers['Content-Length'])))
        self.asked.append(how)
        if how == 'stalls':
            time.sleep(60)
        elif how == 'redirects':
            request.send_response(302)
            request.send_header('Location', self.url + '/good')
            request.end_headers()
        elif how == 'endless':
            request.send_response(200)
            request.send_header('Content-Length', str(1 << 30))
            request.end_headers()
            try:
                while True:
                    request.wfile.write(bytes(1 << 16))
            except OSError:
                pass
        elif self.is_down or how == 'breaks':
            request.send_error(500)
        else:
            body = b'<html>' if how == 'page' else self._signed(how, asked)
            request.send_response(200)
            request.send_header('Content-Length', str(len(body)))
            request.end_headers()
            request.wfile.write(body)

    def _signed(self, how, asked):
        if how == 'unauthorized':
            return ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED).public_bytes(
                serialization.Encoding.DER)
        now, minute = datetime.datetime.utcnow(), datetime.timedelta(minutes=1)
        begin, end = now - minute, now + 60 * minute
        if how == 'expired':
            begin, end = now - 60 * minute, now - minute
        elif how == 'early':
            begin, end = now + 30 * minute, now + 60 * minute
        elif how == 'short':
            end = now + datetime.timedelta(seconds=3)
        serial = asked.serial_number + (1 if how == 'another' else 0)
        single = (x509.CertificateBuilder().subject_name(self._issuer.subject).issuer_name(self._issuer.subject)
                  .public_key(self._issuer.public_key()).serial_number(serial)
                  .not_valid_before(begin).not_valid_after(now + 100 * minute).sign(self._key, hashes.SHA256()))
        answer = (ocsp.OCSPResponseBuilder()
                  .add_response(single, self._issuer, hashes.SHA1(), ocsp.OCSPCertStatus.GOOD, begin,
                                None if how == 'timeless' else end, None, None)
                  .responder_id(ocsp.OCSPResponderEncoding.HASH, self._issuer)
                  .sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
        if how == 'unsigned':
            return answer[:-1] + bytes([answer[-1] ^ 1])  # the signature comes last
        return answer + b'x' if how == 'longer' else answer
