"""gRPC through the path proxy: grpcio's own client and server, with nothing between them that knows of it but the agent."""
import concurrent.futures
import queue
import subprocess
import threading

import grpc
import pytest

from harness.free_port import free_port
from harness.waiting import LIMIT, wait_until

SERVICE = '/test.Echo/'


def _bytes(value):
    return value


class EchoServer:
    """Says back what it is sent, in all four kinds of calls; messages are plain bytes."""

    def __init__(self, credentials=None):
        self.cancelled = threading.Event()
        self.deadlines = []
        self.metadata = {}
        self.begun = 0
        self._lock = threading.Lock()
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=1100))
        kinds = {'Unary': (grpc.unary_unary_rpc_method_handler, self._unary),
                 'Down': (grpc.unary_stream_rpc_method_handler, self._down),
                 'Up': (grpc.stream_unary_rpc_method_handler, self._up),
                 'Both': (grpc.stream_stream_rpc_method_handler, self._both),
                 'Fail': (grpc.unary_unary_rpc_method_handler, self._fail),
                 'Wait': (grpc.unary_unary_rpc_method_handler, self._wait)}
        self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(
            'test.Echo', {name: make(call, _bytes, _bytes) for name, (make, call) in kinds.items()})])
        if credentials is None:
            port = self._server.add_insecure_port('127.0.0.1:0')
            self.url = 'http://127.0.0.1:%d' % port
        else:
            port = self._server.add_secure_port('localhost:0', credentials)
            self.url = 'https://localhost:%d' % port
        self._server.start()

    def close(self):
        self._server.stop(None).wait()

    def _unary(self, request, context):
        self.metadata = dict(context.invocation_metadata())
        context.send_initial_metadata([('x-initial', 'one')])
        context.set_trailing_metadata([('x-trailing', 'two'), ('x-bytes-bin', b'\x00\xff')])
        return request

    def _down(self, request, context):
        for number in range(int(request)):
            yield b'%d' % number

    def _up(self, requests, context):
        return b'|'.join(requests)

    def _both(self, requests, context):
        with self._lock:
            self.begun += 1
        for request in requests:
            yield request

    def _fail(self, request, context):
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, 'not today: 100 %\nno')

    def _wait(self, request, context):
        self.deadlines.append(context.time_remaining())
        context.add_callback(self.cancelled.set)
        self.cancelled.wait(LIMIT)
        return request


class Caller:
    """A client of the agent's proxy."""

    def __init__(self, agent):
        credentials = grpc.ssl_channel_credentials(agent.certificates.authority.read_bytes())
        # A connection of its own for each caller, and no proxy of the developer's environment.
        self.channel = grpc.secure_channel('localhost:%d' % agent.proxy_port, credentials,
                                           [('grpc.enable_http_proxy', 0), ('grpc.use_local_subchannel_pool', 1),
                                            ('grpc.enable_retries', 0)])

    def close(self):
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def unary(self, name, path=SERVICE):
        return self.channel.unary_unary(path + name, _bytes, _bytes)

    def down(self, name):
        return self.channel.unary_stream(SERVICE + name, _bytes, _bytes)

    def up(self, name):
        return self.channel.stream_unary(SERVICE + name, _bytes, _bytes)

    def both(self, name):
        return self.channel.stream_stream(SERVICE + name, _bytes, _bytes)


class Questions:
    """The requests of a stream, one at a time."""

    def __init__(self):
        self._queue = queue.Queue()

    def ask(self, request):
        self._queue.put(request)

    def end(self):
        self._queue.put(None)

    def __iter__(self):
        return self

    def __next__(self):
        request = self._queue.get()
        if request is None:
            raise StopIteration
        return request


def add_route(agent, url, **more):
    route = {'name': 'echo', 'path': SERVICE.rstrip('/'), 'origin': url + SERVICE.rstrip('/'), 'origin_protocol': 'HTTP2'}
    answer = agent.rest('PUT', '/v1/proxies/echo', json={**route, **more})
    assert answer.status_code == 200, answer.text


