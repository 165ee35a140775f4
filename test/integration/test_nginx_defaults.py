"""What nginx would do by itself, and an origin, a client or an operator would suffer from."""
import json
import pathlib
import re
import socket
import ssl
import threading

import pytest

from harness import nginx, raw_http, stored_records
from harness.echo import TcpEcho, UdpEcho, ask_tcp, ask_udp
from harness.own_hosts import OwnHosts
from harness.own_network import ADDRESS
from harness.raw_http import Mirror
from harness.waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]


pytestmark = pytest.mark.usefixtures('own_network')


@pytest.fixture
def agent(agent_with_nginx):
    return agent_with_nginx


@pytest.fixture
def mirror():
    made = Mirror()
    yield made
    made.close()


def put(agent, name, *ports, **more):
    answer = agent.rest('PUT', '/v1/nginx-proxies/' + name, {'ports': list(ports), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def entry(protocol, external, *origins, **more):
    return {'protocol': protocol, 'external': external, 'origins': [{'address': one} for one in origins], **more}


def ask(port, *lines, body=b''):
    """Status, the answer's head, and what the origin got."""
    with raw_http.connect(ADDRESS, port) as connection:
        return raw_http.ask(connection, '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n' + body)


def got(port, *lines):
    status, _, seen = ask(port, 'GET /x HTTP/1.1', 'Host: edge.example', *lines)
    assert status == 200, status
    return raw_http.fields(seen)


# TCP and UDP.

class LateAnswer:
    """An origin that answers when its client has said all."""

    def __init__(self):
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.origin = '127.0.0.1:%d' % self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                data = b''
                while more := connection.recv(65536):
                    data += more
                connection.sendall(b'all of it: ' + data)

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def test_an_answer_that_comes_after_the_client_has_said_all_arrives(agent):
    origin = LateAnswer()
    put(agent, 'a', entry('TCP', 7001, origin.origin))
    with socket.create_connection((ADDRESS, 7001)) as connection:
        connection.sendall(b'question')
        connection.shutdown(socket.SHUT_WR)
        answer = b''
        while more := connection.recv(1000):
            answer += more
    assert answer == b'all of it: question'
    origin.close()


@pytest.mark.parametrize('size', [1, 16384, 16385, 60000, 65000])
def test_a_datagram_arrives_whole_both_ways(agent, size):
    echo = UdpEcho()
    put(agent, 'a', entry('UDP', 7001, echo.origin))
    assert ask_udp(ADDRESS, 7001, b'x' * size) == b'udp:' + b'x' * size
    echo.close()


@pytest.mark.parametrize('name', ['default', 'hostnames', 'volatile', 'include'])
def test_a_server_name_that_is_a_word_of_nginx_is_a_name(agent, name):
    """nginx's map has uses of its own for these words."""
    named, other = TcpEcho(name='named'), TcpEcho(name='other')
    put(agent, 'a', entry('TCP', 7001, named.origin, server_name=name),
        entry('TCP', 7001, other.origin, server_name='other.example'))

    def origin_for(asked):
        """Who gets the greeting, which an echo sends back."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname=asked)
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        try:
            return ask_tcp(ADDRESS, 7001, outgoing.read()).split(b':')[0]
        except ConnectionError:
            return b''
    assert origin_for(name) == b'named'
    assert origin_for('other.example') == b'other'
    assert origin_for('neither.example') == b'', 'no entry is for all names'
    named.close()
    other.close()


# HTTP.

def test_headers_with_an_underscore_arrive(agent, mirror):
    put(agent, 'a', entry('HTTP', 8001, mirror.origin))
    assert ('api_key', '1') in got(8001, 'api_key: 1')


def test_large_heads_arrive_both_ways(agent, mirror):
    large = b'HTTP/1.1 200 OK\r\nX-Large: %s\r\nContent-Length: 2\r\n\r\nok'
    mirror.answers = {b'/seven': large % (b'x' * 7000), b'/sixty': large % (b'x' * 60000)}
    put(agent, 'a', entry('HTTP', 8001, mirror.origin))
    for target in ('/seven', '/sixty'):
        status, _, body = ask(8001, 'GET %s HTTP/1.1' % target, 'Host: edge.example')
        assert (status, body) == (200, b'ok'), target
    cookie = 'c=' + 'x' * 12000
    assert ('cookie', cookie) in got(8001, 'Cookie: ' + cookie)


def forwarding_headers():
    text = (ROOT / 'src/http/forwarding_headers.h').read_text()
    table = text[text.index('kForwardingHeaders'):text.index('});')]
    return re.findall(r'^ +"([A-Za-z0-9-]+)"', table, re.MULTILINE)


def test_what_only_a_proxy_may_say_is_not_a_clients(agent, mirror):
    """Under no spelling: many origins take an underscore for a dash."""
    put(agent, 'a', entry('HTTP', 8001, mirror.origin))
    names = forwarding_headers()
    assert len(names) > 80
    for spelled in (lambda name: name, str.lower, lambda name: name.replace('-', '_'),
                    lambda name: name.replace('-', '_', 1)):
        for begin in range(0, len(names), 30):
            seen = got(8001, *('%s: 6.6.6.6' % spelled(name) for name in names[begin:begin + 30]))
            assert not [field for field in seen if '6.6.6.6' in field[1]]
    seen = dict(got(8001))
    said = {name: value for name, value in seen.items() if name.startswith('x-')}
    assert said == {'x-forwarded-for': ADDRESS, 'x-real-ip': ADDRESS, 'x-forwarded-host': 'edge.example',
                    'x-forwarded-port': '8001', 'x-forwarded-proto': 'http'}


def test_the_length_of_a_body_is_not_said_by_another_spelling(agent, mirror):
    put(agent, 'a', entry('HTTP', 8001, mirror.origin))
    seen = got(8001, 'Content_Length: 5', 'Transfer_Encoding: chunked', 'transfer_encoding: chunked')
    assert not [name for name, _ in seen if name.startswith(('content', 'transfer'))]


def test_a_connection_does_not_become_one_that_nginx_cannot_read(agent, mirror):
    put(agent, 'a', entry('HTTP', 8001, mirror.origin))
    seen = dict(got(8001, 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'))
    assert not {'upgrade', 'http2-settings', 'connection'} & set(seen)
    assert dict(got(8001, 'Connection: Upgrade', 'Upgrade: websocket'))['upgrade'] == 'websocket'


def test_a_redirect_of_an_origin_to_itself_leads_back_to_the_port(agent, mirror):
    mirror.answers = {b'/moved': ('HTTP/1.1 302 Found\r\nLocation: http://%s/there\r\nContent-Length: 0\r\n\r\n'
                                  % mirror.origin).encode()}
    put(agent, 'a', entry('HTTP', 8001, mirror.origin, path='/x/'), entry('HTTP', 8001, mirror.origin, path='/moved'))
    status, head, _ = ask(8001, 'GET /moved HTTP/1.1', 'Host: edge.example:8001')
    assert (status, dict(raw_http.fields(head))['location']) == (302, '/there')
    status, head, _ = ask(8001, 'GET /x HTTP/1.1', 'Host: edge.example:8001')
    assert (status, dict(raw_http.fields(head))['location']) == (301, '/x/')


def test_an_origin_does_not_direct_nginx(agent, mirror):
    other = Mirror()
    mirror.answers = {b'/mine': b'HTTP/1.1 200 OK\r\nX-Accel-Redirect: /other/secret\r\nContent-Length: 4\r\n\r\nmine'}
    put(agent, 'a', entry('HTTP', 8001, mirror.origin, path='/mine'), entry('HTTP', 8001, other.origin, path='/other'))
    assert ask(8001, 'GET /mine HTTP/1.1', 'Host: edge.example')[2] == b'mine'
    assert other.seen == []
    other.close()


# Names of origins.

def test_a_name_that_does_not_resolve_is_the_matter_of_its_port(new_agent):
    agent = new_agent(flags=['-nginx_runtime', 'process'])
    hosts = OwnHosts(agent)
    hosts.set({'known.example': '127.0.0.1', 'lost.example': '127.0.0.1'})
    agent.start()
    echo, other = TcpEcho(), TcpEcho(name='other')
    try:
        put(agent, 'a', entry('TCP', 7001, 'known.example:%d' % echo.port), entry('TCP', 7002, other.origin))
        agent.kill()
        nginx.end_all(agent)
        hosts.set({})
        agent.start()
        wait_until(lambda: answers(7002) == b'other:x', 'the port whose origin is an address answers')
        assert answers(7001) == b'tcp:x', 'the last known address is used'
        shown = wait_until(lambda: reasons(agent), 'the origin says why')
        assert shown[0].startswith('known.example: ') and shown[1] is None
        assert agent.get('/v1/nginx-proxies/a')['state'] == 'RUNNING'

        refused = agent.rest('PUT', '/v1/nginx-proxies/b', {'ports': [entry('TCP', 7003, 'lost.example:80')]})
        assert refused.status_code == 400, 'what is asked for now is told so'

        hosts.set({'known.example': '127.0.0.1'})
        wait_until(lambda: reasons(agent) is None, 'it resolves again')
        assert answers(7001) == b'tcp:x'
    finally:
        agent.close()
        nginx.end_all(agent)
        echo.close()
        other.close()


def test_a_name_that_was_never_known_takes_no_other_port_down(new_agent):
    """As after an update from a version that did not keep addresses."""
    agent = new_agent(flags=['-nginx_runtime', 'process'])
    hosts = OwnHosts(agent)
    hosts.set({'lost.example': '127.0.0.1'})
    agent.start()
    echo, mirror = TcpEcho(), Mirror()
    try:
        put(agent, 'a', entry('TCP', 7001, 'lost.example:%d' % echo.port), entry('TCP', 7002, echo.origin),
            entry('HTTP', 8001, 'lost.example:80', path='/lost'), entry('HTTP', 8001, mirror.origin, path='/'))
        agent.kill()
        nginx.end_all(agent)
        forget_addresses(agent, 'a')
        hosts.set({})
        agent.start()
        wait_until(lambda: answers(7002) == b'tcp:x', 'the other TCP port answers')
        with socket.create_connection((ADDRESS, 7001)) as connection:
            assert connection.recv(10) == b'', 'closed, by an nginx that goes on'
        assert ask(8001, 'GET /lost HTTP/1.1', 'Host: edge.example')[0] == 502
        assert ask(8001, 'GET /x HTTP/1.1', 'Host: edge.example')[0] == 200
    finally:
        agent.close()
        nginx.end_all(agent)
        echo.close()
        mirror.close()


def answers(port):
    try:
        return ask_tcp(ADDRESS, port, b'x')
    except OSError:
        return None


def reasons(agent):
    """Of the first origins of all ports; None where no origin has one."""
    found = [port['origins'][0].get('reason') for port in agent.get('/v1/nginx-proxies/a')['ports']]
    return found if any(found) else None


def forget_addresses(agent, name):
    key = '/nginx/%s-nginx-lbproxy' % name
    record = json.loads(stored_records.read(agent, key))
    assert record.pop('known_addresses')
    stored_records.write(agent, key, json.dumps(record).encode())
