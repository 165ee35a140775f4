"""Nginx instances as containers of a real engine: Docker's own and podman."""
import json
import os
import shutil
import signal
import socket
import ssl
import time

import pytest

from harness import nginx
from harness.certificates import Certificates
from harness.echo import TcpEcho, UdpEcho, ask_tcp, ask_udp
from harness.engines import IMAGE, Docker, Podman
from harness.origin import Origin
from harness.own_network import ADDRESS
from harness.waiting import wait_until

HTTP, TCP, UDP = 'LProtoHTTP', 'LProtoTCP', 'LProtoUDP'


pytestmark = pytest.mark.usefixtures('own_network')


@pytest.fixture(scope='module', params=[Docker, Podman], ids=lambda engine: engine.kind)
def engine(request, own_network, certificates):
    started = request.param(certificates).start()
    yield started.make_image()
    started.close()


@pytest.fixture
def agent(new_agent, engine):
    made = new_agent(environment={'DOCKER_HOST': 'unix://' + engine.socket},
                     flags=['-nginx_runtime', 'docker', '-nginx_image', IMAGE])
    yield made.start()
    # Gracefully: the engine would go on with a call of a killed agent, and make a container when all are gone.
    if made.is_running():
        made.terminate()
    nginx.end_all(made)
    for container in engine.containers():
        engine.done('DELETE', '/containers/%s?force=1' % container['Id'])


def answers(number):
    try:
        return ask_tcp(ADDRESS, number, b'x') == b'tcp:x'
    except OSError:
        return False


def test_bytes_go_through_each_protocol(agent, engine):
    origin, tcp, udp = Origin(), TcpEcho(), UdpEcho()
    nginx.added(agent, 'test1', nginx.port(HTTP, 8888, '127.0.0.1:%d' % origin.port, path='/hello'),
                nginx.port(TCP, 7777, tcp.origin), nginx.port(UDP, 6666, udp.origin))
    assert nginx.listed(agent) == ['test1-nginx-lbproxy'] == engine.names()
    status, body = nginx.fetch(agent, ADDRESS, 8888, '/hello/world')
    assert status == 'HTTP/1.1 200 OK'
    assert json.loads(body)['target'] == '/hello/world'
    assert ask_tcp(ADDRESS, 7777, b'bytes') == b'tcp:bytes'
    assert ask_udp(ADDRESS, 6666, b'bytes') == b'udp:bytes'
    nginx.delete(agent, 'test1')
    assert nginx.listed(agent) == [] == engine.names()
    with pytest.raises(ConnectionRefusedError):
        ask_tcp(ADDRESS, 7777, b'bytes')
    origin.close()
    tcp.close()


def test_a_change_keeps_the_container_and_its_connections(agent, engine):
    echo, other = TcpEcho(), TcpEcho(name='other')
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    container = engine.containers()[0]['Id']
    with socket.create_connection((ADDRESS, 7001)) as old:
        old.sendall(b'1')
        assert old.recv(100) == b'tcp:1'
        nginx.added(agent, 'a', nginx.port(TCP, 7001, other.origin), nginx.port(TCP, 7002, other.origin))
        assert ask_tcp(ADDRESS, 7001, b'2') == b'other:2'
        assert ask_tcp(ADDRESS, 7002, b'2') == b'other:2'
        old.sendall(b'3')
        assert old.recv(100) == b'tcp:3'
    assert [each['Id'] for each in engine.containers()] == [container]
    echo.close()
    other.close()


def test_it_comes_back_with_agent_and_engine(agent, engine):
    echo = TcpEcho()
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    agent.kill()
    assert answers(7001)
    container = engine.containers()[0]['Id']
    agent.start()
    nginx.added(agent, 'b', nginx.port(TCP, 7002, echo.origin))
    assert container in [each['Id'] for each in engine.containers()]

    engine.done('DELETE', '/containers/a-nginx-lbproxy?force=1')
    wait_until(lambda: answers(7001), 'the removed container is made again')

    engine.kill()
    answer = nginx.add(agent, 'c', nginx.port(TCP, 7003, echo.origin))
    assert answer.status_code == 503, answer.text
    assert 'does not answer' in answer.json()['message']
    engine.start()
    wait_until(lambda: answers(7001) and answers(7002), 'both answer again')
    nginx.added(agent, 'c', nginx.port(TCP, 7003, echo.origin))
    assert answers(7003)
    echo.close()


def test_an_nginx_that_is_killed_comes_back(agent, engine):
    echo = TcpEcho()
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    first = engine.process_of('a-nginx-lbproxy')
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: engine.process_of('a-nginx-lbproxy') not in (0, first), 'another process')
    wait_until(lambda: answers(7001), 'it answers again')
    echo.close()


def test_a_new_certificate_loses_no_connection(new_agent, agent, engine, tmp_path):
    agent.close()
    held = Certificates.make(tmp_path / 'held')
    other = new_agent(environment=agent.environment, flags=agent.flags, certificates=held).start()
    origin = Origin()
    nginx.added(other, 'a', nginx.port(HTTP, 8001, '127.0.0.1:%d' % origin.port, path='/'))
    open_ones = [nginx.tls_connection(other, ADDRESS, 8001) for _ in range(50)]
    renewed = Certificates.make(tmp_path / 'renewed')
    for file in ('key.pem', 'cert.pem', 'authority.pem'):
        os.replace(renewed.directory / file, held.directory / file)

    def is_new():
        try:
            return nginx.fetch(other, ADDRESS, 8001, '/')[0] == 'HTTP/1.1 200 OK'
        except ssl.SSLCertVerificationError:
            return False  # still of the former authority
    wait_until(is_new, 'the new certificate')
    assert [nginx.get(connection, '/')[0] for connection in open_ones] == ['HTTP/1.1 200 OK'] * 50
    origin.close()


