"""No origin ever sees two requests where the proxy saw one: what programs read in different ways, sent through the proxy
to nginx, HAProxy, Node.js and Python's http.server, as HTTP/1.1 and as HTTP/2.

What the proxy lets through is read by all of them as it was read by the proxy: each origin's own log has as many
requests as the route's counter, and none of those that hide in bodies and heads.
"""
import itertools
import ssl

import pytest

from harness import counting_origins
from harness.agent import Agent
from harness.http2_client import Http2Client
from harness.raw_http import connect
from harness.waiting import wait_until
from test_http2_conformance import FRAMES, HEADS, outcome

# Of the requests that the proxy passes on in these tests.
METHODS = ('GET ', 'POST ', 'HEAD ', 'PUT ', 'DELETE ', 'OPTIONS ', 'PATCH ', 'TRACE ', 'PURGE ')
HIDDEN = b'GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n'

# How long a body is, said in ways that one program takes and another does not.
FRAMING = [
    b'Content-Length: %d' % len(HIDDEN), b'Content-Length: 0', b'Content-Length: 4', b'Content-Length: 5, 5',
    b'Content-Length: +4', b'Content-Length: -4', b'Content-Length: 0x4', b'Content-Length: 4_0', b'Content-Length: 4 0',
    b'Content-Length: 4.0', b'Content-Length:', b'Content-Length: 18446744073709551620', b'Content-Length: \x0b4',
    b'Content-Length: 4\x0c', b'Content-Length : 4', b'Content-Length\t: 4', b'Content-Length\x00: 4', b'Content_Length: 4',
    b'Content-Length: 4\x00', b' Content-Length: 4', b'X: y\rContent-Length: 4', b'X: y\nContent-Length: 4',
    b'X:\rContent-Length: 4', b'X: y\r\n Content-Length: 4', b'Content-Length: \r\n 4', b'content-length: 0004',
    b'Transfer-Encoding: chunked', b'Transfer-Encoding: Chunked', b'Transfer-Encoding:chunked', b'Transfer-Encoding:\tchunked',
    b'Transfer-Encoding: \x0bchunked', b'Transfer-Encoding: chunked\x0c', b'Transfer-Encoding : chunked',
    b'Transfer-Encoding\t: chunked', b'Transfer-Encoding: xchunked', b'Transfer-Encoding: chunkedx',
    b'Transfer-Encoding: chunked, identity', b'Transfer-Encoding: identity, chunked', b'Transfer-Encoding: identity',
    b'Transfer-Encoding: gzip, chunked', b'Transfer-Encoding: chunked, chunked', b'Transfer-Encoding: "chunked"',
    b'Transfer-Encoding: chunked;q=1', b'Transfer-Encoding: chunked,', b'Transfer-Encoding: ,chunked', b'Transfer-Encoding:',
    b'Transfer-Encoding: chunked\xa0', b'Transfer-Encoding: chun\x00ked', b'Transfer_Encoding: chunked',
    b'Transfer-Encoding\x00: chunked', b' Transfer-Encoding: chunked', b'X: y\rTransfer-Encoding: chunked',
    b'X: y\nTransfer-Encoding: chunked', b'X: y\r\n Transfer-Encoding: chunked', b'Transfer-Encoding:\r\n chunked',
    b'X:\rTransfer-Encoding: chunked', b'Transfer-Encoding: chunked\r\r', b'TE: chunked', b'X: y',
    b'Connection: Content-Length\r\nContent-Length: 4', b'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked',
    b'Connection: Host\r\nContent-Length: 4', b'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk',
    b'Expect: 100-continue\r\nContent-Length: 4', b'Expect: 200-ok\r\nContent-Length: 4',
]
SECOND = [b'', b'Content-Length: 4', b'Content-Length: %d' % len(HIDDEN), b'Transfer-Encoding: chunked']
BODIES = [b'', HIDDEN, b'abcd' + HIDDEN, b'0\r\n\r\n' + HIDDEN, b'4\r\nabcd\r\n0\r\n\r\n' + HIDDEN]

# Chunks, behind a head that says so.
CHUNKS = [first + rest for first, rest in itertools.product(
    [b'0x4\r\n', b'+4\r\n', b'-4\r\n', b'4_\r\n', b' 4\r\n', b'4 \r\n', b'4\n', b'4\r', b'4;a\n', b'4;a\rb\r\n', b'4;a="\n"\r\n',
     b'4;a="\r\n"\r\n', b'4;\x00\r\n', b'00000000000000004\r\n', b'10000000000000004\r\n', b'3\r\n', b'5\r\n', b'\r\n', b'4;a\r\n', b'04\r\n'],
    [b'abcd\r\n0\r\n\r\n' + HIDDEN, b'abcd\n0\r\n\r\n' + HIDDEN, b'abcd\r\n0\r\nX: y\r\n\r\n' + HIDDEN,
     b'abcd\r\n0\r\nContent-Length: 4\r\n\r\n' + HIDDEN, b'abcd\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n' + HIDDEN,
     b'abcd\r\n0\r\n' + HIDDEN, b'abcd\r\n0\n\r\n' + HIDDEN])]

