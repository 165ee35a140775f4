"""The same bytes through the path proxy and through an nginx instance: every difference is a row of docs/nginx.md.

An origin answers with the bytes that it got. What it saw and what the client saw are compared; what one of the planes
always says (Host, Forwarded and the like) is the row `plain`, and is left out of all others.
"""
import pathlib
import re

import pytest

from harness import nginx, raw_http
from harness.agent import Agent
from harness.raw_http import Mirror

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / 'docs/nginx.md'
HEADING = '### Where the path proxy and nginx differ'
# What one of the planes always says or leaves out: of requests, and of answers. How a body is framed is between
# neighbours, and what it is in the end is compared.
OF_REQUESTS = {'host', 'forwarded', 'x-forwarded-port', 'x-forwarded-prefix', 'x-real-ip', 'x-origin-host', 'cdn-loop',
               'x-request-id'}
FRAMING = {'content-length', 'transfer-encoding', 'expect'}
OF_ANSWERS = {'connection', 'keep-alive', 'date', 'server'}


def request(*lines, target='/m/x', method='GET', version='HTTP/1.1', host='edge.example', body=b''):
    head = ['%s %s %s' % (method, target, version)] + (['Host: ' + host] if host else []) + list(lines)
    return '\r\n'.join(head).encode('latin-1') + b'\r\n\r\n' + body


def post(*lines, body=b'hello'):
    return request(*lines, method='POST', body=body)


