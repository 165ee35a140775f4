"""HTTP/2 at the proxy as clients use it: curl, nghttp, h2load, a WebSocket; floods, drain, counters."""
import base64
import hashlib
import json
import signal
import socket
import subprocess
import threading

import h2.config
import h2.connection
import h2.events
import pytest

from harness.http2_client import Http2Client
from harness import http2_frames as frames
from harness.origin import Origin, RawOrigin
from harness.waiting import wait_until

GET = [(':method', 'GET'), (':scheme', 'https'), (':authority', 'localhost')]
CONNECT = [(':method', 'CONNECT'), (':protocol', 'websocket'), (':scheme', 'https'), (':authority', 'localhost'),
           ('sec-websocket-version', '13')]


@pytest.fixture
def origin():
    server = Origin()
    yield server
    server.close()


def head(stream, path, fields=GET, flags=frames.END_HEADERS | frames.END_STREAM):
    return frames.headers(stream, [(':path', path), *fields], flags)


def run(*command, data=None):
    return subprocess.run(command, input=data, capture_output=True, timeout=600, check=True).stdout


def curl(agent, path, *more, **data):
    return run('curl', '-sS', '--http2', '--cacert', str(agent.certificates.authority), '--resolve',
               'localhost:%d:127.0.0.1' % agent.proxy_port, 'https://localhost:%d%s' % (agent.proxy_port, path), *more,
               **data)


def counter(agent, name, **labels):
    wanted = ['%s="%s"' % pair for pair in labels.items()]
    for line in agent.rest('GET', '/metrics').text.splitlines():
        if line.startswith(name + '{') and all(label in line for label in wanted):
            return float(line.rsplit(' ', 1)[1])
    return 0.0


def test_curl(agent, origin):
    agent.add_route('/app', origin.url)
    assert curl(agent, '/app/x', '-o', '/dev/null', '-w', '%{http_version} %{http_code}') == b'2 200'
    upload = bytes(range(256)) * 8192  # 2 MiB: many windows
    answer = curl(agent, '/app/digest', '--data-binary', '@-', data=upload)
    assert answer.decode() == hashlib.sha256(upload).hexdigest()
    assert curl(agent, '/app/bytes?size=3000000') == bytes(3000000)
    assert curl(agent, '/app/chunks?count=3') == b'chunk 0\nchunk 1\nchunk 2\n'
    assert curl(agent, '/app/x', '-I').startswith(b'HTTP/2 200')
    assert curl(agent, '/app/status?code=204', '-w', '%{http_code}') == b'204'
    assert curl(agent, '/nowhere', '-w', ' %{http_code}').endswith(b' 404')


def test_curl_that_asks_before_it_sends(agent, origin):
    agent.add_route('/app', origin.url)
    answer = curl(agent, '/app/digest', '-H', 'Expect: 100-continue', '--data-binary', 'hello')
    assert answer.decode() == hashlib.sha256(b'hello').hexdigest()


def test_many_streams_of_one_connection(agent, origin):
    agent.add_route('/app', origin.url)
    urls = ['https://localhost:%d/app/bytes?size=%d' % (agent.proxy_port, 1000 * i) for i in range(50)]
    output = run('nghttp', '-n', '-s', *urls).decode()
    assert output.count(' 200 ') >= 50, output


def test_load(agent, origin):
    agent.add_route('/app', origin.url)
    output = run('h2load', '-n', '2000', '-c', '4', '-m', '10',
                 'https://localhost:%d/app/bytes?size=500' % agent.proxy_port).decode()
    assert '2000 total, 2000 started, 2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout' in output, output
    assert 'Application protocol: h2' in output
    wait_until(lambda: counter(agent, 'mex_server_requests_total', server='proxy', protocol='HTTP/2') >= 2000,
               'all of them counted')


def test_a_client_that_is_a_state_machine(agent, origin):
    """python3-h2 refuses whatever breaks the rules of the protocol."""
    agent.add_route('/app', origin.url)
    with Http2Client(agent, greeting=b'') as client:
        machine = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding='utf-8'))
        machine.initiate_connection()
        machine.send_headers(1, [*GET, (':path', '/app/bytes?size=200000')], end_stream=True)
        machine.send_headers(3, [(':method', 'POST'), *GET[1:], (':path', '/app/digest')])
        machine.send_data(3, b'hello', end_stream=True)
        bodies, ended = {1: b'', 3: b''}, set()
        while len(ended) < 2:
            client.socket.sendall(machine.data_to_send())
            for event in machine.receive_data(client.socket.recv(65536)):
                if isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] += event.data
                    machine.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    ended.add(event.stream_id)
    assert bodies == {1: bytes(200000), 3: hashlib.sha256(b'hello').hexdigest().encode()}