def test_many_instances(agent, engine):
    """As many as there is time for; MEX_MANY_CONTAINERS=200 for more."""
    echo = TcpEcho()
    names = ['n%03d' % number for number in range(int(os.environ.get('MEX_MANY_CONTAINERS', '10')))]
    began = time.monotonic()
    for index, name in enumerate(names):
        nginx.added(agent, name, nginx.port(TCP, 9000 + index, echo.origin))
    print('%d instances of %s: added in %.1f s' % (len(names), engine.kind, time.monotonic() - began))
    assert nginx.listed(agent) == [name + '-nginx-lbproxy' for name in names] == engine.names()
    assert all(answers(9000 + index) for index in range(len(names)))
    began = time.monotonic()
    for name in names:
        nginx.delete(agent, name)
    print('%d instances of %s: deleted in %.1f s' % (len(names), engine.kind, time.monotonic() - began))
    assert nginx.listed(agent) == [] == engine.names()
    echo.close()


def test_what_is_not_ours_is_not_touched(agent, engine):
    made = json.dumps({'Image': IMAGE, 'Entrypoint': ['/usr/sbin/nginx'],
                       'HostConfig': {'Ulimits': [{'Name': 'nofile', 'Soft': 1024, 'Hard': 1024},
                                                  {'Name': 'nproc', 'Soft': 1024, 'Hard': 1024}]}})
    foreign = engine.asked('POST', '/containers/create?name=a-nginx-lbproxy', made)['Id']
    answer = nginx.add(agent, 'a', nginx.port(TCP, 7001, '10.0.0.9:80'))
    assert answer.status_code == 409
    assert 'not made' in answer.json()['message']
    nginx.delete(agent, 'a')
    agent.restart()
    assert nginx.listed(agent) == []
    assert [each['Id'] for each in engine.containers()] == [foreign]


def test_what_nobody_wants_is_swept(agent, engine):
    echo = TcpEcho()
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    agent.kill()
    for file in agent.state_dir.glob('state.db*'):
        with open(file, 'rb') as content:
            (agent.directory / file.name).write_bytes(content.read())
    agent.start()
    nginx.added(agent, 'b', nginx.port(TCP, 7002, echo.origin))
    agent.kill()
    for file in agent.state_dir.glob('state.db*'):
        file.unlink()
    for file in agent.directory.glob('state.db*'):
        file.rename(agent.state_dir / file.name)
    agent.start()  # knows a, but not b
    wait_until(lambda: engine.names() == ['a-nginx-lbproxy'], 'b is swept')
    assert answers(7001)
    echo.close()


def test_refusals_leave_nothing(agent, engine):
    answer = nginx.add(agent, 'a', nginx.port(TCP, 7001, '127.0.0.1:80'), network='no-such-network')
    assert answer.status_code == 400, 'loopback on a network of containers is the instance itself'
    answer = nginx.add(agent, 'a', nginx.port(TCP, 7001, '10.0.0.9:80'), network='no-such-network')
    assert answer.status_code >= 400
    assert 'no-such-network' in answer.text
    assert nginx.listed(agent) == [] == engine.names()


def test_on_a_network_of_containers(agent, engine):
    """The origin is this machine, seen from the network: its address there."""
    echo = TcpEcho(address=ADDRESS)
    network = {'docker': 'bridge', 'podman': 'podman'}[engine.kind]
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin), network=network)
    wait_until(lambda: answers(7001), 'the published port answers')
    nginx.added(agent, 'a', nginx.port(TCP, 7002, echo.origin), network=network)
    wait_until(lambda: answers(7002), 'the other published port answers')
    assert not answers(7001)
    nginx.delete(agent, 'a')
    assert engine.names() == []
    echo.close()


def test_an_engine_over_tls(agent, engine, new_agent, tmp_path):
    if engine.kind != 'docker':
        pytest.skip('podman has no TLS of its own')
    agent.close()
    keys = tmp_path / 'keys'
    shutil.copytree(engine.client_directory, keys)
    other = new_agent(flags=agent.flags, environment={
        'DOCKER_HOST': engine.url, 'DOCKER_TLS_VERIFY': '1', 'DOCKER_CERT_PATH': str(keys),
        'DOCKER_API_VERSION': '1.37'}).start()
    echo = TcpEcho()
    nginx.added(other, 'a', nginx.port(TCP, 7001, echo.origin))
    assert answers(7001)
    other.kill()
    shutil.copy(Certificates.make(tmp_path / 'foreign').authority, keys / 'ca.pem')
    other.start()
    answer = nginx.add(other, 'b', nginx.port(TCP, 7002, echo.origin))
    assert answer.status_code == 503, 'an engine whose certificate is not to be trusted is not used'
    assert engine.names() == ['a-nginx-lbproxy']
    echo.close()


def test_the_runtime_can_be_changed(agent, engine, new_agent):
    echo = TcpEcho()
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    agent.terminate()
    agent.flags[agent.flags.index('docker')] = 'process'
    agent.start()
    wait_until(lambda: engine.names() == [], 'the container is gone')
    wait_until(lambda: nginx.master(agent, 'a'), 'a process is there')
    wait_until(lambda: answers(7001), 'it answers')
    nginx.added(agent, 'b', nginx.port(TCP, 7002, echo.origin))
    agent.terminate()
    agent.flags[agent.flags.index('process')] = 'docker'
    agent.start()
    wait_until(lambda: engine.names() == ['a-nginx-lbproxy', 'b-nginx-lbproxy'], 'both are containers')
    wait_until(lambda: answers(7001) and answers(7002), 'they answer')
    assert nginx.processes(agent) == {}
    echo.close()