CHUNKED = b'5\r\nhello\r\n0\r\n\r\n'
REQUESTS = {
    'plain': request(),
    'query': request(target='/m/x?a=b&c=%20d'),
    'double slash': request(target='/m//x'),
    'double slash first': request(target='//m/x'),
    'escaped letters': request(target='/m/%41%62'),
    'escaped slash': request(target='/m/a%2Fb'),
    'dot segments': request(target='/m/./a/../x'),
    'dot segments out': request(target='/m/../x'),
    'dot segments above': request(target='/../../x'),
    'escaped NUL': request(target='/m/%00'),
    'backslash': request(target='/m/a\\b'),
    'fragment': request(target='/m/x#part'),
    'raw byte in target': request(target='/m/\xe9'),
    'broken escape': request(target='/m/%zz'),
    'absolute form': request(target='http://edge.example/m/x'),
    'absolute form, another host': request(target='http://other.example/m/x'),
    'asterisk form': request(target='*', method='OPTIONS'),
    'HEAD': request(method='HEAD'),
    'OPTIONS': request(method='OPTIONS'),
    'TRACE': request(method='TRACE'),
    'CONNECT': request(method='CONNECT', target='edge.example:80'),
    'unknown method': request(method='BREW'),
    'method in lower case': request(method='get'),
    'HTTP/1.0': request(version='HTTP/1.0'),
    'HTTP/1.0 without Host': request(version='HTTP/1.0', host=None),
    'HTTP/1.2': request(version='HTTP/1.2'),
    'HTTP/2.0': request(version='HTTP/2.0'),
    'no Host': request(host=None),
    'Host twice': request('Host: other.example'),
    'Host twice, the same': request('Host: edge.example'),
    'Host that is none': request(host='a/b'),
    'line ends without CR': b'GET /m/x HTTP/1.1\nHost: edge.example\n\n',
    'underscore in a name': request('api_key: 1'),
    'dot in a name': request('api.key: 1'),
    'space in a name': request('bad name: 1'),
    'space before the colon': request('X-A : 1'),
    'no name': request(': 1'),
    'no colon': request('X-A'),
    'folded line': request('X-A: 1\r\n 2'),
    'empty value': request('X-A:'),
    'control byte in a value': request('X-A: a\x01b'),
    'NUL in a value': request('X-A: a\x00b'),
    'raw byte in a value': request('X-A: \xe9'),
    'a header twice': request('X-A: 1', 'X-A: 2'),
    'cookie of 12 KB': request('Cookie: c=' + 'x' * 12000),
    'line of 30 KB': request('X-A: ' + 'x' * 30000),
    'head of 50 KB': request('X-A: ' + 'x' * 25000, 'X-B: ' + 'x' * 25000),
    'head of 200 KB': request(*('X-%d: ' % i + 'x' * 20000 for i in range(10))),
    'target of 7 KB': request(target='/m/' + 'x' * 7000),
    'target of 20 KB': request(target='/m/' + 'x' * 20000),
    'target of 40 KB': request(target='/m/' + 'x' * 40000),
    '90 headers': request(*('X-%d: 1' % i for i in range(90))),
    'what proxies say': request('X-Real-IP: 6.6.6.6', 'X-Forwarded-For: 6.6.6.6', 'Forwarded: for=6.6.6.6',
                                'X_Real_IP: 6.6.6.6', 'X-Original-URL: /6.6.6.6', 'X-Forwarded-Prefix: /6.6.6.6'),
    'X-Forwarded- and anything': request('X-Forwarded-Sixes: 6.6.6.6'),
    'Connection names a header': request('Connection: close, X-A', 'X-A: 1'),
    'Connection names Host': request('Connection: close, Host'),
    'headers of one connection': request('Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive', 'TE: trailers',
                                         'Proxy-Authorization: Basic eDp4', 'Trailer: X-A'),
    'Upgrade: websocket': request('Connection: Upgrade', 'Upgrade: websocket'),
    'Upgrade without Connection': request('Upgrade: websocket'),
    'Upgrade: h2c': request('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'),
    'Expect: 100-continue': post('Content-Length: 5', 'Expect: 100-continue'),
    'Expect: something else': post('Content-Length: 5', 'Expect: more'),
    'a length': post('Content-Length: 5'),
    'a length of GET': request('Content-Length: 5', body=b'hello'),
    'chunked': post('Transfer-Encoding: chunked', body=CHUNKED),
    'chunk extensions': post('Transfer-Encoding: chunked', body=b'5;a=b\r\nhello\r\n0\r\n\r\n'),
    'trailers': post('Transfer-Encoding: chunked', 'Trailer: X-A', body=b'5\r\nhello\r\n0\r\nX-A: 1\r\n\r\n'),
    'length and chunked': post('Content-Length: 5', 'Transfer-Encoding: chunked', body=CHUNKED),
    'chunked and length': post('Transfer-Encoding: chunked', 'Content-Length: 5', body=CHUNKED),
    'length twice': post('Content-Length: 5', 'Content-Length: 6'),
    'length twice, the same': post('Content-Length: 5', 'Content-Length: 5'),
    'list of lengths': post('Content-Length: 5, 5'),
    'length with a sign': post('Content-Length: +5'),
    'length below zero': post('Content-Length: -5'),
    'length in hexadecimal': post('Content-Length: 0x5'),
    'length beyond all': post('Content-Length: 99999999999999999999'),
    'chunked twice': post('Transfer-Encoding: chunked, chunked', body=CHUNKED),
    'chunked in two lines': post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked', body=CHUNKED),
    'gzip, chunked': post('Transfer-Encoding: gzip, chunked', body=CHUNKED),
    'identity': post('Transfer-Encoding: identity', 'Content-Length: 5'),
    'xchunked': post('Transfer-Encoding: xchunked', body=CHUNKED),
    'Chunked': post('Transfer-Encoding: Chunked', body=CHUNKED),
    'chunked with a tab': post('Transfer-Encoding:\tchunked', body=CHUNKED),
    'chunked of HTTP/1.0': request('Transfer-Encoding: chunked', method='POST', version='HTTP/1.0', body=CHUNKED),
    'transfer_encoding': post('Content-Length: 5', 'transfer_encoding: chunked'),
    'chunk size that is none': post('Transfer-Encoding: chunked', body=b'z\r\nhello\r\n0\r\n\r\n'),
    'chunk size with a space': post('Transfer-Encoding: chunked', body=b'5 \r\nhello\r\n0\r\n\r\n'),
    'chunk size beyond all': post('Transfer-Encoding: chunked', body=b'ffffffffffffffffff\r\nhello\r\n0\r\n\r\n'),
    'chunk without CR': post('Transfer-Encoding: chunked', body=b'5\nhello\n0\n\n'),
}

