"""One agent takes the place of another: nothing that clients of the proxy or callers of the API do fails, and when the new
one does not come to serve, the old one goes on as before.
"""
import os
import pathlib
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from harness import nginx, raw_http
from harness.agent import Agent
from harness.free_port import free_port
from harness.origin import Origin
from harness.raw_http import Mirror
from harness.tunnels import Tunnels, tunnel
from harness.waiting import LIMIT, wait_until

ASK, SOCKETS, REFUSED, SERVING = 1, 2, 3, 4
NOBODY = 65534


@pytest.fixture
def origin():
    made = Origin()
    yield made
    made.close()


@pytest.fixture
def agent(tmp_path, certificates, origin):
    made = Agent(tmp_path / 'agent', certificates).start()
    made.add_route('/app', 'http://127.0.0.1:%d' % origin.port)
    yield made
    made.close()


class Load:
    """Requests without a pause, over new connections and over kept ones, to the proxy and to the API, in a with block."""

    def __init__(self, agent):
        self._agent = agent
        self._is_over = threading.Event()
        self.served, self.failures = 0, []
        self._threads = [threading.Thread(target=self._repeat, args=(each,))
                         for each in (self._new_connection, self._kept_connection(), self._api)]

    def _repeat(self, ask):
        while not self._is_over.is_set():
            try:
                ask()
                self.served += 1
            except Exception as problem:  # pylint: disable=broad-exception-caught
                self.failures.append('%s %r' % (getattr(ask, '__name__', ask), problem))

    def _ask_proxy(self, connection):
        status, headers, _ = raw_http.ask(connection, b'GET /app HTTP/1.1\r\nHost: localhost\r\n\r\n')
        assert status == 200
        return headers

    def _connect(self):
        return raw_http.connect('127.0.0.1', self._agent.proxy_port, self._agent.certificates.authority)

    def _new_connection(self):
        with self._connect() as connection:
            self._ask_proxy(connection)

    def _kept_connection(self):
        kept = []

        def ask():
            if not kept:
                kept.append(self._connect())
            if b'connection: close' in self._ask_proxy(kept[0]).lower():
                kept.pop().close()
        return ask

    def _api(self):
        assert self._agent.rest('GET', '/v1/proxies').status_code == 200

    def is_served(self, count):
        enough = self.served + count
        wait_until(lambda: self.served >= enough or self.failures, '%d more are served' % count, every=0.01)
        assert self.failures == []

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        for thread in self._threads:
            thread.join()


def echoes(connection):
    connection.sendall(b'still there?')
    return connection.recv(100) == b'still there?'


# What goes well.

def test_no_request_is_refused_or_cut_while_agents_take_each_others_place(agent):
    agents = [agent]
    with Load(agent) as load:
        load.is_served(30)
        for _ in range(5):
            agents.append(agents[-1].successor())
            load.is_served(30)
    assert load.failures == []
    for before in agents[:-1]:
        assert before.process.wait(LIMIT) == 0, before.log()
    agents[-1].add_route('/more', 'http://127.0.0.1:9')
    assert set(agents[-1].post('/v1/proxy', {'message': 'list'})['status'][4:-1].split()) >= {'/more:http://127.0.0.1:9'}
    agents[-1].close()


def test_websockets_go_on_in_the_agent_before(agent):
    origin = Tunnels()
    agent.add_route('/ws', 'http://127.0.0.1:%d' % origin.port)
    held = [tunnel(agent, '/ws') for _ in range(20)]
    after = agent.successor()
    assert agent.is_running()
    assert all(echoes(each) for each in held)
    # A change is the new one's alone.
    after.delete_route('/ws')
    assert all(echoes(each) for each in held)
    for each in held:
        each.close()
    assert agent.process.wait(LIMIT) == 0
    assert agent.log().rstrip().endswith('ended')
    after.close()
    origin.close()


def test_a_request_under_way_is_answered_by_the_agent_before(agent):
    mirror = Mirror()
    agent.add_route('/slow', 'http://127.0.0.1:%d' % mirror.port)
    with raw_http.connect('127.0.0.1', agent.proxy_port, agent.certificates.authority) as connection:
        connection.sendall(b'POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nha')
        after = agent.successor()
        connection.sendall(b'lf')
        answer = b''
        while more := connection.recv(65536):
            answer += more
    assert answer.startswith(b'HTTP/1.1 200') and answer.endswith(b'half') and b'Connection: close' in answer
    assert agent.process.wait(LIMIT) == 0
    after.close()
    mirror.close()


