"""Nginx instances as processes of the agent's machine: the documented calls, traffic, change, refusal."""
import concurrent.futures
import json
import os
import shutil
import signal
import socket
import time

import pytest

from harness import nginx
from harness.certificates import Certificates
from harness.echo import TcpEcho, UdpEcho, ask_tcp, ask_udp
from harness.origin import Origin
from harness.own_network import ADDRESS
from harness.waiting import wait_until

HTTP, TCP, UDP = 'LProtoHTTP', 'LProtoTCP', 'LProtoUDP'


pytestmark = pytest.mark.usefixtures('own_network')


@pytest.fixture
def agent(new_agent):
    made = new_agent(flags=['-nginx_runtime', 'process', '-fqdn', 'hamburg.mex-tdg.mobiledgex.net'])
    yield made.start()
    made.close()
    nginx.end_all(made)


# The documented calls, letter by letter but for the path of the origin's answer.

ADD = '''curl http://hamburg.mex-tdg.mobiledgex.net:18889/v1/nginx -d '{"message":"add","name":"test1","ports":[{"mexproto":"LProtoHTTP","external":"8888","internal":"8888","origin":"127.0.0.1:8888","path":"/hello"},{"mexproto":"LProtoTCP","external":"7777","origin":"127.0.0.1:777"},{"mexproto":"LProtoUDP","external":"6666","origin":"127.0.0.1:6666"}]}' '''
LIST = '''curl http://hamburg.mex-tdg.mobiledgex.net:18889/v1/nginx -d '{"message":"list"}' '''
DELETE = '''curl http://hamburg.mex-tdg.mobiledgex.net:18889/v1/nginx -d '{"message":"delete","name":"test1"}' '''


def test_the_documented_calls(agent):
    origin = Origin(port=8888)
    tcp, udp = TcpEcho(777), UdpEcho(6666)
    assert agent.curl(ADD).stdout == '{"message":"OK"}'
    assert agent.curl(LIST).stdout == '{"message":"list","status":"[\'test1-nginx-lbproxy\' ]"}'

    status, body = nginx.fetch(agent, ADDRESS, 8888, '/hello/world?x=1')
    assert status == 'HTTP/1.1 200 OK'
    seen = json.loads(body)
    assert seen['target'] == '/hello/world?x=1', 'the path is passed on unchanged'
    assert seen['headers']['Host'] == '127.0.0.1:8888'
    assert seen['headers']['X-Forwarded-Proto'] == 'https'
    assert nginx.fetch(agent, ADDRESS, 8888, '/other')[0] == 'HTTP/1.1 404 Not Found'
    assert ask_tcp(ADDRESS, 7777, b'bytes') == b'tcp:bytes'
    assert ask_udp(ADDRESS, 6666, b'bytes') == b'udp:bytes'

    assert agent.curl(DELETE).stdout == '{"message":"OK"}'
    assert agent.curl(LIST).stdout == '{"message":"list","status":"[]"}'
    with pytest.raises(ConnectionRefusedError):
        ask_tcp(ADDRESS, 7777, b'bytes')
    assert agent.curl(DELETE).stdout == '{"message":"OK"}', 'what is gone already is gone'
    origin.close()
    tcp.close()


# Change.

def test_traffic_goes_on_while_the_agent_is_away(agent):
    echo = TcpEcho()
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    before = nginx.processes(agent)
    agent.kill()
    assert ask_tcp(ADDRESS, 7001, b'1') == b'tcp:1'
    agent.start()
    assert nginx.listed(agent) == ['a-nginx-lbproxy']
    assert nginx.processes(agent) == before
    agent.terminate()
    assert ask_tcp(ADDRESS, 7001, b'2') == b'tcp:2'
    agent.start()
    nginx.delete(agent, 'a')
    assert nginx.processes(agent) == {}
    echo.close()


def test_an_instance_that_is_killed_comes_back(agent):
    echo = TcpEcho()
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    first = nginx.master(agent, 'a')
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: nginx.master(agent, 'a') not in (None, first), 'another master')

    def answers():
        try:
            return ask_tcp(ADDRESS, 7001, b'x') == b'tcp:x'
        except OSError:
            return False
    wait_until(answers, 'the port answers again')
    echo.close()


def test_after_a_boot_everything_is_there_again(agent):
    echo = TcpEcho()
    for number in range(7001, 7006):
        nginx.added(agent, 'n%d' % number, nginx.port(TCP, number, echo.origin))
    agent.kill()
    nginx.end_all(agent)
    agent.start()
    for number in range(7001, 7006):
        def answers(number=number):
            try:
                return ask_tcp(ADDRESS, number, b'x') == b'tcp:x'
            except OSError:
                return False
        wait_until(answers, 'port %d answers again' % number)
    echo.close()


def test_a_change_loses_no_connection(agent):
    echo, other = TcpEcho(), TcpEcho(name='other')
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    with socket.create_connection((ADDRESS, 7001)) as old:
        old.sendall(b'1')
        assert old.recv(100) == b'tcp:1'
        nginx.added(agent, 'a', nginx.port(TCP, 7001, other.origin), nginx.port(TCP, 7002, other.origin))
        assert ask_tcp(ADDRESS, 7001, b'2') == b'other:2', 'in force when the call returns'
        assert ask_tcp(ADDRESS, 7002, b'2') == b'other:2'
        old.sendall(b'3')
        assert old.recv(100) == b'tcp:3'
    echo.close()
    other.close()


