"""A program that stands for one API server, where no machine boots: HTTPS for clients of the cluster's own authority.

    python3 -m harness.api_server ADDRESS CERTIFICATE KEY AUTHORITY

It answers every request with what it was asked, by whom, and who it is itself.
"""
import http.server
import json
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self):
        length = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(length).decode()
        subject = dict(part[0] for part in self.connection.getpeercert()['subject'])
        told = json.dumps({'master': self.server.server_address[0], 'user': subject['commonName'],
                           'method': self.command, 'path': self.path, 'body': body,
                           'headers': {name.lower(): value for name, value in self.headers.items()}}).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(told)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(told)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    """The handshake is the thread's: a client that does not speak keeps nobody waiting."""
    context = None

    def process_request_thread(self, request, client_address):
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except (ssl.SSLError, OSError):
            request.close()
            return
        super().process_request_thread(secured, client_address)

    def handle_error(self, *_):
        pass  # a client that goes away


def main(address, certificate, key, authority):
    Server.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority)
    Server.context.load_cert_chain(certificate, key)
    Server.context.verify_mode = ssl.CERT_REQUIRED
    with Server((address, 6443), Handler) as server:
        server.serve_forever()


if __name__ == '__main__':
    main(*sys.argv[1:])