def test_the_drain_of_the_agent_before_has_an_end(agent):
    origin = Tunnels()
    agent.add_route('/ws', 'http://127.0.0.1:%d' % origin.port)
    agent.flags.append('-takeover_drain=1s')
    agent.restart()
    held = tunnel(agent, '/ws')
    after = agent.successor()
    assert agent.process.wait(LIMIT) == 0
    assert held.recv(1) == b''
    after.close()
    origin.close()


def test_a_signal_ends_the_drain_of_the_agent_before_sooner(agent):
    origin = Tunnels()
    agent.add_route('/ws', 'http://127.0.0.1:%d' % origin.port)
    held = tunnel(agent, '/ws')
    after = agent.successor()
    assert echoes(held)
    assert agent.terminate() == 0
    assert after.is_running() and after.rest('GET', '/healthz').status_code == 200
    after.close()
    origin.close()


def test_a_signal_between_the_sockets_and_the_word_that_they_are_served_is_not_forgotten(agent):
    origin = Tunnels()
    agent.add_route('/ws', 'http://127.0.0.1:%d' % origin.port)
    held = tunnel(agent, '/ws')
    status = pathlib.Path('/proc/%d/status' % agent.process.pid)
    with asking(agent) as successor:
        successor.sendall(message(ASK))
        assert successor.recv(1000)[5] == SOCKETS
        agent.process.send_signal(signal.SIGTERM)
        wait_until(lambda: 'ShdPnd:\t0000000000000000' in status.read_text(), 'the signal has been read', every=0.01)
        successor.sendall(message(SERVING))
        assert agent.process.wait(LIMIT) == 0, agent.log()
    held.close()
    origin.close()


def test_without_an_agent_there_is_nothing_to_take_over(tmp_path, certificates):
    agent = Agent(tmp_path / 'agent', certificates, flags=['-take_over']).start()
    assert 'took over' not in agent.log()
    # Nor after one that was killed: its socket is still there.
    agent.restart()
    assert 'took over' not in agent.log()
    agent.close()


def test_nginx_instances_go_on(tmp_path, certificates, origin):
    agent = Agent(tmp_path / 'agent', certificates, flags=['-nginx_runtime', 'process']).start()
    port = free_port()
    answer = agent.rest('PUT', '/v1/nginx-proxies/one', {'ports': [
        {'protocol': 'HTTP', 'external': port, 'origins': [{'address': '127.0.0.1:%d' % origin.port}]}]})
    assert answer.status_code == 200, answer.text
    masters = nginx.processes(agent)
    after = agent.successor()
    assert agent.process.wait(LIMIT) == 0
    wait_until(lambda: after.get('/v1/nginx-proxies/one')['state'] == 'RUNNING', 'the instance is seen')
    assert nginx.processes(after) == masters != {}
    assert after.post('/v1/nginx', {'message': 'delete', 'name': 'one'}) == {'message': 'OK'}
    after.close()


# SIGUSR2, as a service is replaced.

def test_a_signal_starts_the_successor_and_the_service_manager_hears_of_it(tmp_path, certificates, origin):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / 'notify'))
        manager.settimeout(LIMIT)
        agent = Agent(tmp_path / 'agent', certificates, {'NOTIFY_SOCKET': str(tmp_path / 'notify')}).start()
        agent.add_route('/app', 'http://127.0.0.1:%d' % origin.port)
        with Load(agent) as load:
            load.is_served(30)
            agent.process.send_signal(signal.SIGUSR2)
            told = manager.recv(1000)
            load.is_served(30)
        assert told.startswith(b'MAINPID=')
        after = int(told[8:])
        try:
            assert agent.process.wait(LIMIT) == 0, agent.log()
            assert b'-take_over' in pathlib.Path('/proc/%d/cmdline' % after).read_bytes().split(b'\0')
            assert agent.rest('GET', '/healthz').status_code == 200
            assert load.failures == []
        finally:
            os.kill(after, signal.SIGKILL)


def test_a_successor_that_cannot_start_changes_nothing(agent, tmp_path):
    program = tmp_path / 'mexosagent'
    program.write_bytes(pathlib.Path('/proc/%d/exe' % agent.process.pid).read_bytes())
    program.chmod(0o755)
    agent.kill()
    agent.process = subprocess.Popen([str(program), *agent.command()[1:]], stdin=subprocess.DEVNULL,
                                     stdout=open(agent.log_file, 'ab'), stderr=subprocess.STDOUT,
                                     env=agent.clean_environment())
    wait_until(lambda: agent.is_running() and agent.log().count('REST API listens') == 2, lambda: agent.log(), every=0.02)
    program.unlink()
    with Load(agent) as load:
        load.is_served(10)
        agent.process.send_signal(signal.SIGUSR2)
        wait_until(lambda: 'no successor' in agent.log(), lambda: agent.log())
        load.is_served(10)
    # An installed package is another file of the name: that one is started. It is not even a program.
    program.write_text('no program')
    program.chmod(0o755)
    agent.process.send_signal(signal.SIGUSR2)
    wait_until(lambda: agent.log().count('no successor') == 2, lambda: agent.log())
    assert 'Exec format error' in agent.log()
    agent.add_route('/more', 'http://127.0.0.1:9')


