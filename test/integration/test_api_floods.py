"""Who attacks the API: what they cost is bounded, the owner is served all the time, and nothing is left of them.

The bounds are those of docs/threat-model.md.
"""
import contextlib
import socket

import grpc
import pytest

from harness.http2_peer import Http2Peer
from harness.owner import Owner
from harness.process_use import ProcessUse
from harness.waiting import wait_until

# Of docs/threat-model.md, "The gRPC port".
MAX_CONNECTIONS = 256
MAX_UNPROVEN = 128
MAX_ENDING = 64
MAX_STREAMS = 32
MAX_UNPROVEN_MEMORY = 48  # MiB
MAX_DESCRIPTORS = 3 * MAX_CONNECTIONS + 2 * MAX_ENDING

STATUS = '/api.MexOSAgent/Status'
REFLECTION = '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo'
WRONG_TOKEN = (('authorization', 'Bearer ' + 64 * '0'),)


@pytest.fixture
def agent(new_agent):
    """Loopback is not trusted: whoever has no token is a stranger."""
    return new_agent(flags=['-trust_loopback=false']).start()


@contextlib.contextmanager
def attack(agent, memory=MAX_UNPROVEN_MEMORY, answers=5):
    """The owner calls during the attack, and afterwards everything is as it was before."""
    peers = []
    owner = Owner(agent)
    assert owner.rest('POST', '/v1/status').status_code == 200
    before = ProcessUse(agent.process.pid)
    with owner, ProcessUse(agent.process.pid) as use:
        yield peers
        # The attack stands now.
        wait_until(owner.has_been_answered(answers), lambda: 'the owner is answered: %s' % owner.failures[:3], every=0.02)
        for peer in peers:
            peer.close()
        wait_until(owner.has_been_answered(answers), lambda: 'the owner is answered: %s' % owner.failures[:3], every=0.02)
    assert owner.failures == []
    assert use.grown_memory <= memory
    assert use.most_descriptors - use.descriptors_before <= MAX_DESCRIPTORS
    wait_until(lambda: before.descriptors() <= before.descriptors_before,
               lambda: 'descriptors are back: %d, were %d' % (before.descriptors(), before.descriptors_before))
    assert use.most_threads <= before.threads_before + 4


def greeted(agent, peers, **settings):
    peer = Http2Peer(agent.grpc_port)
    peers.append(peer)
    peer.greet(**settings)
    return peer


def answer_of(call):
    """b'' if the call is refused."""
    try:
        return call()
    except grpc.RpcError:
        return b''


# gRPC's port.

def test_limits_are_announced(agent):
    with contextlib.closing(Http2Peer(agent.grpc_port)) as peer:
        peer.greet()
        assert peer.announced('MAX_CONCURRENT_STREAMS') == MAX_STREAMS
    with contextlib.closing(Http2Peer(agent.grpc_port)) as peer:
        peer.greet()
        assert peer.announced('MAX_HEADER_LIST_SIZE') == 8192


def test_connections_that_say_nothing(agent):
    with attack(agent) as peers:
        for _ in range(2 * MAX_CONNECTIONS):
            peers.append(Http2Peer(agent.grpc_port))
        # The oldest had to make room.
        assert peers[0].has_ended()


def test_connections_that_greet_and_wait(agent):
    with attack(agent) as peers:
        for _ in range(2 * MAX_CONNECTIONS):
            greeted(agent, peers)
        assert peers[0].has_ended()


def test_heads_that_do_not_end(agent):
    with attack(agent) as peers:
        for _ in range(2 * MAX_UNPROVEN):
            peer = greeted(agent, peers)
            peer.send(peer.head(STATUS, flags=()))


def test_unfinished_messages_without_a_token(agent):
    """300 streams of one connection held 306 MiB."""
    with attack(agent) as peers:
        for _ in range(10):
            peer = greeted(agent, peers)
            for _ in range(300):
                stream = peer.begin_call(STATUS)
                if stream is None or not peer.send_part_of_message(stream, 1 << 20, 60000):
                    break


def test_unfinished_messages_to_open_services(agent):
    with attack(agent) as peers:
        for _ in range(10):
            peer = greeted(agent, peers)
            for _ in range(MAX_STREAMS):
                stream = peer.begin_call(REFLECTION)
                if stream is None or not peer.send_part_of_message(stream, 1 << 20, 60000):
                    break


def test_reflection_streams_that_are_held(agent):
    """140 of them took all threads: the owner's calls were answered with 429, over REST, too."""
    with attack(agent) as peers:
        for _ in range(10):
            peer = greeted(agent, peers)
            for _ in range(MAX_STREAMS):
                peer.send_message(peer.begin_call(REFLECTION), b'\x3a\x00')
        # Others can still ask: the newest makes the oldest end.
        with grpc.insecure_channel('127.0.0.1:%d' % agent.grpc_port, [('grpc.enable_http_proxy', 0)]) as channel:
            health = channel.unary_unary('/grpc.health.v1.Health/Check')
            reflect = channel.stream_stream(REFLECTION)
            wait_until(lambda: answer_of(lambda: health(b'')) == b'\x08\x01', 'health is answered')
            wait_until(lambda: b'api.MexOSAgent' in answer_of(lambda: b''.join(reflect(iter([b'\x3a\x00'])))),
                       'reflection is answered')