@pytest.fixture
def server():
    made = EchoServer()
    yield made
    made.close()


@pytest.fixture
def caller(agent, server):
    add_route(agent, server.url)
    with Caller(agent) as made:
        yield made


def test_a_unary_call_with_metadata_both_ways(caller, server):
    answer, call = caller.unary('Unary').with_call(b'hello' * 100000, timeout=LIMIT, metadata=[('x-mine', 'three')])
    assert answer == b'hello' * 100000
    assert server.metadata['x-mine'] == 'three'
    assert dict(call.initial_metadata())['x-initial'] == 'one'
    trailing = dict(call.trailing_metadata())
    assert (trailing['x-trailing'], trailing['x-bytes-bin']) == ('two', b'\x00\xff')


def test_streams_of_one_side(caller):
    assert list(caller.down('Down')(b'1000', timeout=LIMIT)) == [b'%d' % number for number in range(1000)]
    assert list(caller.down('Down')(b'0', timeout=LIMIT)) == []
    assert caller.up('Up')(iter([b'a', b'b', b'c']), timeout=LIMIT) == b'a|b|c'


def test_both_sides_talk_in_turns(caller):
    questions = Questions()
    answers = caller.both('Both')(questions, timeout=LIMIT)
    for number in range(100):
        questions.ask(b'%d' % number)
        assert next(answers) == b'%d' % number
    questions.end()
    assert list(answers) == []
    assert answers.code() == grpc.StatusCode.OK


def test_a_status_in_place_of_an_answer(caller):
    with pytest.raises(grpc.RpcError) as refused:
        caller.unary('Fail')(b'', timeout=LIMIT)
    assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert refused.value.details() == 'not today: 100 %\nno'
    with pytest.raises(grpc.RpcError) as unknown:
        caller.unary('Nothing')(b'', timeout=LIMIT)
    assert unknown.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_deadline_reaches_the_server_and_ends_the_call_at_both(caller, server):
    with pytest.raises(grpc.RpcError) as late:
        caller.unary('Wait')(b'', timeout=2)
    assert late.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert server.cancelled.wait(LIMIT)
    assert len(server.deadlines) <= 1 and all(0 < left <= 2 for left in server.deadlines)


def test_a_cancelled_call_is_cancelled_at_the_server(caller, server):
    call = caller.unary('Wait').future(b'', timeout=LIMIT)
    wait_until(lambda: server.deadlines, 'the call has reached the server')
    call.cancel()
    assert server.cancelled.wait(LIMIT)


def test_what_the_agent_refuses_is_a_status(agent, caller, server):
    with pytest.raises(grpc.RpcError) as unrouted:
        caller.unary('Unary', '/test.Other/')(b'', timeout=LIMIT)
    assert (unrouted.value.code(), unrouted.value.details()) == (grpc.StatusCode.UNIMPLEMENTED, '404 page not found')
    add_route(agent, 'http://127.0.0.1:1')
    with pytest.raises(grpc.RpcError) as down:
        caller.unary('Unary')(b'', timeout=LIMIT)
    assert down.value.code() == grpc.StatusCode.UNAVAILABLE
    assert 'cannot be connected to' in down.value.details()


@pytest.mark.parametrize('protocol', ['HTTP2', 'AUTO'])
def test_a_server_with_tls(new_agent, certificates, protocol):
    credentials = grpc.ssl_server_credentials([(certificates.key.read_bytes(), certificates.certificate.read_bytes())])
    server = EchoServer(credentials)
    agent = new_agent(environment={'SSL_CERT_FILE': str(certificates.authority)}).start()
    add_route(agent, server.url, origin_protocol=protocol)
    with Caller(agent) as caller:
        assert caller.unary('Unary')(b'hello', timeout=LIMIT) == b'hello'
    server.close()


