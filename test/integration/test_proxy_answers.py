"""What an origin gets to see of a request, and what a client gets to see of an origin."""
import http.client
import json
import socket
import ssl

import pytest

from harness.free_port import free_port
from harness.origin import Origin, RawOrigin
from harness.waiting import LIMIT, wait_until


@pytest.fixture
def origin():
    server = Origin()
    yield server
    server.close()


def test_forwarding_headers_of_a_client_never_reach_an_origin(agent, origin):
    agent.add_route('/test2', origin.url)
    names = ['X-Real-IP', 'Forwarded', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port',
             'X-Forwarded-Prefix', 'X-Forwarded-Server', 'X-Forwarded-Ssl', 'X-Forwarded-Scheme', 'X-Client-IP',
             'True-Client-IP', 'X-Original-URL', 'X-Rewrite-URL', 'CF-Connecting-IP', 'X_Real_IP', 'x-forwarded-new']
    seen = agent.browse('GET', '/test2/x', headers={name: '6.6.6.6' for name in names}).json()['headers']
    assert '6.6.6.6' not in json.dumps(seen)
    assert (seen['X-Real-IP'], seen['X-Forwarded-For'], seen['X-Forwarded-Proto']) == ('127.0.0.1', '127.0.0.1', 'https')
    assert (seen['X-Forwarded-Port'], seen['X-Forwarded-Prefix']) == (str(agent.proxy_port), '/test2')


def test_a_double_slash_within_a_path_arrives(agent, origin):
    agent.add_route('/mq', origin.url)
    context = ssl.create_default_context(cafile=str(agent.certificates.authority))
    plain = socket.create_connection(('127.0.0.1', agent.proxy_port), timeout=LIMIT)
    with context.wrap_socket(plain, server_hostname='localhost') as connection:
        connection.sendall(b'GET /mq/a//b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
        while connection.recv(65536):
            pass
    assert origin.requests[-1]['target'] == '/a//b'


def test_a_redirect_leads_back_through_its_route(agent):
    behind = RawOrigin(b'HTTP/1.1 302 Found\r\nLocation: /login\r\nSet-Cookie: a=1; Path=/\r\n'
                       b'Content-Length: 0\r\n\r\n')
    agent.add_route('/mq', behind.url)
    answer = agent.browse('GET', '/mq/x')
    assert (answer.headers['Location'], answer.headers['Set-Cookie']) == ('/mq/login', 'a=1; Path=/mq')
    behind.close()


def test_a_dead_origin_is_named_in_the_log_only(agent):
    port = free_port()
    agent.add_route('/dead', 'http://127.0.0.1:%d' % port)
    answer = agent.browse('GET', '/dead')
    assert answer.status_code == 502
    assert str(port) not in answer.text and '127.0.0.1' not in answer.text
    wait_until(lambda: 'request_id=%s ' % answer.headers['X-Request-ID'] in agent.log(), 'a line in the log')
    line, = [line for line in agent.log().splitlines() if answer.headers['X-Request-ID'] in line]
    assert 'http://127.0.0.1:%d' % port in line


def test_clear_http_at_the_tls_port_is_answered(agent):
    connection = http.client.HTTPConnection('127.0.0.1', agent.proxy_port, timeout=LIMIT)
    connection.request('DELETE', '/')
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (400, b'this port speaks TLS: ask by https://\n')