OK = b'HTTP/1.1 200 OK\r\n'
# Whole messages of an origin, which closes the connection after some of them.
ANSWERS = {
    'answer with a length': OK + b'Content-Length: 5\r\n\r\nhello',
    'answer in chunks': OK + b'Transfer-Encoding: chunked\r\n\r\n' + CHUNKED,
    'answer with trailers': OK + b'Transfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n5\r\nhello\r\n0\r\nX-A: 1\r\n\r\n',
    'answer with length and chunked': OK + b'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n' + CHUNKED,
    'answer with two lengths': OK + b'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    'answer with a head of 60 KB': OK + b'X-A: ' + b'x' * 60000 + b'\r\nContent-Length: 5\r\n\r\nhello',
    'answer with a head of 70 KB': OK + b'X-A: ' + b'x' * 70000 + b'\r\nContent-Length: 5\r\n\r\nhello',
    'answer after 103': b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' + OK + b'Content-Length: 5\r\n\r\nhello',
    'answer 204': b'HTTP/1.1 204 No Content\r\n\r\n',
    'answer 304': b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
    'answer that names a header of one connection': OK + b'Connection: X-A\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello',
    'answer that directs nginx': OK + b'X-Accel-Redirect: /other\r\nContent-Length: 5\r\n\r\nhello',
    'answer with a folded line': OK + b'X-A: 1\r\n 2\r\nContent-Length: 5\r\n\r\nhello',
    'answer that is none': b'SMTP ready\r\n\r\n',
    'answer with status 99': b'HTTP/1.1 099 Low\r\nContent-Length: 5\r\n\r\nhello',
    'answer 429': b'HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nhello',
}


@pytest.fixture(scope='module')
def planes(own_network, tmp_path_factory, certificates):
    """The ports of both, and the origin of both."""
    mirror = Mirror()
    agent = Agent(tmp_path_factory.mktemp('agent'), certificates, flags=['-nginx_runtime', 'process']).start()
    agent.add_route('/m', 'http://%s/m' % mirror.origin)
    answer = agent.rest('PUT', '/v1/nginx-proxies/a', {'ports': [
        {'protocol': 'HTTP', 'external': 8443, 'tls': True, 'path': '/m', 'origins': [{'address': mirror.origin}]}]})
    assert answer.status_code == 200, answer.text
    yield {'path': ('127.0.0.1', agent.proxy_port), 'nginx': ('127.0.0.1', 8443)}, mirror, certificates
    agent.close()
    nginx.end_all(agent)
    mirror.close()


def compared(fields, without):
    """Protocols and options have no case."""
    return sorted((name, value.lower() if name in ('connection', 'upgrade') else value) for name, value in fields
                  if name not in without)


def through(plane, mirror, authority, words, without):
    """What the origin saw and what the client saw, in a form that can be compared."""
    of_requests, of_answers = without
    mirror.seen.clear()
    with raw_http.connect(*plane, authority) as connection:
        status, head, body = raw_http.ask(connection, words, has_body=not words.startswith(b'HEAD '))
    seen = None
    if mirror.seen:
        got, _, got_body = mirror.seen[-1].partition(b'\r\n\r\n')
        framing, fields = raw_http.body_of(got), compared(raw_http.fields(got), of_requests | FRAMING)
        seen = (got.split(b'\r\n')[0], fields, raw_http.dechunked(got_body) if framing == 'chunked' else got_body)
    is_of_the_origin = seen is not None and status < 500
    fields = compared(raw_http.fields(head), of_answers) if is_of_the_origin else None
    # A mirror's body has what differs always, and so has its length.
    is_mirrored = seen is not None and (body.startswith(seen[0]) or words.startswith(b'HEAD '))
    return {'status': status, 'origin': seen, 'fields': fields if not is_mirrored else None,
            'body': body if is_of_the_origin and not is_mirrored else None}


def documented():
    text = DOCUMENT.read_text()
    section = text[text.index(HEADING):].split('\n## ')[0]
    return set(re.findall(r'^\| `([^`]+)` \|', section, re.MULTILINE))


def shown(result):
    return {name: str(value)[:160] for name, value in result.items()}


def test_every_difference_is_documented(planes):
    ports, mirror, certificates = planes
    different = {}
    for name in [*REQUESTS, *ANSWERS]:
        words = REQUESTS.get(name) or request()
        mirror.answers = {b'/m/': ANSWERS[name]} if name in ANSWERS else {}  # and closes the connection
        without = (set(), set()) if name == 'plain' else (OF_REQUESTS, OF_ANSWERS)
        results = {plane: through(port, mirror, certificates.authority, words, without) for plane, port in ports.items()}
        if results['path'] != results['nginx']:
            different[name] = {plane: shown(result) for plane, result in results.items()}
    for name, result in different.items():
        print('\n%s\n  path:  %s\n  nginx: %s' % (name, result['path'], result['nginx']))
    rows = documented()
    assert not set(different) - rows, 'differences without a row'
    assert not rows - set(different), 'rows without a difference'
