"""nginx, HAProxy and the agent as reverse proxies with one worker each, set up alike.

All end TLS with one certificate, keep connections to clients and to the origin, tell the origin who
asked (X-Forwarded-For), and write no access log. Compression, caching and buffering to disk are off.
"""
import requests

from harness.agent import binary
from harness.free_port import free_port, is_listening
from harness.waiting import wait_until
from measure.process import Process

_NGINX = '''
worker_processes 1;
daemon off;
pid {directory}/{name}.pid;
error_log {directory}/{name}-error.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_timeout 300;
  keepalive_requests 100000000;
  client_body_temp_path {directory}/{name}-body;
  proxy_temp_path {directory}/{name}-proxy;
  fastcgi_temp_path {directory}/{name}-fastcgi;
  uwsgi_temp_path {directory}/{name}-uwsgi;
  scgi_temp_path {directory}/{name}-scgi;
  {http}
}}
'''

_NGINX_PROXY = '''
  upstream origin {{ server 127.0.0.1:{origin}; keepalive 512; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {certificates.certificate};
    ssl_certificate_key {certificates.key};
    ssl_protocols TLSv1.3;
    location / {{
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_max_temp_file_size 0;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
'''

_NGINX_ORIGIN = '''
  open_file_cache max=10;
  default_type text/plain;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {directory}/www; }}
'''

_HAPROXY = '''
global
  nbthread 1
  maxconn 8000
  ssl-default-bind-options ssl-min-ver TLSv1.3
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  option forwardfor
  http-reuse always
frontend clients
  bind 127.0.0.1:{port} ssl crt {pair} alpn h2,http/1.1
  http-request set-header X-Forwarded-Proto https
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  default_backend origin
backend origin
  server only 127.0.0.1:{origin}
'''


def _nginx(name, cpu, port, directory, http):
    configuration = directory / (name + '.conf')
    configuration.write_text(_NGINX.format(directory=directory, name=name, http=http))
    return Process(name, ['nginx', '-c', configuration, '-e', directory / (name + '-error.log')], cpu, port, directory)


def start_origin(cpu, directory, files):
    """nginx with static files: name -> size in bytes, under /bench/."""
    folder = directory / 'www' / 'bench'
    folder.mkdir(parents=True)
    for name, size in files.items():
        (folder / name).write_text('x' * size)
    for readable in (directory, folder.parent, folder):
        readable.chmod(0o755)  # nginx's worker is another user
    port = free_port()
    return _nginx('origin', cpu, port, directory, _NGINX_ORIGIN.format(port=port, directory=directory))


def start_nginx(cpu, directory, certificates, origin):
    port = free_port()
    return _nginx('nginx', cpu, port, directory,
                  _NGINX_PROXY.format(port=port, origin=origin, certificates=certificates))


def start_haproxy(cpu, directory, certificates, origin):
    port = free_port()
    pair = directory / 'both.pem'
    pair.write_text(certificates.certificate.read_text() + certificates.key.read_text())
    configuration = directory / 'haproxy.cfg'
    configuration.write_text(_HAPROXY.format(port=port, pair=pair, origin=origin))
    return Process('haproxy', ['haproxy', '-f', configuration, '-db'], cpu, port, directory)


def start_agent(cpu, directory, certificates, origin):
    rest, grpc, port = free_port(), free_port(), free_port()
    agent = Process('mexosagent', [
        binary(), '-rest', '127.0.0.1:%d' % rest, '-grpc', '127.0.0.1:%d' % grpc, '-proxy', '127.0.0.1:%d' % port,
        '-cert', certificates.directory, '-state_dir', directory / 'state', '-shards', '1'], cpu, port, directory,
        environment={'PATH': '/usr/bin:/bin', 'HOME': str(directory)})
    try:
        with requests.Session() as session:
            session.trust_env = False
            wait_until(lambda: is_listening(rest), 'the API listens', 30, every=0.05)
            answer = session.post('http://127.0.0.1:%d/v1/proxy' % rest, timeout=10, json={
                'message': 'add',
                'proxies': [{'path': '/bench', 'origin': 'http://127.0.0.1:%d/bench' % origin}]})
            answer.raise_for_status()
    except BaseException:
        agent.stop()
        raise
    return agent


CONTENDERS = {'mexosagent': start_agent, 'nginx': start_nginx, 'haproxy': start_haproxy}