@pytest.fixture
def short_lived_certificates(tmp_path):
    return Certificates.make(tmp_path / 'certificates')


def test_a_new_certificate_loses_none_of_1000_connections(new_agent, short_lived_certificates, tmp_path):
    agent = new_agent(flags=['-nginx_runtime', 'process'], certificates=short_lived_certificates)
    agent.start()
    origin = Origin()
    try:
        nginx.added(agent, 'a', nginx.port(HTTP, 8001, '127.0.0.1:%d' % origin.port, path='/'))
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            open_ones = list(pool.map(lambda _: nginx.tls_connection(agent, ADDRESS, 8001), range(1000)))
            before = open_ones[0].getpeercert(binary_form=True)

            # Renewed: the old authority stays trusted by the open connections, the new one by new ones.
            renewed = Certificates.make(tmp_path / 'renewed')
            for file in ('key.pem', 'cert.pem'):
                shutil.copy(renewed.directory / file, short_lived_certificates.directory / (file + '.new'))
            for file in ('key.pem', 'cert.pem'):
                os.replace(short_lived_certificates.directory / (file + '.new'),
                           short_lived_certificates.directory / file)
            shutil.copy(renewed.authority, short_lived_certificates.authority)

            def is_new():
                try:
                    with nginx.tls_connection(agent, ADDRESS, 8001) as connection:
                        return connection.getpeercert(binary_form=True) != before
                except OSError:
                    return False  # not trusted: still the old one
            wait_until(is_new, 'the new certificate')
            answers = list(pool.map(lambda connection: nginx.get(connection, '/')[0], open_ones))
        assert answers == ['HTTP/1.1 200 OK'] * 1000
        for connection in open_ones:
            connection.close()
    finally:
        origin.close()
        agent.close()
        nginx.end_all(agent)


# Many.

def test_500_ports_in_one_instance(agent):
    echo = TcpEcho()
    ports = [nginx.port(TCP, number, echo.origin) for number in range(9000, 9500)]
    began = time.monotonic()
    nginx.added(agent, 'large', *ports)
    print('500 ports: added in %.2f s' % (time.monotonic() - began))
    for number in (9000, 9250, 9499):
        assert ask_tcp(ADDRESS, number, b'x') == b'tcp:x'
    nginx.delete(agent, 'large')
    echo.close()


def test_200_instances(agent):
    echo = UdpEcho()
    names = ['n%03d' % number for number in range(200)]
    began = time.monotonic()
    for index, name in enumerate(names):
        nginx.added(agent, name, nginx.port(UDP, 9000 + index, echo.origin))
    print('200 instances: added in %.2f s' % (time.monotonic() - began))
    assert nginx.listed(agent) == [name + '-nginx-lbproxy' for name in names]
    for index in (0, 100, 199):
        assert ask_udp(ADDRESS, 9000 + index, b'x') == b'udp:x'
    began = time.monotonic()
    for name in names:
        nginx.delete(agent, name)
    print('200 instances: deleted in %.2f s' % (time.monotonic() - began))
    assert nginx.listed(agent) == []
    assert nginx.processes(agent) == {}


# Refusals.

@pytest.mark.parametrize('change,status,field,text', [
    ({'external': '80-90'}, 400, 'ports[0].external', '1 to 65535'),
    ({'external': '0'}, 400, 'ports[0].external', '1 to 65535'),
    ({'origin': 'http://10.0.0.9:80'}, 400, 'ports[0].origin', 'must be host:port'),
    ({'origin': '10.0.0.9:80; return 200'}, 400, 'ports[0].origin', 'must be host:port'),
    ({'mexproto': 'LProtoSCTP'}, 400, 'ports[0].mexproto', 'invalid mexproto'),
    ({'mexproto': HTTP, 'path': '/x { return 200; }'}, 400, 'ports[0].path', 'must be a path'),
    ({'origin': '169.254.169.254:80'}, 400, 'ports[0].origin', 'link-local'),
])
def test_what_is_wrong_is_refused_by_its_field(agent, change, status, field, text):
    answer = nginx.add(agent, 'a', {**nginx.port(TCP, 7001, '10.0.0.9:80'), **change})
    assert answer.status_code == status
    assert text in answer.json()['message']
    violations = [v for detail in answer.json()['details'] for v in detail.get('fieldViolations', [])]
    assert [violation['field'] for violation in violations] == [field]
    assert nginx.listed(agent) == []
    assert nginx.processes(agent) == {}


def test_a_port_is_given_once(agent):
    echo = TcpEcho()
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    for number, owner in ((7001, 'the instance a'), (agent.rest_port, "the agent's REST API"),
                          (agent.grpc_port, "the agent's gRPC API"), (agent.proxy_port, "the agent's reverse proxy"),
                          (echo.port, 'another program listens')):
        answer = nginx.add(agent, 'b', nginx.port(TCP, number, '10.0.0.9:80'))
        assert answer.status_code == 409
        assert owner in answer.json()['message']
    assert nginx.listed(agent) == ['a-nginx-lbproxy']
    echo.close()


def test_no_way_around_the_access_to_the_api(agent):
    """The API trusts callers of its own machine, and nginx would be one."""
    for host in ('127.0.0.1', 'localhost', ADDRESS, '[::1]', '0.0.0.0'):
        answer = nginx.add(agent, 'a', nginx.port(TCP, 7001, '%s:%d' % (host, agent.rest_port)))
        assert answer.status_code == 400, host
    assert nginx.listed(agent) == []
