"""The proxy behind a load balancer that sends the PROXY protocol: a real HAProxy, versions 1 and 2."""
import socket
import subprocess

import pytest

from harness import raw_http
from harness.agent import Agent
from harness.free_port import free_port
from harness.raw_http import Mirror
from harness.waiting import LIMIT, wait_until

CLIENT = '127.0.0.9'
HEADER = b'PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n'
REQUEST = b'GET /app HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'


@pytest.fixture
def mirror():
    made = Mirror()
    yield made
    made.close()


@pytest.fixture
def agent(tmp_path, certificates, mirror, request):
    made = Agent(tmp_path / 'agent', certificates, flags=getattr(request, 'param', ['-proxy_protocol', '127.0.0.0/30'])).start()
    made.add_route('/app', 'http://127.0.0.1:%d' % mirror.port)
    yield made
    made.close()


@pytest.fixture(params=['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options crc32c,unique-id'])
def balancer(request, agent, tmp_path):
    """The port at which HAProxy takes connections for the proxy, and connects from 127.0.0.1."""
    port = free_port()
    settings = tmp_path / 'haproxy.cfg'
    settings.write_text('''\
        defaults
          mode tcp
          timeout connect 60s
          timeout client 60s
          timeout server 60s
        listen edge
          bind 127.0.0.1:%d
          server agent 127.0.0.1:%d source 127.0.0.1 %s check check-send-proxy inter 100ms
''' % (port, agent.proxy_port, request.param))
    process = subprocess.Popen(['/usr/sbin/haproxy', '-db', '-f', str(settings)])

    def is_up():
        assert process.poll() is None, 'HAProxy ended'
        return is_open(port)
    wait_until(is_up, 'HAProxy listens', every=0.02)
    yield port
    process.kill()
    process.wait()


def is_open(port):
    try:
        socket.create_connection(('127.0.0.1', port), timeout=LIMIT).close()
        return True
    except ConnectionRefusedError:
        return False


def seen_by_origin(agent, port, source=CLIENT):
    with raw_http.connect('127.0.0.1', port, agent.certificates.authority, source=source) as connection:
        status, _, body = raw_http.ask(connection, REQUEST)
    assert status == 200
    return dict(raw_http.fields(body))


def test_the_client_of_a_balancer_is_its_client(agent, balancer):
    for client in (CLIENT, '127.0.0.10'):
        seen = seen_by_origin(agent, balancer, client)
        assert (seen['x-forwarded-for'], seen['x-real-ip']) == (client, client)
        assert 'for=%s;' % client in seen['forwarded']


def test_a_balancers_own_health_check_is_no_fault(agent, balancer):
    seen_by_origin(agent, balancer)
    assert 'begins without a PROXY header' not in agent.log()


def tls_behind(agent, header, source):
    """A TLS connection of `source` to the proxy that begins with `header`."""
    connection = socket.create_connection(('127.0.0.1', agent.proxy_port), timeout=LIMIT, source_address=(source, 0))
    connection.sendall(header)
    return raw_http.secured(connection, agent.certificates.authority)


def test_without_a_header_a_balancer_is_not_served(agent):
    for header in (b'', b'GET / HTTP/1.1\r\n\r\n', b'PROXY TCP4 nonsense\r\n'):
        with pytest.raises(OSError):
            tls_behind(agent, header, '127.0.0.1')
    wait_until(lambda: agent.log().count('begins without a PROXY header') == 3, agent.log)


def test_who_is_no_balancer_cannot_say_who_it_is(agent):
    with pytest.raises(OSError):
        tls_behind(agent, HEADER, CLIENT)
    assert seen_by_origin(agent, agent.proxy_port)['x-forwarded-for'] == CLIENT


def test_two_headers_are_one_and_no_request(agent):
    with pytest.raises(OSError):
        tls_behind(agent, HEADER + HEADER, '127.0.0.1')


@pytest.mark.parametrize('agent', [['-trusted_peers', '127.0.0.9/32, ::1']], indirect=True)
def test_a_trusted_proxy_is_believed_and_no_one_else(agent):
    claims = b'X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\n'
    for source, expected in ((CLIENT, '192.0.2.7, ' + CLIENT), ('127.0.0.10', '127.0.0.10')):
        with raw_http.connect('127.0.0.1', agent.proxy_port, agent.certificates.authority, source=source) as connection:
            _, _, body = raw_http.ask(connection, REQUEST.replace(b'\r\n\r\n', b'\r\n' + claims + b'\r\n'))
        assert dict(raw_http.fields(body))['x-forwarded-for'] == expected
