"""What clients can do to the ports by many connections: nothing to others.

The agent has few descriptors here, so that a few hundred connections do to it what 20,000 do elsewhere. Whatever 16
addresses do, one well-behaved client is served on new connections, what the process holds stays below what it was
given, and afterwards it is given back.
"""
import os
import pathlib

import pytest
import requests

from harness import http2_frames as h2
from harness.agent import Agent
from harness.origin import Origin
from harness.attackers import Attackers
from harness.waiting import LIMIT, wait_until

DESCRIPTORS = 2048
CONNECTIONS = 800
TLS_CONNECTIONS = 250  # each costs this machine a handshake on both sides
# What all attackers together may take of memory: a head of 32 KiB, TLS and 128 KiB on its way for each connection that
# the ports have at this limit is far more.
MEMORY = 160 << 20
HEAD = b'GET /v1/status HTTP/1.1\r\nHost: localhost\r\n'
POST = b'POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: 100000\r\n\r\nx'
# The beginning of a ClientHello, and no more.
HALF_HELLO = bytes.fromhex('1603010200010001fc0303') + bytes(16)


class FewDescriptors(Agent):

    def _own_command(self):
        return ['prlimit', '--nofile=%d:%d' % (DESCRIPTORS, DESCRIPTORS), *super()._own_command()]


@pytest.fixture(scope='module')
def origin():
    server = Origin()
    yield server
    server.close()


@pytest.fixture(scope='module')
def narrow_origin():
    server = Origin()
    yield server
    server.close()


@pytest.fixture(scope='module')
def attacked(tmp_path_factory, certificates, origin, narrow_origin):
    agent = FewDescriptors(tmp_path_factory.mktemp('attacked'), certificates, flags=['-trust_loopback=false'])
    agent.start()
    agent.token = (agent.state_dir / 'api.token').read_text().strip()
    # Of /one the origin takes one connection at a time (of each of the two shards).
    for proxy in {'path': '/app', 'origin': origin.url}, {
            'path': '/one', 'origin': narrow_origin.url, 'limits': {'max_connections': 2}, 'queue': {'timeout': '%ds' % LIMIT}}:
        answer = status(agent, path='/v1/proxies', body=proxy)
        assert answer.status_code == 200, answer.text
    yield agent
    agent.close()


def status(agent, path='/v1/status', body=None):
    return agent.rest('POST', path, body or {}, headers={'Authorization': 'Bearer ' + agent.token})


def descriptors(agent):
    return len(os.listdir('/proc/%d/fd' % agent.process.pid))


def memory(agent):
    text = pathlib.Path('/proc/%d/status' % agent.process.pid).read_text()
    return int(text.split('VmRSS:')[1].split()[0]) << 10


def warnings(agent):
    return agent.log().count(' warning ')


def metrics(agent):
    return agent.rest('GET', '/metrics', headers={'Authorization': 'Bearer ' + agent.token}).text


def open_connections(agent, port):
    line, = [line for line in metrics(agent).splitlines()
             if line.startswith('mex_server_connections{') and '"%s"' % port in line]
    return int(line.rsplit(' ', 1)[1])


def serve_well_behaved(agent):
    """Every port answers a client that comes with a connection of its own for each request."""
    for _ in range(3):
        assert agent.rest('GET', '/healthz').text.strip() == 'ok'
        assert status(agent).status_code == 200
        assert agent.browse('GET', '/app/x').json()['target'] == '/x'


def idle(attackers, agent, tls):
    attackers.open(CONNECTIONS)


def slow_heads(attackers, agent, tls):
    if tls:
        attackers.open_tls(TLS_CONNECTIONS, HEAD)
    else:
        attackers.open(CONNECTIONS, HEAD)
    attackers.again(b'X: y\r\n')


def slow_bodies(attackers, agent, tls):
    begin = POST % (b'/app/x' if tls else b'/v1/status', agent.token.encode())
    if tls:
        attackers.open_tls(TLS_CONNECTIONS, begin)
    else:
        attackers.open(CONNECTIONS, begin)
    attackers.again(b'x')


def slow_reads(attackers, agent, tls):
    if tls:
        attackers.open_tls(TLS_CONNECTIONS, HEAD.replace(b'/v1/status', b'/app/bytes?size=1000000') + b'\r\n', 4096)
    else:
        attackers.open(CONNECTIONS, (HEAD.replace(b'/v1/status', b'/swagger.json') + b'\r\n') * 20, 4096)


