"""Nginx instances beyond the first calls: resources, passwords, names, addresses, numbers, kills."""
import base64
import hashlib
import http.server
import os
import random
import re
import socket
import ssl
import subprocess
import threading

import pytest
import requests

from harness import nginx
from harness.echo import TcpEcho, UdpEcho, ask_tcp, ask_udp
from harness.origin import Origin
from harness.own_network import ADDRESS
from harness.waiting import LIMIT, wait_until


pytestmark = pytest.mark.usefixtures('own_network')


@pytest.fixture
def agent(agent_with_nginx):
    return agent_with_nginx


def fetch(method, url, **more):
    """Without the developer's own proxies."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, **{'timeout': LIMIT, **more})


def put(agent, name, *ports):
    return agent.rest('PUT', '/v1/nginx-proxies/' + name, {'ports': list(ports)})


def put_well(agent, name, *ports):
    answer = put(agent, name, *ports)
    assert answer.status_code == 200, answer.text
    return answer.json()


def tcp_port(external, *origins, **more):
    return {'protocol': 'TCP', 'external': external, 'origins': [{'address': one} for one in origins], **more}


# Resources.

def test_a_resource_from_put_to_delete(agent):
    echo = TcpEcho()
    shown = put_well(agent, 'a', tcp_port(7001, echo.origin))
    assert shown['state'] == 'RUNNING'
    assert shown['runtime'] == 'process'
    assert shown['ports'] == [tcp_port(7001, echo.origin) | {
        'origins': [{'address': echo.origin, 'weight': 1}], 'connect_timeout': '10s', 'idle_timeout': '600s'}]
    assert ask_tcp(ADDRESS, 7001, b'x') == b'tcp:x'
    assert nginx.listed(agent) == ['a-nginx-lbproxy'], 'the same objects as /v1/nginx'
    assert agent.get('/v1/nginx-proxies/a')['name'] == 'a'
    assert [each['name'] for each in agent.get('/v1/nginx-proxies')['nginx_proxies']] == ['a']
    assert agent.rest('DELETE', '/v1/nginx-proxies/a').status_code == 200
    assert agent.rest('GET', '/v1/nginx-proxies/a').status_code == 404
    echo.close()


def test_the_work_is_shared_by_weight_and_goes_on_with_one_origin(agent):
    one, other = TcpEcho(name='one'), TcpEcho(name='other')
    put_well(agent, 'a', {'protocol': 'TCP', 'external': 7001, 'connect_timeout': '1s', 'origins': [
        {'address': one.origin, 'weight': 3}, {'address': other.origin, 'weight': 1}]})
    answers = [ask_tcp(ADDRESS, 7001, b'x') for _ in range(40)]
    assert answers.count(b'one:x') == 30
    assert answers.count(b'other:x') == 10
    one.close()
    assert {ask_tcp(ADDRESS, 7001, b'x') for _ in range(10)} == {b'other:x'}
    other.close()


class Patient:
    """An origin that answers all requests with its name, but GET /healthz with how it is."""

    def __init__(self, name):
        self.is_well = True
        self.asked = []  # hosts that health checks named

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(handler):
                is_check = handler.path == '/healthz'
                if is_check:
                    self.asked.append(handler.headers['Host'])
                handler.send_response(503 if is_check and not self.is_well else 200)
                handler.send_header('Content-Length', str(len(name)))
                handler.end_headers()
                handler.wfile.write(name.encode())

            def log_message(handler, *_):
                pass
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.address = '127.0.0.1:%d' % self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def test_an_origin_that_does_not_pass_its_check_is_left_out(agent):
    one, other = Patient('one'), Patient('other')
    put_well(agent, 'a', {'protocol': 'HTTP', 'external': 8001, 'origins': [{'address': each.address} for each in (one, other)],
                          'health': {'path': '/healthz', 'interval': '1s', 'rise': 1, 'fall': 1}})

    def states():
        return [each['health'][0]['state'] for each in agent.get('/v1/nginx-proxies/a')['ports'][0]['origins']]

    def answers_of():
        return {fetch('GET', 'http://%s:8001/x' % ADDRESS).text for _ in range(8)}
    wait_until(lambda: states() == ['UP', 'UP'], 'both were asked')
    assert set(one.asked) == set(other.asked) == {one.address}, 'the host that nginx names, too'
    assert answers_of() == {'one', 'other'}
    one.is_well = False
    wait_until(lambda: states() == ['DOWN', 'UP'], 'one is down')
    wait_until(lambda: answers_of() == {'other'}, 'nobody is sent there')
    health = agent.get('/v1/nginx-proxies/a')['ports'][0]['origins'][0]['health'][0]
    assert (health['address'], health['reason']) == (one.address, 'answered 503')
    label = 'mex_nginx_origin_up{instance="a-nginx-lbproxy",port="8001",protocol="http",origin="%s"} %d\n'
    metrics = agent.rest('GET', '/metrics').text
    assert label % (one.address, 0) in metrics and label % (other.address, 1) in metrics
    agent.restart()
    for _ in range(5):
        assert answers_of() == {'other'}, 'the next agent sends nobody there, either'
    one.is_well = True
    wait_until(lambda: answers_of() == {'one', 'other'}, 'both have their part again')
    one.is_well = other.is_well = False
    wait_until(lambda: states() == ['DOWN', 'DOWN'], 'both are down')
    wait_until(lambda: answers_of() == {'one', 'other'}, 'where there is no other, all are asked')
    one.close()
    other.close()


def test_only_allowed_clients_come_in(agent):
    echo = TcpEcho()
    put_well(agent, 'a', tcp_port(7001, echo.origin, allowed=['198.18.0.0/15']),
             tcp_port(7002, echo.origin, allowed=['192.0.2.0/24']))
    assert ask_tcp(ADDRESS, 7001, b'x') == b'tcp:x'
    try:
        assert ask_tcp(ADDRESS, 7002, b'x') == b''
    except ConnectionResetError:
        pass
    echo.close()


def test_names_lead_to_origins_that_end_tls_themselves(agent, certificates):
    def serve(name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.certificate, certificates.key)
        listener = socket.create_server(('127.0.0.1', 0))

        def accept():
            while True:
                connection, _ = listener.accept()
                with context.wrap_socket(connection, server_side=True) as secured:
                    secured.sendall(name)
        threading.Thread(target=accept, daemon=True).start()
        return '127.0.0.1:%d' % listener.getsockname()[1]

    put_well(agent, 'a', tcp_port(9443, serve(b'one'), server_name='one.example'),
             tcp_port(9443, serve(b'any'), server_name='*.example'), tcp_port(9443, serve(b'default')))

    def answer(name):
        context = ssl.create_default_context(cafile=str(certificates.authority))
        context.check_hostname = False
        with socket.create_connection((ADDRESS, 9443), 10) as connection:
            with context.wrap_socket(connection, server_hostname=name) as secured:
                return secured.recv(100)
    assert answer('one.example') == b'one'
    assert answer('two.example') == b'any'
    assert answer('elsewhere.test') == b'default'


def test_origins_are_told_the_clients_address(agent):
    listener = socket.create_server(('127.0.0.1', 0))
    put_well(agent, 'a', tcp_port(7001, '127.0.0.1:%d' % listener.getsockname()[1], sends_proxy_protocol=True))
    with socket.create_connection((ADDRESS, 7001), 10) as client:
        own = client.getsockname()
        client.sendall(b'x')
        connection, _ = listener.accept()
        line = connection.recv(200).split(b'\r\n')[0].decode()
        connection.close()
    assert line == 'PROXY TCP4 %s %s %d 7001' % (own[0], ADDRESS, own[1])
    listener.close()


def test_clients_need_certificates_where_authorities_are_named(agent, certificates):
    origin = Origin()
    put_well(agent, 'a', {'protocol': 'HTTP', 'external': 8001, 'tls': True,
                          'client_authorities': certificates.authority.read_text(),
                          'origins': [{'address': '127.0.0.1:%d' % origin.port}]})
    assert nginx.fetch(agent, ADDRESS, 8001, '/')[0] == 'HTTP/1.1 400 Bad Request'
    context = ssl.create_default_context(cafile=str(certificates.authority))
    context.load_cert_chain(certificates.certificate, certificates.key)
    with context.wrap_socket(socket.create_connection((ADDRESS, 8001), 10), server_hostname='localhost') as secured:
        assert nginx.get(secured, '/')[0] == 'HTTP/1.1 200 OK'
    origin.close()


def test_several_paths_share_a_port(agent):
    one, other = Origin('one'), Origin('other')
    ports = [{'protocol': 'HTTP', 'external': 8001, 'path': path, 'origins': [{'address': '127.0.0.1:%d' % origin.port}]}
             for path, origin in (('/', one), ('/other', other))]
    put_well(agent, 'a', *ports)
    for path, name in (('/x', 'one'), ('/other/x', 'other')):
        answer = fetch('GET', 'http://%s:8001%s' % (ADDRESS, path))
        assert answer.json()['origin'] == name
    one.close()
    other.close()


def test_large_bodies_and_slow_answers_pass(agent):
    origin = Origin()
    put_well(agent, 'a', {'protocol': 'HTTP', 'external': 8001, 'origins': [{'address': '127.0.0.1:%d' % origin.port}]})
    body = os.urandom(8 << 20)
    answer = fetch('POST', 'http://%s:8001/digest' % ADDRESS, data=body, timeout=LIMIT)
    assert answer.text == hashlib.sha256(body).hexdigest()
    with requests.Session() as session:
        session.trust_env = False
        slow = session.get('http://%s:8001/held?count=20' % ADDRESS, stream=True, timeout=LIMIT)
        first = next(slow.iter_content(None))
    assert first.startswith(b'chunk 0')
    assert b'chunk 19' not in first, 'passed on while it comes, not at its end'
    origin.close()


# Numbers.

def test_what_went_through_is_counted(agent):
    origin, echo, udp = Origin(), TcpEcho(), UdpEcho()
    put_well(agent, 'a', {'protocol': 'HTTP', 'external': 8001, 'origins': [{'address': '127.0.0.1:%d' % origin.port}]},
             tcp_port(7001, echo.origin),
             {'protocol': 'UDP', 'external': 6001, 'idle_timeout': '5s', 'origins': [{'address': udp.origin}]})
    for _ in range(3):
        fetch('GET', 'http://%s:8001/status?code=204' % ADDRESS)
    fetch('GET', 'http://%s:8001/status?code=503' % ADDRESS)
    assert ask_tcp(ADDRESS, 7001, b'12345') == b'tcp:12345'
    assert ask_udp(ADDRESS, 6001, b'12') == b'udp:12'

    def value(pattern):
        found = re.search(pattern + r' (\d+)$', agent.rest('GET', '/metrics').text, re.MULTILINE)
        return int(found.group(1)) if found else None
    label = 'instance="a-nginx-lbproxy",port="%d",protocol="%s"'
    wait_until(lambda: value(r'mex_nginx_sessions_total\{%s,class="2xx"\}' % (label % (6001, 'udp'))) == 1, 'UDP is counted')
    wait_until(lambda: value(r'mex_nginx_sessions_total\{%s,class="2xx"\}' % (label % (8001, 'http'))) == 3, 'HTTP')
    assert value(r'mex_nginx_sessions_total\{%s,class="5xx"\}' % (label % (8001, 'http'))) == 1
    assert value(r'mex_nginx_received_bytes_total\{%s\}' % (label % (7001, 'tcp'))) == 5
    assert value(r'mex_nginx_sent_bytes_total\{%s\}' % (label % (7001, 'tcp'))) == 9
    assert value(r'mex_nginx_up\{instance="a-nginx-lbproxy"\}') == 1
    traffic = {(each['port'], each['protocol']): each for each in agent.get('/v1/nginx-proxies/a')['traffic']}
    assert traffic[7001, 'TCP']['received_bytes'] == '5'
    agent.rest('DELETE', '/v1/nginx-proxies/a')
    assert 'mex_nginx' not in agent.rest('GET', '/metrics').text
    origin.close()
    echo.close()


# /v1/nginx-kcp

def kcp(agent, verb, **fields):
    return agent.rest('POST', '/v1/nginx-kcp', {'message': verb, **fields})


def test_a_password_before_a_kubernetes_api(agent):
    origin = Origin(port=8001)  # where kubectl proxy would be
    refused = kcp(agent, 'add', name='kcp', port='8002')
    assert refused.status_code == 400
    assert 'no htpasswd file' in refused.json()['message']
    assert agent.rest('PUT', '/v1/nginx-users/ann', {'password': 'a long password'}).status_code == 200
    assert kcp(agent, 'add', name='kcp', port='8002').text == '{"message":"OK"}'
    assert kcp(agent, 'list').text == '{"message":"list","status":"[\'kcp-nginx-kcproxy\' ]"}'
    assert nginx.listed(agent) == []

    def status(user, password):
        with nginx.tls_connection(agent, ADDRESS, 8002) as connection:
            token = base64.b64encode(('%s:%s' % (user, password)).encode()).decode()
            connection.sendall(('GET /api HTTP/1.1\r\nHost: x\r\nAuthorization: Basic %s\r\nConnection: close\r\n\r\n'
                                % token).encode())
            answer = b''
            while more := connection.recv(65536):
                answer += more
        assert b'Basic ' + token.encode() not in answer, 'the password does not go on to the origin'
        return int(answer.split()[1])
    assert status('ann', 'a long password') == 200
    assert status('ann', 'another password') == 401
    assert status('bob', 'a long password') == 401
    assert agent.rest('PUT', '/v1/nginx-users/ann', {'password': 'another password'}).status_code == 200
    wait_until(lambda: status('ann', 'another password') == 200, 'the new password')
    wait_until(lambda: status('ann', 'a long password') == 401, 'the old one is gone')
    assert agent.rest('DELETE', '/v1/nginx-users/ann').status_code == 200
    wait_until(lambda: status('ann', 'another password') == 401, 'nobody comes in')
    assert kcp(agent, 'delete', name='kcp').text == '{"message":"OK"}'
    assert kcp(agent, 'list').text == '{"message":"list","status":"[]"}'
    origin.close()


@pytest.mark.filterwarnings('ignore:Unverified HTTPS')
def test_users_of_the_originals_file_come_in(agent):
    """nginx.htpasswd in the working directory, as Apache's tool and openssl write it."""
    origin = Origin(port=8001)
    file = agent.directory / 'nginx.htpasswd'

    def hashed(*how):
        return subprocess.run(['openssl', 'passwd', *how, 'a long password'], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    sha = base64.b64encode(hashlib.sha1(b'a long password').digest()).decode()
    file.write_text('ann:%s\nbob:%s\ncarl:{SHA}%s\n' % (hashed('-apr1'), hashed('-6'), sha))
    assert kcp(agent, 'add', name='kcp', port='8002').text == '{"message":"OK"}'

    def status(user):
        return fetch('GET', 'https://%s:8002/' % ADDRESS, auth=(user, 'a long password'), verify=False).status_code
    assert [status(user) for user in ('ann', 'bob', 'carl', 'dora')] == [200, 200, 200, 401]
    assert agent.get('/v1/nginx-users')['users'][0] == {'name': 'ann', 'file': 'nginx.htpasswd'}
    refused = agent.rest('DELETE', '/v1/nginx-users/ann')
    assert refused.status_code == 400 and 'nginx.htpasswd' in refused.json()['message']
    file.write_text('dora:%s\n' % hashed('-apr1'))
    wait_until(lambda: (status('ann'), status('dora')) == (401, 200), 'the file is followed')
    kcp(agent, 'delete', name='kcp')
    origin.close()


# Kills.

def test_kills_lose_and_double_nothing(agent):
    """The agent is killed a dozen times in the middle of adds, changes and deletes."""
    echo = TcpEcho()
    dice = random.Random(4)
    said_there, said_gone = set(), set()  # by the last answer that came for each
    for round_number in range(12):
        killer = threading.Timer(dice.uniform(0.02, 0.4), agent.kill)
        killer.start()
        try:
            for step in range(50):
                name = 'n%d' % dice.randrange(12)
                said_there.discard(name)
                said_gone.discard(name)
                if dice.random() < 0.6:
                    nginx.added(agent, name, nginx.port('LProtoTCP', 7000 + int(name[1:]), echo.origin))
                    said_there.add(name)
                else:
                    nginx.delete(agent, name)
                    said_gone.add(name)
        except requests.ConnectionError:
            pass  # killed in the middle of this one: either is right
        killer.join()
        agent.start()
        listed = {full.removesuffix('-nginx-lbproxy') for full in nginx.listed(agent)}
        assert said_there <= listed, 'round %d' % round_number
        assert not said_gone & listed, 'round %d' % round_number

    def as_listed():
        running = nginx.processes(agent)
        masters = [pid for pids in running.values() for pid in pids if os.getsid(pid) == pid]
        return set(running) == set(nginx.listed(agent)) and len(masters) == len(running)
    wait_until(as_listed, 'exactly one nginx for each')
    for full in nginx.listed(agent):
        number = 7000 + int(full.removesuffix('-nginx-lbproxy')[1:])
        wait_until(lambda number=number: answers(number), 'port %d answers' % number)
    echo.close()


def answers(number):
    try:
        return ask_tcp(ADDRESS, number, b'x') == b'tcp:x'
    except OSError:
        return False