def test_rest_without_tls_by_prior_knowledge(agent):
    output = run('curl', '-sS', '--http2-prior-knowledge', '-w', ' %{http_version}', '-d', '{"message": "list"}',
                 agent.url('/v1/proxy'))
    body, version = output.rsplit(b' ', 1)
    assert (json.loads(body)['message'], version) == ('list', b'2')
    assert run('curl', '-sS', '--http2', '-w', '%{http_version}', '-o', '/dev/null', agent.url('/healthz')) == b'1.1'


def test_what_only_h2c_clients_offer_is_refused(agent, origin):
    """TLS without HTTP/1.1 and without HTTP/2 in common is no TLS (RFC 7301 section 3.2)."""
    agent.add_route('/app', origin.url)
    with Http2Client(agent) as client:
        client.send(head(1, '/app/x'))
        assert client.answer().status == 200
        seen = json.loads(client.answer().body)['headers']
    assert seen['X-Forwarded-Proto'] == 'https'
    assert 'Upgrade' not in seen and 'HTTP2-Settings' not in seen


def test_an_origin_that_breaks_off_resets_its_stream_only(agent, origin):
    broken = RawOrigin(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
    agent.add_route('/broken', broken.url)
    agent.add_route('/app', origin.url)
    with Http2Client(agent) as client:
        client.send(head(1, '/broken/x') + head(3, '/app/x'))
        assert client.answer(1).reset == frames.INTERNAL_ERROR
        assert client.answer(3).status == 200
        client.send(head(5, '/app/x'))
        assert client.answer(5).status == 200
    broken.close()


def test_a_dead_origin_is_a_502_and_the_log_names_the_protocol(agent, origin):
    agent.add_route('/dead', 'http://127.0.0.1:1')
    with Http2Client(agent) as client:
        client.send(head(1, '/dead/x'))
        answer = client.answer()
    assert answer.status == 502
    wait_until(lambda: answer.headers['x-request-id'] in agent.log(), 'a line in the log')
    line, = [line for line in agent.log().splitlines() if answer.headers['x-request-id'] in line]
    assert 'protocol=HTTP/2' in line


def test_early_hints_arrive_before_the_answer(agent):
    hinting = RawOrigin(b'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n'
                        b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    agent.add_route('/app', hinting.url)
    with Http2Client(agent) as client:
        client.send(head(1, '/app/x'))
        answer = client.answer()
    assert [dict(each)[':status'] for each in answer.heads] == ['103', '200']
    assert dict(answer.heads[0])['link'] == '</a.css>; rel=preload'
    hinting.close()


class WebSocketOrigin:
    """Takes upgrades and says everything back."""

    def __init__(self):
        self.heads = []
        self.ended = threading.Event()
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.url = 'http://127.0.0.1:%d' % self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._listener.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            data = b''
            while b'\r\n\r\n' not in data:
                data += connection.recv(65536)
            self.heads.append(data)
            fields = {line.split(b':')[0].lower(): line.split(b':', 1)[1].strip()
                      for line in data.split(b'\r\n')[1:-2]}
            accept = base64.b64encode(hashlib.sha1(
                fields[b'sec-websocket-key'] + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest())
            connection.sendall(b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
                               b'Sec-WebSocket-Accept: ' + accept + b'\r\n\r\n')
            try:
                while more := connection.recv(65536):
                    connection.sendall(more)
            except OSError:
                pass
            connection.close()
            self.ended.set()


@pytest.fixture
def web_socket(agent):
    server = WebSocketOrigin()
    agent.add_route('/ws', server.url)
    yield server
    server.close()


def open_web_socket(agent):
    client = Http2Client(agent)
    client.read_until(lambda: client.settings)
    assert client.settings[8] == 1
    client.send(head(1, '/ws/chat', CONNECT, frames.END_HEADERS))
    stream = client.stream(1)
    client.read_until(lambda: stream.heads)
    assert stream.status == 200
    return client, stream


def test_a_web_socket(agent, web_socket):
    client, stream = open_web_socket(agent)
    with client:
        assert 'sec-websocket-accept' not in stream.headers and 'upgrade' not in stream.headers
        request, = web_socket.heads
        assert request.startswith(b'GET /chat HTTP/1.1\r\n')
        assert b'\r\nUpgrade: websocket\r\n' in request and b'sec-websocket-version: 13\r\n' in request
        client.send(frames.data(1, b'ping'))
        client.read_until(lambda: stream.body == b'ping')
        # Beside it, the connection serves requests.
        client.send(head(3, '/nowhere'))
        assert client.answer(3).status == 404
        client.send(frames.data(1, b'last', frames.END_STREAM))
        client.read_until(lambda: stream.is_ended)
        assert stream.body == b'pinglast'
        assert web_socket.ended.wait(600)


def test_a_web_socket_ends_with_its_route_and_no_other_stream(agent, web_socket, origin):
    agent.add_route('/app', origin.url)
    client, stream = open_web_socket(agent)
    with client:
        agent.delete_route('/ws')
        client.read_until(lambda: stream.reset is not None)
        assert stream.reset == frames.CANCEL
        client.send(head(3, '/app/x'))
        assert client.answer(3).status == 200


def test_a_page_is_no_web_socket(agent, origin):
    agent.add_route('/ws', origin.url)
    with Http2Client(agent) as client:
        client.send(head(1, '/ws/chat', CONNECT, frames.END_HEADERS))
        assert client.answer().status == 501


# What clients may not do; the numbers are those of docs/http2.md.

def flood(agent, make, most):
    """How many of these a client gets through until it is sent away."""
    before = sum(counter(agent, 'mex_server_http2_abuse_total', server='proxy', kind=kind)
                 for kind in ('resets', 'idle_frames', 'settings', 'head', 'protocol'))
    with Http2Client(agent) as client:
        sent = 0
        while sent < 10 * most and client.send(b''.join(make(sent + i) for i in range(10))):
            sent += 10
        client.read_until(lambda: client.goaway is not None)
        assert client.goaway == frames.ENHANCE_YOUR_CALM
    after = sum(counter(agent, 'mex_server_http2_abuse_total', server='proxy', kind=kind)
                for kind in ('resets', 'idle_frames', 'settings', 'head', 'protocol'))
    assert after == before + 1


@pytest.mark.parametrize('make', [
    lambda i: frames.frame(frames.PING, 0, 0, bytes(8)),
    lambda i: frames.settings(),
    lambda i: frames.window_update(0, 1),
    lambda i: frames.frame(0x77),
    lambda i: head(2 * i + 1, '/app/slow?seconds=1') + frames.reset(2 * i + 1),
    lambda i: head(2 * i + 1, '/app/slow?seconds=1') + frames.window_update(2 * i + 1, 0x7fffffff),
    lambda i: head(2 * i + 1, 'no-slash'),
], ids=['ping', 'settings', 'window update', 'unknown', 'rapid reset', 'made you reset', 'malformed'])
def test_floods_end_their_connection_and_no_other(agent, origin, make):
    agent.add_route('/app', origin.url)
    with Http2Client(agent) as other:
        other.send(head(1, '/app/x'))
        assert other.answer().status == 200
        flood(agent, make, 2000)
        other.send(head(3, '/app/x'))
        assert other.answer(3).status == 200
    assert len([each for each in origin.requests if each['target'].startswith('/slow')]) <= 140


def test_a_hundred_streams_and_no_more(agent, origin):
    agent.add_route('/app', origin.url)
    with Http2Client(agent) as client:
        client.send(b''.join(head(2 * i + 1, '/app/held?count=2') for i in range(101)))
        assert client.answer(201).reset == frames.REFUSED_STREAM
        client.read_until(lambda: len([each for each in client.streams.values() if each.heads]) == 100)
        origin.may_go_on.set()
        for i in range(100):
            assert client.answer(2 * i + 1).body == b'chunk 0\nchunk 1\n'


def test_requests_under_way_are_answered_when_the_agent_is_stopped(agent, origin):
    agent.add_route('/app', origin.url)
    with Http2Client(agent) as client:
        client.send(head(1, '/app/held?count=2'))
        stream = client.stream(1)
        client.read_until(lambda: stream.body)
        agent.process.send_signal(signal.SIGTERM)
        client.read_until(lambda: client.pings)
        assert client.last_streams == [0x7fffffff]
        client.send(frames.frame(frames.PING, frames.ACK, 0, client.pings[0][1]))
        client.read_until(lambda: len(client.last_streams) == 2)
        assert client.last_streams[1] == 1
        assert client.goaway == frames.NO_ERROR
        origin.may_go_on.set()
        assert client.answer().body == b'chunk 0\nchunk 1\n'
        client.read_until(lambda: False)
        assert client.is_closed


def test_an_idle_connection_is_small(agent, origin):
    """What docs/http2.md says of its memory."""
    agent.add_route('/app', origin.url)

    def resident():
        with open('/proc/%d/status' % agent.process.pid) as status:
            return int(status.read().split('VmRSS:')[1].split()[0])

    def open_one():
        client = Http2Client(agent)
        client.send(head(1, '/app/x'))
        assert client.answer().status == 200
        return client
    clients = [open_one() for _ in range(20)]
    before = resident()
    clients += [open_one() for _ in range(100)]
    grown = resident() - before
    for client in clients:
        client.socket.close()
    assert grown / 100 < 80, '%d KiB' % (grown / 100)