def streams_without_windows(attackers, agent, tls):
    """Over HTTP/2: a hundred requests on each connection, and no window for any answer."""
    path = '/app/bytes?size=60000' if tls else '/swagger.json'
    begin = h2.PREFACE + h2.settings((4, 0)) + b''.join(
        h2.headers(2 * i + 1, [(':method', 'GET'), (':scheme', 'https'), (':authority', 'localhost'), (':path', path)])
        for i in range(100))
    if tls:
        attackers.open_tls(TLS_CONNECTIONS // 5, begin, protocol='h2')
    else:
        attackers.open(CONNECTIONS // 5, begin)


def streams_without_bodies(path):
    """Over HTTP/2: requests that announce a body and never send any of it."""
    def attack(attackers, agent, tls):
        begin = h2.PREFACE + h2.settings() + b''.join(
            h2.headers(2 * i + 1, [(':method', 'POST'), (':scheme', 'https'), (':authority', 'localhost'),
                                   (':path', path), ('content-length', '10')], flags=h2.END_HEADERS)
            for i in range(100))
        attackers.open_tls(TLS_CONNECTIONS // 5, begin, protocol='h2')
    return attack


def slow_readers(path):
    """Over HTTP/1: many connections, each of which takes nothing of a large answer."""
    def attack(attackers, agent, tls):
        attackers.open_tls(TLS_CONNECTIONS, HEAD.replace(b'/v1/status', path.encode()) + b'\r\n', 4096)
    return attack


def streams_for(path):
    """Over HTTP/2: requests for what takes the origin long, a hundred on each connection."""
    def attack(attackers, agent, tls):
        begin = h2.PREFACE + h2.settings((4, 0)) + b''.join(
            h2.headers(2 * i + 1, [(':method', 'GET'), (':scheme', 'https'), (':authority', 'localhost'),
                                   (':path', path)])
            for i in range(100))
        attackers.open_tls(TLS_CONNECTIONS // 5, begin, protocol='h2')
    return attack


def half_handshakes(attackers, agent, tls):
    attackers.open(CONNECTIONS, HALF_HELLO)


def wrong_tokens(attackers, agent, tls):
    wrong = HEAD.replace(b'/v1/status', b'/app/x' if tls else b'/v1/agent') + b'Authorization: Bearer wrong\r\n\r\n'
    if tls:
        attackers.open_tls(TLS_CONNECTIONS, wrong)
    else:
        attackers.open(CONNECTIONS, wrong * 10)


@pytest.mark.parametrize('port', ['rest', 'proxy'])
@pytest.mark.parametrize('attack', [idle, slow_heads, slow_bodies, slow_reads, streams_without_windows, half_handshakes,
                                    wrong_tokens])
def test_one_is_served_whatever_others_do(attacked, port, attack):
    is_tls = port == 'proxy'
    serve_well_behaved(attacked)
    held_before, memory_before = descriptors(attacked), memory(attacked)
    warnings_before = warnings(attacked)
    with Attackers(attacked.proxy_port if is_tls else attacked.rest_port) as attackers:
        attack(attackers, attacked, is_tls)
        serve_well_behaved(attacked)
        attackers.again(b'x')
        serve_well_behaved(attacked)
        assert descriptors(attacked) < DESCRIPTORS * 3 // 4, 'what the control plane needs is left'
        assert memory(attacked) - memory_before < MEMORY
    # A shard keeps up to 1,024 idle connections to an origin for half a minute.
    kept = 256 if is_tls else 10
    wait_until(lambda: descriptors(attacked) <= held_before + kept, 'all descriptors are given back', seconds=LIMIT)
    wait_until(lambda: open_connections(attacked, port) <= 1, 'no connection is left', seconds=LIMIT)
    assert warnings(attacked) - warnings_before < 100, attacked.log()[-4000:]


@pytest.mark.parametrize('path', ['/app/x', '/one/x'])
@pytest.mark.parametrize('attack', [
    streams_without_bodies('/app/x'), streams_without_bodies('/one/x'),
    slow_readers('/app/bytes?size=3000000'), slow_readers('/one/bytes?size=3000000'),
    streams_for('/app/slow?seconds=20'), streams_for('/one/slow?seconds=0.1'), streams_for('/one/bytes?size=3000000'),
], ids=['bodies', 'bodies-one', 'readers', 'readers-one', 'slow-origin', 'slow-origin-one', 'windows-one'])
def test_an_origin_is_asked_for_one_whatever_others_ask(attacked, attack, path):
    """All connections to origins, or the only one to an origin, are wanted by 16 others."""
    warnings_before = warnings(attacked)
    with Attackers(attacked.proxy_port) as attackers:
        attack(attackers, attacked, True)
        # At the narrow origin each of the others has its turn first, and is cut a second later.
        for _ in range(3 if path == '/app/x' else 1):
            answer = attacked.browse('GET', path)
            assert answer.status_code == 200, answer.text
    wait_until(lambda: open_connections(attacked, 'proxy') <= 1, 'no connection is left', seconds=LIMIT)
    wait_until(lambda: waiting_requests(attacked) == 0, 'no one waits', seconds=LIMIT)
    assert warnings(attacked) - warnings_before < 100, attacked.log()[-4000:]


def waiting_requests(agent):
    line, = [line for line in metrics(agent).splitlines() if line.startswith('mex_proxy_waiting_requests ')]
    return int(line.rsplit(' ', 1)[1])


def test_the_log_and_the_metrics_name_the_limit(attacked):
    with Attackers(attacked.rest_port, addresses=1) as attackers:
        def is_named():
            attackers.open(50)
            return 'a client has as many connections as it may server=rest client=127.0.1.1 ' in attacked.log()
        wait_until(is_named, 'a line in the log', every=1)
    counted, = [line for line in metrics(attacked).splitlines()
                if line.startswith('mex_server_limited_total{') and 'client_connections' in line and '"rest"' in line]
    assert int(counted.rsplit(' ', 1)[1]) > 10


def test_idle_connections_at_rest_stop_nothing(new_agent, origin):
    """As it was seen: one peer with more idle connections at REST than the agent has descriptors."""
    agent = new_agent()
    agent.start()
    agent.add_route('/app', origin.url)
    with Attackers(agent.rest_port, addresses=1) as attackers:
        attackers.open(15_000 if _may_open(16_000) else 800)
        assert requests.get(agent.url('/healthz'), timeout=LIMIT).status_code == 200
        assert agent.post('/v1/status', {})['message'].startswith('OK')
        assert agent.browse('GET', '/app/x').status_code == 200


def _may_open(count):
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        return False
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    return True
