"""One address against an instance: connections without a word, slow heads, slow bodies, answers that nobody reads, half
handshakes, guesses of passwords, for HTTP, TCP and UDP. A client from elsewhere is served all the time, what is refused
is seen, and when the attack is over everything is as before.
"""
import base64
import os
import pathlib
import resource
import socket
import struct
import threading

import pytest

from harness import nginx, raw_http
from harness.agent import Agent
from harness.echo import TcpEcho, UdpEcho
from harness.origin import Origin
from harness.own_network import ADDRESS, OwnNetwork
from harness.waiting import wait_until

ATTACKER = '127.0.0.66'
# More than what brought an instance down before: 2,200.
MANY = 2500
# Of a client's sessions and requests under way, for attacks that keep an origin busy.
FEW = 100
PASSWORD = 'a long password'
# The first bytes of a TLS greeting: a record of 512 bytes, of which 5 come.
HALF_GREETING = struct.pack('!BHH', 22, 0x0301, 512) + b'\1\0\1\xfc\3'


@pytest.fixture(scope='module', autouse=True)
def own_network():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with OwnNetwork():
        yield


@pytest.fixture(scope='module')
def origins(own_network):
    made = {'HTTP': Origin(), 'TCP': TcpEcho(), 'UDP': UdpEcho(), 'KCP': Origin(port=8001)}
    yield made
    for origin in made.values():
        origin.close()


@pytest.fixture(scope='module')
def agent(own_network, origins, tmp_path_factory, certificates):
    made = Agent(tmp_path_factory.mktemp('agent'), certificates, flags=['-nginx_runtime', 'process']).start()
    few = {'client_limits': {'connections': FEW}}

    def put(name, *ports):
        answer = made.rest('PUT', '/v1/nginx-proxies/' + name, {'ports': list(ports)})
        assert answer.status_code == 200, answer.text

    def entry(protocol, external, **more):
        origin = origins[protocol]
        address = '127.0.0.1:%d' % origin.port
        return {'protocol': protocol, 'external': external, 'origins': [{'address': address}], **more}
    put('http', entry('HTTP', 8443, tls=True, **few), entry('HTTP', 8080, **few))
    put('tcp', entry('TCP', 7001), entry('TCP', 7002, tls=True), entry('TCP', 7003, **few))
    put('udp', entry('UDP', 6001, idle_timeout='5s'))
    assert made.rest('PUT', '/v1/nginx-users/ann', {'password': PASSWORD}).status_code == 200
    answer = made.rest('POST', '/v1/nginx-kcp', {'message': 'add', 'name': 'kcp', 'port': '8002'})
    assert answer.text == '{"message":"OK"}'
    yield made
    made.close()
    nginx.end_all(made)


# A client from elsewhere, and what it must get.

def ask_http(agent, port, tls, path='/', headers=''):
    with raw_http.connect(ADDRESS, port, agent.certificates.authority if tls else None) as connection:
        request = 'GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n' % (path, headers)
        assert raw_http.ask(connection, request.encode())[0] == 200


def ask_tcp(agent, port, tls=False):
    with raw_http.connect(ADDRESS, port, agent.certificates.authority if tls else None) as connection:
        connection.sendall(b'x')
        assert connection.recv(100) == b'tcp:x'


def ask_udp(_agent, port):
    # A datagram may be lost, under load also here.
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.bind((ADDRESS, 0))
        asking.connect((ADDRESS, port))

        def is_answered():
            asking.send(b'x')
            try:
                return asking.recv(100) == b'udp:x'
            except (TimeoutError, ConnectionRefusedError):
                return False
        asking.settimeout(1)
        wait_until(is_answered, 'an answer', every=0)


def ask_kcp(agent, port):
    word = base64.b64encode(b'ann:' + PASSWORD.encode()).decode()
    ask_http(agent, port, True, headers='Authorization: Basic %s\r\n' % word)


class GoodClient:
    """Asks without a pause within a with block; each time it must be served."""

    def __init__(self, ask, *arguments):
        self._ask, self._arguments = ask, arguments
        self.served, self.failures = 0, []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._is_over.is_set():
            try:
                self._ask(*self._arguments)
                self.served += 1
            except (OSError, AssertionError) as problem:
                self.failures.append(repr(problem))
            # Within what one client may ask for in a second.
            self._is_over.wait(0.11)

    def is_served(self, count):
        enough = self.served + count
        wait_until(lambda: self.served >= enough or self.failures, '%d more are served' % count, every=0.01)
        assert self.failures == []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()


# The attacks. Each gives back what it holds open.

def connections(port, count, words):
    held = []
    for _ in range(count):
        # Refused ones are reset at once, or while they are written to.
        try:
            one = raw_http.connect('127.0.0.1', port, source=ATTACKER)
            held.append(one)
            if words:
                one.sendall(words)
        except ConnectionError:
            pass
    return held


def nothing_said(port, count=MANY):
    return connections(port, count, b'')


def half_handshakes(port, count=MANY):
    return connections(port, count, HALF_GREETING)


def slow_heads(port, count=MANY):
    return connections(port, count, b'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: a')


def slow_bodies(port, count=3 * FEW):
    return connections(port, count, b'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\na')


def unread_answers(port, count=3 * FEW):
    held = []
    for _ in range(count):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.bind((ATTACKER, 0))
        held.append(one)
        try:
            one.connect(('127.0.0.1', port))
            one.sendall(b'GET /bytes?size=8000000 HTTP/1.1\r\nHost: localhost\r\n\r\n')
        except ConnectionError:
            pass
    return held