# What a head may begin and go on with.
LINES = [
    b'GET /%s HTTP/1.1 ', b'GET /%s HTTP/1.2', b'GET /%s HTTP/2.0', b'GET /%s HTTP/1.10', b'GET /%s http/1.1', b'GET /%s',
    b'GET  /%s HTTP/1.1', b'GET\t/%s HTTP/1.1', b'get /%s HTTP/1.1', b'GET /%s\rX HTTP/1.1', b'GET /%s\x00 HTTP/1.1',
    b'GET /%s#x HTTP/1.1', b'GET http://localhost/%s HTTP/1.1', b'GET http://other/%s HTTP/1.1', b'GET http://u@localhost/%s HTTP/1.1',
    b'GET /%s/../x HTTP/1.1', b'GET /%s/%%2e%%2e/x HTTP/1.1', b'GET /%s\\..\\x HTTP/1.1', b'GET /%s;x HTTP/1.1', b'GET /%s/%%0d%%0aX:%%20y HTTP/1.1',
    b'GET /%s/\xc3\xa9 HTTP/1.1', b'\r\nGET /%s HTTP/1.1', b'\nGET /%s HTTP/1.1', b'CONNECT /%s HTTP/1.1', b'TRACE /%s HTTP/1.1',
    b'OPTIONS * HTTP/1.1', b'HEAD /%s HTTP/1.1', b'DELETE /%s HTTP/1.1', b'GET /%s?x=%%00 HTTP/1.1', b'GET /%s HTTP/1.0',
]


def cases(origin):
    """The bytes of one connection each, which has one request at most that is meant for this origin."""
    name = origin.name.encode()
    head = b'POST /%s/x HTTP/1.1\r\nHost: localhost\r\n' % name
    for first, second, body in itertools.product(FRAMING, SECOND, BODIES):
        yield head + first + b'\r\n' + (second + b'\r\n' if second else b'') + b'\r\n' + body
        if second:
            yield head + second + b'\r\n' + first + b'\r\n\r\n' + body
    for chunks in CHUNKS:
        yield head + b'Transfer-Encoding: chunked\r\n\r\n' + chunks
    for line in LINES:
        for more in (b'', b'Content-Length: %d\r\n' % len(HIDDEN)):
            yield (line % name if b'%s' in line else line) + b'\r\nHost: localhost\r\n' + more + b'\r\n' + (HIDDEN if more else b'')


@pytest.fixture(scope='module')
def agent(tmp_path_factory, certificates):
    made = Agent(tmp_path_factory.mktemp('agent'), certificates).start()
    yield made
    made.close()


@pytest.fixture(params=counting_origins.ALL, ids=lambda kind: kind.name)
def origin(request, agent, tmp_path):
    made = request.param(tmp_path / 'origin')
    agent.add_route('/' + made.name, 'http://127.0.0.1:%d' % made.port)
    yield made
    made.close()


def send(agent, data):
    """All of it, and then what ends any head, body or connection: the proxy closes in the end."""
    with connect('127.0.0.1', agent.proxy_port, agent.certificates.authority) as connection:
        try:
            connection.sendall(data + bytes(200))
            while connection.recv(65536):
                pass
        except (OSError, ssl.SSLError):
            pass  # refused before all of it was sent


def judge(agent, origin, route):
    # Behind everything on the connections that the proxy keeps.
    for _ in range(20):
        assert agent.browse('GET', '/%s/last' % route).status_code == 200
    wait_until(lambda: len([line for line in origin.lines if '/last' in line]) == 20, 'the last requests are logged')
    lines = origin.lines
    assert [line for line in lines if 'hidden' in line or 'admin' in line] == []
    assert [line for line in lines if 'BAD' in line or not line.startswith(METHODS)] == []
    seen_by_proxy = int(agent.get('/v1/proxies/' + route)['counters']['requests'])
    assert len(lines) <= seen_by_proxy, 'more requests than the proxy has passed on'
    return len(lines)


def test_requests_of_http1(agent, origin):
    all_cases = list(cases(origin))
    assert len(all_cases) > 2000
    for case in all_cases:
        send(agent, case)
    assert judge(agent, origin, origin.name) > 100, 'some of them are right'


def test_requests_of_http2(agent, origin):
    agent.add_route('/app', 'http://127.0.0.1:%d' % origin.port)
    for _, sent, _, *greeting in FRAMES + HEADS:
        with Http2Client(agent, *greeting) as client:
            client.send(sent)
            outcome(client, sent)
    assert judge(agent, origin, 'app') > 50