def test_streams_beyond_the_limit(agent):
    with attack(agent) as peers:
        for _ in range(20):
            peer = greeted(agent, peers)
            for _ in range(2000):
                if peer.begin_call(STATUS) is None:
                    break


def test_streams_that_are_reset_at_once(agent):
    with attack(agent) as peers:
        for _ in range(20):
            peer = greeted(agent, peers)
            for _ in range(2000):
                stream = peer.begin_call(STATUS)
                if stream is None or not peer.reset(stream):
                    break
        assert peers[0].has_ended()


def test_wrong_tokens(agent):
    with attack(agent) as peers:
        for _ in range(5):
            peer = greeted(agent, peers)
            for _ in range(1000):
                if peer.begin_call(STATUS, WRONG_TOKEN) is None:
                    break
            assert peer.has_ended()


def test_big_metadata(agent):
    with attack(agent) as peers:
        for _ in range(20):
            peer = greeted(agent, peers)
            for i in range(30):
                metadata = [('x-%d-%d' % (i, k), 1000 * 'x') for k in range(15)]
                if peer.begin_call(STATUS, metadata) is None:
                    break


def test_answers_that_are_not_read(agent):
    with attack(agent) as peers:
        for _ in range(50):
            peer = Http2Peer(agent.grpc_port, receive_buffer=4096)
            peers.append(peer)
            peer.greet(INITIAL_WINDOW_SIZE=0)
            for _ in range(90):
                peer.begin_call(STATUS)


def test_pings_without_end(agent):
    with attack(agent) as peers:
        for _ in range(20):
            peer = greeted(agent, peers)
            for _ in range(1000):
                if not peer.ping():
                    break
            assert peer.has_ended()


# Callers with the token, to each other.

def test_unfinished_messages_with_the_token(agent):
    """One may be slow, but not keep the others from being served."""
    token = Owner(agent).metadata
    with attack(agent, memory=128) as peers:
        for _ in range(10):
            peer = greeted(agent, peers)
            for _ in range(MAX_STREAMS):
                peer.send_part_of_message(peer.begin_call(STATUS, token), 1 << 20, 60000)


def add_routes(agent, count):
    answer = Owner(agent).rest('POST', '/v1/proxy', {'message': 'add', 'proxies': [
        {'name': 'n%d' % number, 'path': '/%s/%d' % (100 * 'p', number), 'origin': 'http://198.51.100.7/'}
        for number in range(count)]})
    assert answer.status_code == 200, answer.text


def test_long_answers_with_the_token_that_are_not_read(agent):
    add_routes(agent, 4000)
    token = Owner(agent).metadata
    with attack(agent, memory=192) as peers:
        for _ in range(4):
            peer = Http2Peer(agent.grpc_port, receive_buffer=4096)
            peers.append(peer)
            peer.greet(INITIAL_WINDOW_SIZE=0)
            for _ in range(16):
                peer.send_message(peer.begin_call('/mexosagent.v1.Proxies/ListProxies', token), b'')


# REST.

def rest_peers(agent, peers, count, first_bytes=b''):
    for _ in range(count):
        peer = socket.create_connection(('127.0.0.1', agent.rest_port))
        peers.append(peer)
        with contextlib.suppress(OSError):
            peer.sendall(first_bytes)


@pytest.mark.parametrize('first_bytes', [
    pytest.param(b'', id='that say nothing'),
    pytest.param(b'POST /v1/status HTTP/1.1\r\nHost: a\r\nX-A: ', id='with slow heads'),
    pytest.param(b'POST /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n' + 900000 * b' ',
                 id='with slow bodies without a token'),
    pytest.param(b'POST /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer 0\r\nContent-Length: 2\r\n\r\n{}',
                 id='with a wrong token'),
    pytest.param(b'GET / HTTP/1.1\r\nHost: a\r\n' + 500 * (b'X-A: ' + 500 * b'a' + b'\r\n') + b'\r\n', id='with big heads'),
])
def test_rest_connections(agent, first_bytes):
    with attack(agent) as peers:
        rest_peers(agent, peers, 200, first_bytes)


def test_rest_answers_that_are_not_read(agent):
    add_routes(agent, 4000)
    with attack(agent, memory=192) as peers:
        for _ in range(40):
            peer = socket.socket()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.connect(('127.0.0.1', agent.rest_port))
            peers.append(peer)
            peer.sendall(b'GET /v1/proxies HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n'
                         % Owner(agent).token.encode())