# A successor that lies, stalls or dies.

def message(word, version=1):
    return struct.pack('4sBBB121x', b'mext', version, word, 0)


def asking(agent):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.settimeout(LIMIT)
    connection.connect(str(agent.state_dir / 'takeover.sock'))
    return connection


def goes_on(agent):
    wait_until(lambda: 'this agent goes on as before' in agent.log(), lambda: agent.log())
    agent.add_route('/again', 'http://127.0.0.1:9')
    assert agent.get('/v1/proxies/again')['path'] == '/again'


def test_a_successor_that_dies_half_way_costs_no_request(agent):
    with Load(agent) as load:
        load.is_served(10)
        # In a process of its own, for it is killed if it takes its time to end.
        subprocess.run(['/usr/bin/python3', '-c', '''if True:
            import socket, struct, sys
            asking = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            asking.connect(sys.argv[1])
            asking.sendall(struct.pack('4sBBB121x', b'mext', 1, 1, 0))
            assert asking.recv(1000)[5] == 2
            ''', str(agent.state_dir / 'takeover.sock')], check=False, timeout=LIMIT)
        goes_on(agent)
        load.is_served(10)
    assert load.failures == []
    # And the next one takes over.
    after = agent.successor()
    assert agent.process.wait(LIMIT) == 0
    after.close()


def test_a_successor_that_says_something_else_is_ended(agent):
    liar = subprocess.Popen(['/usr/bin/python3', '-c', '''if True:
        import socket, struct, sys, time
        asking = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        asking.connect(sys.argv[1])
        asking.sendall(struct.pack('4sBBB121x', b'mext', 1, 1, 0))
        asking.recv(1000)
        asking.sendall(struct.pack('4sBBB121x', b'mext', 1, 1, 0))
        time.sleep(1000)
        ''', str(agent.state_dir / 'takeover.sock')])
    assert liar.wait(LIMIT) == -signal.SIGKILL
    goes_on(agent)


@pytest.mark.parametrize('said', [b'', b'x', b'x' * 128, b'x' * 5000, message(SERVING), message(SOCKETS), message(9)])
def test_who_does_not_ask_gets_nothing(agent, said):
    with Load(agent) as load:
        with asking(agent) as connection:
            if said:
                connection.sendall(said)
                answer = connection.recv(1000)
                assert answer[5] == REFUSED and answer[7:].rstrip(b'\0')
            else:
                wait_until(lambda: 'no successor' in agent.log(), lambda: agent.log())
        load.is_served(10)
    assert 'another agent takes over' not in agent.log()


def test_an_agent_of_another_version_hears_why_not(agent):
    with asking(agent) as connection:
        connection.sendall(message(ASK, version=7))
        answer = connection.recv(1000)
    assert answer[4] == 1 and answer[5] == REFUSED
    assert answer[7:].rstrip(b'\0') == b'the other agent speaks version 7 of taking over, this one 1'


def test_another_user_takes_nothing_over(agent):
    assert os.geteuid() == 0
    os.chmod(agent.directory, 0o755)
    # As if the directory were open: the socket is what is tried.
    for path in (agent.state_dir, *agent.state_dir.parents):
        if path.owner() == 'root':
            break
    os.chmod(agent.state_dir / 'takeover.sock', 0o666)
    os.chmod(agent.state_dir, 0o711)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            descriptor = os.open(agent.state_dir, os.O_PATH)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            connection.connect('/proc/self/fd/%d/takeover.sock' % descriptor)
            connection.sendall(message(ASK))
            os.write(writer, connection.recv(1000))
        finally:
            os._exit(0)
    os.close(writer)
    answer = os.read(reader, 1000)
    os.close(reader)
    os.waitpid(child, 0)
    assert answer[5] == REFUSED and b'user 65534 may not take over' in answer
    assert agent.rest('GET', '/healthz').status_code == 200


def test_a_second_agent_without_the_flag_is_refused_as_ever(agent):
    second = Agent(agent.directory, agent.certificates)
    second.log_file = agent.directory / 'second.log'
    second.launch()
    assert second.process.wait(LIMIT) == 1
    assert 'in use' in second.log()
    assert agent.rest('GET', '/healthz').status_code == 200
