"""Origins that people run, each of which says what it took for a request: nginx, HAProxy, Node.js, Python's http.server.

`lines` of each: the request lines that it has read, or a word for what was none.
"""
import http.server
import os
import pathlib
import subprocess
import threading

from .free_port import free_port, is_listening
from .waiting import wait_until

_NGINX = '''
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log crit;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  log_format line '$request';
  access_log {directory}/requests line;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  keepalive_requests 1000000;
  underscores_in_headers on;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 ok; }} }}
}}
'''

_HAPROXY = '''
global
  log stdout format raw local0
  tune.bufsize 65536
defaults
  mode http
  option http-ignore-probes
  log global
  log-format %r
  timeout client 600s
frontend all
  bind 127.0.0.1:{port}
  http-request wait-for-body time 600s
  http-request return status 200 content-type text/plain string ok
'''


class _Program:

    def __init__(self, directory):
        directory.mkdir()
        self._log = directory / 'requests'
        self._log.touch()
        self._process = None

    @property
    def lines(self):
        return self._log.read_text(errors='replace').splitlines()

    def _start(self, *command, **more):
        with open(self._log, 'ab') as log:
            self._process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=subprocess.DEVNULL, **more)

    def close(self):
        self._process.terminate()
        self._process.wait()


class Nginx(_Program):
    name = 'nginx'

    def __init__(self, directory):
        super().__init__(directory)
        self.port = free_port()
        (directory / 'nginx.conf').write_text(_NGINX.format(directory=directory, port=self.port))
        for readable in (directory, *directory.parents[:3]):
            readable.chmod(readable.stat().st_mode | 0o711)  # its worker is another user
        self._start('nginx', '-c', directory / 'nginx.conf', '-e', directory / 'error.log')
        wait_until(lambda: is_listening(self.port), 'nginx listens')


class HaProxy(_Program):
    name = 'haproxy'

    def __init__(self, directory):
        super().__init__(directory)
        self.port = free_port()
        (directory / 'haproxy.cfg').write_text(_HAPROXY.format(port=self.port))
        self._start('haproxy', '-db', '-f', directory / 'haproxy.cfg')
        wait_until(lambda: is_listening(self.port), 'HAProxy listens')


class Node(_Program):
    name = 'node'

    def __init__(self, directory):
        super().__init__(directory)
        self._start('node', pathlib.Path(__file__).parents[1] / 'data' / 'counting_origin.js',
                    env={'PATH': os.environ['PATH']})
        self.port = int(wait_until(lambda: super(Node, self).lines, 'Node.js listens')[0])

    @property
    def lines(self):
        return super().lines[1:]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def _answer(self):
        if self.headers.get('Transfer-Encoding', '').lower() == 'chunked':
            while size := int(self.rfile.readline().split(b';')[0], 16):
                self.rfile.read(size + 2)
            while self.rfile.readline().strip():
                pass
        else:
            self.rfile.read(int(self.headers.get('Content-Length') or 0))
        self.send_response(200)
        self.send_header('Content-Length', '2')
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(b'ok')

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer

    def log_request(self, *_):
        self.server.lines.append(self.requestline)

    def log_message(self, *_):
        pass


class Python(http.server.ThreadingHTTPServer):
    name = 'python'
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, _directory):
        super().__init__(('127.0.0.1', 0), _Handler)
        self.port = self.server_port
        self.lines = []
        self._thread = threading.Thread(target=self.serve_forever)
        self._thread.start()

    def handle_error(self, request, client_address):
        """The proxy gives up connections on purpose."""

    def close(self):
        self.shutdown()
        self._thread.join()
        self.server_close()


ALL = (Nginx, HaProxy, Node, Python)