def test_a_thousand_streams_stay_open_while_routes_change(agent, server):
    add_route(agent, server.url)
    callers = [Caller(agent) for _ in range(10)]
    streams = []
    for number in range(1000):
        questions = Questions()
        streams.append((questions, callers[number % 10].both('Both')(questions)))
        questions.ask(b'first')
    for _, answers in streams:
        assert next(answers) == b'first'
    for number in range(200):
        agent.add_route('/other/%d' % (number % 20), 'http://127.0.0.1:%d' % (1 + number))
    add_route(agent, server.url, response_headers={'set': [{'name': 'x-new', 'value': '1'}]})
    for questions, answers in streams:
        questions.ask(b'second')
        assert next(answers) == b'second'
        questions.end()
    for _, answers in streams:
        assert list(answers) == []
        assert answers.code() == grpc.StatusCode.OK
    assert server.begun == 1000
    for caller in callers:
        caller.close()


def test_health_is_asked_for_as_grpc_does(agent):
    """Without grpc's own health service among the packages: SERVING and NOT_SERVING are two bytes each."""
    serving = threading.Event()
    serving.set()
    asked = []

    def check(request, context):
        asked.append(request)
        return b'\x08\x01' if serving.is_set() else b'\x08\x02'
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(
        'grpc.health.v1.Health', {'Check': grpc.unary_unary_rpc_method_handler(check, _bytes, _bytes)})])
    url = 'http://127.0.0.1:%d' % server.add_insecure_port('127.0.0.1:0')
    server.start()
    add_route(agent, '', origin=None, origins=[{'url': url}],
              health_check={'type': 'GRPC', 'service': 'test.Echo', 'interval': '0.2s', 'timeout': '0.2s'})

    def origin():
        return agent.get('/v1/proxies/echo')['origins'][0]
    wait_until(lambda: asked and origin()['state'] == 'HEALTHY', 'it is healthy')
    assert asked[0] == b'\x0a\x09test.Echo'
    serving.clear()
    wait_until(lambda: origin()['state'] == 'FAILING', 'it fails')
    assert origin()['reason'] == 'when it was checked, it did not say that it serves'
    serving.set()
    wait_until(lambda: origin()['state'] == 'HEALTHY', 'it is healthy again')
    server.stop(None).wait()


NGINX = """
daemon off;
master_process off;
error_log stderr;
pid nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server { listen 127.0.0.1:%d http2; root .; }
}
"""


def test_an_nginx_that_speaks_http2(agent, certificates, tmp_path):
    """Asked for by clients of both versions."""
    (tmp_path / 'file').write_bytes(bytes(2_000_000))
    port = free_port()
    (tmp_path / 'nginx.conf').write_text(NGINX % port)
    origin = subprocess.Popen(['/usr/sbin/nginx', '-p', str(tmp_path), '-e', 'stderr', '-c', 'nginx.conf'])
    try:
        answer = agent.rest('PUT', '/v1/proxies/files', json={
            'name': 'files', 'path': '/files', 'origin': 'http://127.0.0.1:%d' % port, 'origin_protocol': 'HTTP2'})
        assert answer.status_code == 200, answer.text
        wait_until(lambda: agent.browse('GET', '/files/file').status_code == 200, 'nginx is up')
        assert agent.browse('GET', '/files/file').content == bytes(2_000_000)
        assert agent.browse('HEAD', '/files/file').headers['Content-Length'] == '2000000'
        assert agent.browse('GET', '/files/nothing').status_code == 404
        assert agent.browse('POST', '/files/file', data=bytes(500_000)).status_code == 405
        seen = subprocess.run(['curl', '-sS', '--http2', '--cacert', str(certificates.authority), '--resolve',
                               'localhost:%d:127.0.0.1' % agent.proxy_port, '-w', ' %{http_version}', '-o', '/dev/null',
                               'https://localhost:%d/files/file' % agent.proxy_port],
                              check=True, capture_output=True, timeout=LIMIT).stdout
        assert seen == b' 2'
        output = subprocess.run(['h2load', '-n', '2000', '-c', '4', '-m', '10',
                                 'https://localhost:%d/files/nginx.conf' % agent.proxy_port],
                                check=True, capture_output=True, timeout=LIMIT).stdout.decode()
        assert '2000 total, 2000 started, 2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout' in output, output
    finally:
        origin.terminate()
        origin.wait()