def unread_echoes(port, count=3 * FEW):
    held = unread_answers(port, count)
    for one in held:
        one.setblocking(False)
        try:
            while one.send(b'x' * 65536):
                pass
        except (BlockingIOError, ConnectionError, BrokenPipeError):
            pass
    return held


def waiting_octets(port):
    """What the kernel holds for the sockets of a UDP port and nobody has read (proc(5), /proc/net/udp)."""
    count = 0
    for table in ('/proc/thread-self/net/udp', '/proc/thread-self/net/udp6'):
        for line in pathlib.Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[1].rpartition(':')[2], 16) == port:
                count += int(fields[4].rpartition(':')[2], 16)
    return count


def sessions(port, count=MANY):
    held = []
    for number in range(count):
        # The kernel drops what does not fit into the receiver's buffer; such a datagram is not an attack on nginx.
        if number % 100 == 0:
            wait_until(lambda: waiting_octets(port) == 0, 'the datagrams are read', every=0.01)
        one = socket.socket(type=socket.SOCK_DGRAM)
        one.bind((ATTACKER, 0))
        one.connect(('127.0.0.1', port))
        one.send(b'x')
        held.append(one)
    return held


class Guesses:
    """Guesses passwords over more connections at once than may wait, until it is closed."""

    def __init__(self, authority, port):
        self.answers = {}
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._guess, args=(authority, port, number)) for number in range(150)]
        for thread in self._threads:
            thread.start()

    def _guess(self, authority, port, number):
        count = 0
        while not self._is_over.is_set():
            try:
                with raw_http.connect('127.0.0.1', port, authority, source=ATTACKER) as connection:
                    while not self._is_over.is_set():
                        count += 1
                        word = base64.b64encode(b'ann:guess %d %d' % (number, count))
                        status, _, _ = raw_http.ask(connection, b'GET / HTTP/1.1\r\nHost: localhost\r\n'
                                                    b'Authorization: Basic %s\r\n\r\n' % word)
                        self.answers[status] = self.answers.get(status, 0) + 1
                        if status == 0:
                            break
            except OSError:
                pass

    def close(self):
        self._is_over.set()
        for thread in self._threads:
            thread.join()


# What is seen of it.

def descriptors(agent, name):
    """Open files of all workers."""
    count = 0
    for pid in nginx.processes(agent)[name]:
        if os.getsid(pid) != pid:
            count += len(os.listdir('/proc/%d/fd' % pid))
    return count


def refused(agent, name, port):
    for resource_path in ('/v1/nginx-proxies/', '/v1/nginx-kubernetes-proxies/'):
        answer = agent.rest('GET', resource_path + name)
        if answer.status_code == 200:
            return sum(int(each.get('refused', 0)) for each in answer.json().get('traffic', []) if each['port'] == port)
    return 0


ATTACKS = [
    ('http', 8443, nothing_said, (ask_http, 8443, True), False),
    ('http', 8443, half_handshakes, (ask_http, 8443, True), False),
    ('http', 8080, slow_heads, (ask_http, 8080, False), False),
    ('http', 8080, slow_bodies, (ask_http, 8080, False), True),
    ('http', 8080, unread_answers, (ask_http, 8080, False), True),
    ('tcp', 7001, nothing_said, (ask_tcp, 7001), True),
    ('tcp', 7002, half_handshakes, (ask_tcp, 7002, True), True),
    ('tcp', 7003, unread_echoes, (ask_tcp, 7003), True),
    ('udp', 6001, sessions, (ask_udp, 6001), True),
    ('kcp', 8002, nothing_said, (ask_kcp, 8002), False),
    ('kcp', 8002, half_handshakes, (ask_kcp, 8002), False),
]


@pytest.mark.parametrize('name,port,attack,good,is_refused', ATTACKS, ids=['%s-%d-%s' % (a[0], a[1], a[2].__name__) for a in ATTACKS])
def test_others_are_served_while_one_address_attacks(agent, name, port, attack, good, is_refused):
    full = name + ('-nginx-kcproxy' if name == 'kcp' else '-nginx-lbproxy')
    ask, *arguments = good
    ask(agent, *arguments)
    # Connections to origins may be kept.
    before = descriptors(agent, full) + 32
    refused_before = refused(agent, name, port)
    masters = nginx.processes(agent)[full]
    with GoodClient(ask, agent, *arguments) as client:
        client.is_served(2)
        held = attack(port)
        client.is_served(10)
        for one in held:
            one.close()
        client.is_served(2)
    assert client.failures == []
    if is_refused:
        wait_until(lambda: refused(agent, name, port) > refused_before, 'what was refused is counted')
        assert 'limiting connections' in (agent.state_dir / 'nginx' / full / 'error.log').read_text()
    wait_until(lambda: descriptors(agent, full) <= before, lambda: 'all is given back: %d' % descriptors(agent, full))
    assert nginx.processes(agent)[full] == masters, 'no worker died'


def test_guesses_of_passwords_keep_no_user_waiting(agent):
    with GoodClient(ask_kcp, agent, 8002) as client:
        client.is_served(2)
        guesses = Guesses(agent.certificates.authority, 8002)
        try:
            wait_until(lambda: guesses.answers.get(429, 0) > 100, lambda: 'guesses are refused: %s' % guesses.answers)
            client.is_served(10)
        finally:
            guesses.close()
    assert client.failures == []
    assert 200 not in guesses.answers
    assert guesses.answers.get(401, 0) < guesses.answers[429], 'most cost no password'
    wait_until(lambda: refused(agent, 'kcp', 8002) > 100, 'what was refused is counted')
    assert 'limiting requests' in (agent.state_dir / 'nginx' / 'kcp-nginx-kcproxy' / 'error.log').read_text()
