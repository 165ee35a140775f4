"""HTTP/2 at the proxy's port, a row for each rule of RFC 9113 and RFC 8441: frames that are right or wrong, what the
client is told, and what the origin behind HTTP/1.1 gets to see: a whole request, the same one, or nothing.
"""
import struct

import pytest

from harness.agent import Agent
from harness.http2_client import Http2Client
from harness.http2_frames import END_HEADERS, END_STREAM, PREFACE
from harness import http2_frames as h2
from harness.recording_origin import RecordingOrigin
from harness.waiting import wait_until

PATH = '/app/x'
OPEN = END_HEADERS  # flags of a head whose stream goes on


def get(*more, method='GET', scheme='https', authority='localhost', path=PATH):
    return [(':method', method), (':scheme', scheme), (':authority', authority), (':path', path), *more]


def post(*more):
    return get(*more, method='POST')


def without(name, fields=None):
    return [field for field in fields or get() if field[0] != name]


def head(*fields, **changed):
    return h2.headers(1, get(*fields, **changed))


def body(*fields, payload=b'hello', trailers=None):
    """A request with a body."""
    if trailers is None:
        return h2.headers(1, post(*fields), OPEN) + h2.data(1, payload, END_STREAM)
    return h2.headers(1, post(*fields), OPEN) + h2.data(1, payload) + h2.headers(1, trailers)


def raw_head(block, flags=END_HEADERS | END_STREAM, stream=1):
    return h2.frame(h2.HEADERS, flags, stream, block)


def websocket(*more, protocol='websocket', fields=None):
    return h2.headers(1, fields or [(':method', 'CONNECT'), (':protocol', protocol), (':scheme', 'https'),
                                    (':authority', 'localhost'), (':path', PATH), *more], OPEN)


# What becomes of it: a status, or one of these.
def rst(code):
    return 'RST_STREAM %d' % code


def goaway(code):
    return 'GOAWAY %d' % code


MALFORMED = rst(h2.PROTOCOL_ERROR)
BROKEN = goaway(h2.PROTOCOL_ERROR)
WRONG_SIZE = goaway(h2.FRAME_SIZE_ERROR)
BAD_HPACK = goaway(h2.COMPRESSION_ERROR)
BLOCK = h2.block(get())
GOOD = h2.headers(1, get())
THEN = h2.headers(3, get())  # shows that the connection goes on


FRAMES = [
    # name, what is sent behind the greeting, what comes of stream 1 (or of stream 3 where one is asked for)
    ('4.1 a frame of an unknown type is ignored', h2.frame(0x99, 0xff, 7, b'any') + GOOD, 200),
    ('4.1 flags without a meaning are ignored', h2.frame(h2.HEADERS, 0x5 | 0x82, 1, BLOCK), 200),
    ('4.1 the reserved bit is ignored', h2.frame(h2.HEADERS, 0x5, 0x80000001, BLOCK), 200),
    ('4.2 DATA too long', h2.headers(1, post(), OPEN) + h2.data(1, bytes(16385)), WRONG_SIZE),
    ('4.2 HEADERS too long', h2.frame(h2.HEADERS, 0x5, 1, bytes(16385)), WRONG_SIZE),
    ('4.2 an unknown type too long', h2.frame(0x99, 0, 0, bytes(16385)), WRONG_SIZE),
    ('4.3 HPACK index 0', raw_head(BLOCK + b'\x80'), BAD_HPACK),
    ('4.3 HPACK index without an entry', raw_head(BLOCK + b'\xfe'), BAD_HPACK),
    ('4.3 HPACK number without end', raw_head(BLOCK + b'\xff' + b'\xff' * 10), BAD_HPACK),
    ('4.3 HPACK text cut off', raw_head(BLOCK + b'\0\x05ab'), BAD_HPACK),
    ('4.3 HPACK padding of Huffman too long', raw_head(BLOCK + b'\0\x01x\x82\xff\xff'), BAD_HPACK),
    ('4.3 HPACK padding of Huffman of zeros', raw_head(BLOCK + b'\0\x01x\x81\x00'), BAD_HPACK),
    ('4.3 HPACK table larger than allowed', raw_head(b'\x3f\xe2\x1f' + BLOCK), BAD_HPACK),
    ('4.3 HPACK table resized behind a field', raw_head(BLOCK + b'\x20'), BAD_HPACK),
    ('4.3 HPACK table resized before the fields', raw_head(b'\x20' + BLOCK), 200),
    ('4.3 an empty block', raw_head(b''), MALFORMED),
    ('4.3 a head in two frames', raw_head(BLOCK[:9], END_STREAM) + h2.frame(h2.CONTINUATION, 0x4, 1, BLOCK[9:]), 200),
    ('4.3 a head with an empty CONTINUATION',
     raw_head(BLOCK, END_STREAM) + h2.frame(h2.CONTINUATION, 0x4, 1), 200),
    ('6.10 DATA within a head', raw_head(BLOCK, END_STREAM) + h2.data(1, b''), BROKEN),
    ('6.10 PING within a head', raw_head(BLOCK, END_STREAM) + h2.frame(h2.PING, 0, 0, bytes(8)), BROKEN),
    ('6.10 HEADERS within a head', raw_head(BLOCK, END_STREAM) + THEN, BROKEN),
    ('6.10 an unknown type within a head', raw_head(BLOCK, END_STREAM) + h2.frame(0x99), BROKEN),
    ('6.10 CONTINUATION of another stream', raw_head(BLOCK, END_STREAM) + h2.frame(h2.CONTINUATION, 0x4, 3), BROKEN),
    ('6.10 CONTINUATION without a head', h2.frame(h2.CONTINUATION, 0x4, 1, BLOCK), BROKEN),
    ('6.10 CONTINUATION behind a whole head', GOOD + h2.frame(h2.CONTINUATION, 0x4, 1, b''), BROKEN),
    ('6.10 CONTINUATION of stream 0', raw_head(BLOCK, END_STREAM) + h2.frame(h2.CONTINUATION, 0x4, 0), BROKEN),
    ('6.10 nine CONTINUATIONs', raw_head(BLOCK, END_STREAM) + h2.frame(h2.CONTINUATION, 0, 1) * 8
     + h2.frame(h2.CONTINUATION, 4, 1), goaway(h2.ENHANCE_YOUR_CALM)),
    ('5.1 DATA on an idle stream', h2.data(1, b'x'), BROKEN),
    ('5.1 RST_STREAM on an idle stream', h2.reset(1), BROKEN),
    ('5.1 WINDOW_UPDATE on an idle stream', h2.window_update(1, 1), BROKEN),
    ('5.1 PRIORITY on an idle stream', h2.frame(h2.PRIORITY, 0, 1, bytes(4) + b'\x10') + THEN, 200),
    ('5.1 HEADERS that no request can be behind a reset',
     h2.headers(1, post(), OPEN) + h2.reset(1) + h2.headers(1, post()) + THEN, 200),
    ('5.1 DATA behind a reset', h2.headers(1, post(), OPEN) + h2.reset(1) + h2.data(1, b'x') + THEN, 200),
    ('5.1 WINDOW_UPDATE behind a reset', h2.headers(1, post(), OPEN) + h2.reset(1) + h2.window_update(1, 9) + THEN, 200),
    ('5.1.1 an even stream', h2.headers(2, get()), BROKEN),
    ('5.1.1 HEADERS of stream 0', h2.headers(0, get()), BROKEN),
    ('5.1.1 streams may be left out', THEN, 200),
    ('5.3 a stream that depends on itself',
     h2.frame(h2.HEADERS, 0x25, 1, struct.pack('>IB', 1, 16) + BLOCK) + THEN, BROKEN),
    ('6.1 DATA of stream 0', h2.data(0, b'x'), BROKEN),
    ('6.1 padded DATA', h2.headers(1, post(), OPEN) + h2.frame(h2.DATA, 0x9, 1, b'\x03hello' + bytes(3)), 200),
    ('6.1 DATA that is all padding',
     h2.headers(1, post(), OPEN) + h2.frame(h2.DATA, 0x9, 1, b'\x03' + bytes(3)), 200),
    ('6.1 more padding than DATA', h2.headers(1, post(), OPEN) + h2.frame(h2.DATA, 0x9, 1, b'\x05hell'), BROKEN),
    ('6.1 padded DATA without its length', h2.headers(1, post(), OPEN) + h2.frame(h2.DATA, 0x9, 1), BROKEN),
    ('6.2 padded HEADERS', h2.frame(h2.HEADERS, 0xd, 1, b'\x03' + BLOCK + bytes(3)), 200),
    ('6.2 more padding than HEADERS', h2.frame(h2.HEADERS, 0xd, 1, b'\xff' + BLOCK), BROKEN),
    ('6.2 HEADERS with a priority', h2.frame(h2.HEADERS, 0x25, 1, struct.pack('>IB', 0, 16) + BLOCK), 200),
    ('6.2 HEADERS without their priority', h2.frame(h2.HEADERS, 0x25, 1, b'\0\0'), WRONG_SIZE),
    ('6.3 PRIORITY of stream 0', h2.frame(h2.PRIORITY, 0, 0, bytes(5)), BROKEN),
    ('6.3 PRIORITY of another size', h2.frame(h2.PRIORITY, 0, 1, bytes(4)), BROKEN),
    ('6.4 RST_STREAM of stream 0', h2.reset(0), BROKEN),
    ('6.4 RST_STREAM of another size', GOOD + h2.frame(h2.RST_STREAM, 0, 1, bytes(3)), WRONG_SIZE),
    ('6.5 SETTINGS of a stream', h2.settings(stream=1), BROKEN),
    ('6.5 SETTINGS of another size', h2.frame(h2.SETTINGS, 0, 0, bytes(5)), WRONG_SIZE),
    ('6.5 an ACK with content', h2.settings((1, 4096), flags=h2.ACK), WRONG_SIZE),
    ('6.5 an unknown setting is ignored', h2.settings((0x99, 5)) + GOOD, 200),
    ('6.5.2 ENABLE_PUSH that is neither', h2.settings((2, 2)), BROKEN),
    ('6.5.2 INITIAL_WINDOW_SIZE too large', h2.settings((4, 0x80000000)), goaway(h2.FLOW_CONTROL_ERROR)),
    ('6.5.2 MAX_FRAME_SIZE too small', h2.settings((5, 16383)), BROKEN),
    ('6.5.2 MAX_FRAME_SIZE too large', h2.settings((5, 1 << 24)), BROKEN),
    ('6.5.2 a HEADER_TABLE_SIZE of nothing', h2.settings((1, 0)) + GOOD, 200),
    ('8441 3 ENABLE_CONNECT_PROTOCOL that is neither', h2.settings((8, 2)), BROKEN),
    ('6.6 PUSH_PROMISE by a client', GOOD + h2.frame(h2.PUSH_PROMISE, 0x4, 1, struct.pack('>I', 2) + BLOCK), BROKEN),
    ('6.7 PING of a stream', h2.frame(h2.PING, 0, 1, bytes(8)), BROKEN),
    ('6.7 PING of another size', h2.frame(h2.PING, 0, 0, bytes(7)), WRONG_SIZE),
    ('6.7 an ACK that was not asked for', h2.frame(h2.PING, h2.ACK, 0, bytes(8)) + GOOD, 200),
    ('6.8 GOAWAY of a stream', h2.frame(h2.GOAWAY, 0, 1, bytes(8)), BROKEN),
    ('6.8 GOAWAY of another size', h2.frame(h2.GOAWAY, 0, 0, bytes(7)), WRONG_SIZE),
    ('6.8 what was asked before a GOAWAY is answered', GOOD + h2.frame(h2.GOAWAY, 0, 0, bytes(8)), 200),
    ('6.9 WINDOW_UPDATE of nothing', h2.window_update(0, 0), BROKEN),
    ('6.9 WINDOW_UPDATE of nothing for a stream', h2.headers(1, post(), OPEN) + h2.window_update(1, 0), BROKEN),
    ('6.9 WINDOW_UPDATE of another size', h2.frame(h2.WINDOW_UPDATE, 0, 0, bytes(3)), WRONG_SIZE),
    ('6.9.1 a window too large', h2.window_update(0, 0x7fffffff), goaway(h2.FLOW_CONTROL_ERROR)),
    ('6.9.1 a window of a stream too large',
     h2.headers(1, post(), OPEN) + h2.window_update(1, 0x7fffffff), rst(h2.FLOW_CONTROL_ERROR)),
    ('6.9.1 two updates that are too large together',
     h2.headers(1, post(), OPEN) + h2.window_update(1, 0x7fff0000) + h2.window_update(1, 0xffff),
     rst(h2.FLOW_CONTROL_ERROR)),
    ('6.9.2 a window that settings make too large',
     h2.headers(1, post(), OPEN) + h2.window_update(1, 0x7fff0000) + h2.settings((4, 0x7fffffff)),
     rst(h2.FLOW_CONTROL_ERROR)),
    ('3.4 HTTP/1.1 where HTTP/2 was agreed on', b'', BROKEN, b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    ('3.4 another preface', b'', BROKEN, PREFACE[:20] + b'XX\r\n'),
    ('3.4 a preface without settings', GOOD, BROKEN, PREFACE),
    ('3.4 PING instead of settings', b'', BROKEN, PREFACE + h2.frame(h2.PING, 0, 0, bytes(8))),
]

HEADS = [
    ('8.3.1 the least', head(), 200),
    ('8.3.1 pseudo-header fields in any order', h2.headers(1, list(reversed(get()))), 200),
    ('8.3.1 host instead of :authority', h2.headers(1, without(':authority') + [('host', 'localhost')]), 200),
    ('8.3.1 host equal to :authority', head(('host', 'localhost')), 200),
    ('8.3.1 host in other letters', head(('host', 'LOCALHOST')), 200),
    ('8.3.1 host differs', head(('host', 'other')), 400),
    ('8.3.1 host with a port beside :authority without', head(('host', 'localhost:1')), 400),
    ('8.3.1 neither', h2.headers(1, without(':authority')), MALFORMED),
    ('8.3.1 two hosts', h2.headers(1, without(':authority') + [('host', 'a'), ('host', 'a')]), MALFORMED),
    ('8.3.1 an empty host', h2.headers(1, without(':authority') + [('host', '')]), MALFORMED),
    ('8.3.1 an empty :authority', head(authority=''), MALFORMED),
    ('8.3.1 :authority with a user', head(authority='me@localhost'), 400),
    ('8.3.1 :authority with a space', head(authority='local host'), MALFORMED),
    ('8.3.1 :authority with a line', head(authority='localhost\r\nx: y'), MALFORMED),
    ('8.3.1 :authority with a path', head(authority='localhost/x'), MALFORMED),
    ('8.3.1 :authority with a comma', head(authority='a,b'), 400),
    ('8.3.1 :authority with port 0', head(authority='localhost:0'), 400),
    ('8.3.1 :authority with a port too large', head(authority='localhost:65536'), 400),
    ('8.3.1 no :method', h2.headers(1, without(':method')), MALFORMED),
    ('8.3.1 no :scheme', h2.headers(1, without(':scheme')), MALFORMED),
    ('8.3.1 no :path', h2.headers(1, without(':path')), MALFORMED),
    ('8.3.1 an empty :method', head(method=''), MALFORMED),
    ('8.3.1 an empty :scheme', head(scheme=''), MALFORMED),
    ('8.3.1 an empty :path', head(path=''), MALFORMED),
    ('8.3 two :method', h2.headers(1, [(':method', 'GET'), *get()]), MALFORMED),
    ('8.3 two :path', h2.headers(1, [(':path', '/'), *get()]), MALFORMED),
    ('8.3 two :scheme', h2.headers(1, [(':scheme', 'https'), *get()]), MALFORMED),
    ('8.3 two :authority', h2.headers(1, [(':authority', 'localhost'), *get()]), MALFORMED),
    ('8.3 a pseudo-header field behind a field',
     h2.headers(1, [*without(':path'), ('x', 'y'), (':path', PATH)]), MALFORMED),
    ('8.3 :status in a request', h2.headers(1, [*get(), (':status', '200')]), MALFORMED),
    ('8.3 an unknown pseudo-header field', h2.headers(1, [(':other', 'x'), *get()]), MALFORMED),
    ('8.3 a colon alone', h2.headers(1, [(':', 'x'), *get()]), MALFORMED),
    ('8.3.1 :path without a slash', head(path='app/x'), MALFORMED),
    ('8.3.1 :path that is a URL', head(path='https://localhost/app/x'), MALFORMED),
    ('8.3.1 :path with a space', head(path='/app/a b'), MALFORMED),
    ('8.3.1 :path with a tab', head(path='/app/a\tb'), MALFORMED),
    ('8.3.1 :path with a version', head(path='/app/x HTTP/1.1'), MALFORMED),
    ('8.3.1 :path with a second request',
     head(path='/app/x HTTP/1.1\r\nhost: localhost\r\n\r\nGET /app/admin'), MALFORMED),
    ('8.3.1 :path with LF', head(path='/app/a\nb'), MALFORMED),
    ('8.3.1 :path with CR', head(path='/app/a\rb'), MALFORMED),
    ('8.3.1 :path with NUL', head(path='/app/a\0b'), MALFORMED),
    ('8.3.1 :path with DEL', head(path='/app/a\x7f'), MALFORMED),
    ('8.3.1 :path that is not ASCII', head(path='/app/\u00e4'), 400),
    ('8.3.1 :path with a fragment', head(path='/app/x#y'), 400),
    ('8.3.1 :path with a backslash', head(path='/app/..\\x'), 400),
    ('8.3.1 :path above the root', head(path='/app/../../x'), 400),
    ('8.3.1 :path with an escaped way up', head(path='/app/..%2fx'), 400),
    ('8.3.1 :path with a bad escape', head(path='/app/%zz'), 400),
    ('8.3.1 :path with an escaped NUL', head(path='/app/%00'), 400),
    ('8.3.1 :path too long', head(path='/app/' + 'x' * 9000), 414),
    ('8.3.1 * for GET', head(path='*'), MALFORMED),
    ('8.3.1 * for OPTIONS has no route', head(method='OPTIONS', path='*'), 400),
    ('8.3.1 OPTIONS of a path', head(method='OPTIONS'), 200),
    ('8.3.1 a method in small letters', head(method='get'), 400),
    ('8.3.1 a method with a space', head(method='GET /app/x'), MALFORMED),
    ('8.3.1 a method with a line', head(method='GET / HTTP/1.1\r\nx'), MALFORMED),
    ('8.3.1 an unknown method', head(method='PURGE'), 200),
    ('8.3.1 a scheme of another kind', head(scheme='ftp'), 400),
    ('8.3.1 a scheme with a path', head(scheme='https://other/'), MALFORMED),
    ('8.3.1 a scheme with a line', head(scheme='https\r\nx: y'), MALFORMED),
    ('8.2 a name in capitals', head(('X-Name', 'y')), MALFORMED),
    ('8.2 content-length in capitals', head(('Content-Length', '0')), MALFORMED),
    ('8.2.1 an empty name', head(('', 'y')), MALFORMED),
    ('8.2.1 a name with a space', head(('x y', 'z')), MALFORMED),
    ('8.2.1 a name with a space behind', head(('content-length ', '5')), MALFORMED),
    ('8.2.1 a name with a colon', head(('x:y', 'z')), MALFORMED),
    ('8.2.1 a name with a line', head(('x\r\ny', 'z')), MALFORMED),
    ('8.2.1 a name with NUL', head(('x\0y', 'z')), MALFORMED),
    ('8.2.1 a name that is not ASCII', head((b'x\xff', 'z')), MALFORMED),
    ('8.2.1 a name with a value', head(('transfer-encoding: chunked\r\nx', 'y')), MALFORMED),
    ('8.2.1 a value with CR LF', head(('x', 'y\r\nz: 1')), MALFORMED),
    ('8.2.1 a value with two lines and a request',
     head(('x', 'y\r\n\r\nGET /app/admin HTTP/1.1\r\nhost: localhost\r\n\r\n')), MALFORMED),
    ('8.2.1 a value with LF', head(('x', 'y\nz: 1')), MALFORMED),
    ('8.2.1 a value with CR', head(('x', 'y\rz')), MALFORMED),
    ('8.2.1 a value with NUL', head(('x', 'y\0z')), MALFORMED),
    ('8.2.1 a value with a control byte', head(('x', 'y\x01z')), MALFORMED),
    ('8.2.1 a value with DEL', head(('x', 'y\x7fz')), MALFORMED),
    ('8.2.1 a value with a space before', head(('x', ' y')), MALFORMED),
    ('8.2.1 a value with a tab behind', head(('x', 'y\t')), MALFORMED),
    ('8.2.1 a value with a tab within', head(('x', 'y\tz')), 200),
    ('8.2.1 an empty value', head(('x', '')), 200),
    ('8.2.1 a value that is not ASCII', head(('x', b'\xc3\xa4')), 200),
    ('8.2.2 connection', head(('connection', 'keep-alive')), MALFORMED),
    ('8.2.2 connection that names a field', head(('connection', 'x-forwarded-for')), MALFORMED),
    ('8.2.2 keep-alive', head(('keep-alive', 'timeout=5')), MALFORMED),
    ('8.2.2 proxy-connection', head(('proxy-connection', 'close')), MALFORMED),
    ('8.2.2 transfer-encoding', body(('transfer-encoding', 'chunked'), payload=b'0\r\n\r\n'), MALFORMED),
    ('8.2.2 transfer-encoding identity', body(('transfer-encoding', 'identity')), MALFORMED),
    ('8.2.2 upgrade', head(('upgrade', 'websocket')), MALFORMED),
    ('8.2.2 upgrade to h2c', head(('upgrade', 'h2c')), MALFORMED),
    ('8.2.2 te: trailers', head(('te', 'trailers')), 200),
    ('8.2.2 te: TRAILERS', head(('te', 'TRAILERS')), 200),
    ('8.2.2 te: gzip', head(('te', 'gzip')), MALFORMED),
    ('8.2.2 te: trailers, chunked', head(('te', 'trailers, chunked')), MALFORMED),
    ('8.2.3 crumbs of a cookie', head(('cookie', 'a=1'), ('cookie', 'b=2')), 200),
    ('8.1 a body', body(), 200),
    ('8.1 an empty body', body(payload=b''), 200),
    ('8.1 a body with its length', body(('content-length', '5')), 200),
    ('8.1 a length of nothing', head(('content-length', '0')), 200),
    ('8.1.1 a length without a body', head(('content-length', '5')), MALFORMED),
    ('8.1.1 a body longer than its length', body(('content-length', '4')), MALFORMED),
    ('8.1.1 a body shorter than its length', body(('content-length', '6')), MALFORMED),
    ('8.1.1 a body behind a length of nothing', body(('content-length', '0')), MALFORMED),
    ('8.1.1 two lengths', body(('content-length', '5'), ('content-length', '5')), MALFORMED),
    ('8.1.1 two lengths that differ', body(('content-length', '5'), ('content-length', '6')), MALFORMED),
    ('8.1.1 a list of lengths', body(('content-length', '5, 5')), MALFORMED),
    ('8.1.1 a length with a sign', body(('content-length', '+5')), MALFORMED),
    ('8.1.1 a length below nothing', body(('content-length', '-5')), MALFORMED),
    ('8.1.1 a length in hexadecimal', body(('content-length', '0x5')), MALFORMED),
    ('8.1.1 a length with a space', body(('content-length', '5 ')), MALFORMED),
    ('8.1.1 an empty length', body(('content-length', '')), MALFORMED),
    ('8.1.1 a length too large', body(('content-length', '9' * 20)), MALFORMED),
    ('8.1.1 a length larger than 2^63', body(('content-length', '9223372036854775808')), MALFORMED),
    ('8.1 trailers', body(trailers=[('x-sum', '5')]), 200),
    ('8.1 trailers that do not end the stream',
     h2.headers(1, post(), OPEN) + h2.headers(1, [('x-sum', '5')], OPEN), MALFORMED),
    ('8.1 trailers with a pseudo-header field', body(trailers=[(':path', '/app/y')]), MALFORMED),
    ('8.1 trailers with a length', body(trailers=[('content-length', '5')]), MALFORMED),
    ('8.1 trailers with a host', body(trailers=[('host', 'other')]), MALFORMED),
    ('8.1 trailers with transfer-encoding', body(trailers=[('transfer-encoding', 'chunked')]), MALFORMED),
    ('8.1 trailers with a line', body(trailers=[('x', 'y\r\nz: 1')]), MALFORMED),
    ('8.1 trailers with a name in capitals', body(trailers=[('X-Sum', '5')]), MALFORMED),
    ('8.5 CONNECT', h2.headers(1, [(':method', 'CONNECT'), (':authority', 'localhost:443')], OPEN), 501),
    ('8.5 CONNECT with a path', h2.headers(1, get(method='CONNECT'), OPEN), MALFORMED),
    ('8.5 CONNECT without an authority', h2.headers(1, [(':method', 'CONNECT')], OPEN), MALFORMED),
    ('8441 4 another protocol', websocket(protocol='connect-udp'), 501),
    ('8441 4 :protocol for GET', h2.headers(1, [(':protocol', 'websocket'), *get()]), MALFORMED),
    ('8441 4 without :path', websocket(fields=[(':method', 'CONNECT'), (':protocol', 'websocket'),
                                               (':scheme', 'https'), (':authority', 'localhost')]), MALFORMED),
    ('8441 4 without :authority', websocket(fields=[(':method', 'CONNECT'), (':protocol', 'websocket'),
                                                    (':scheme', 'https'), (':path', PATH)]), MALFORMED),
    ('8441 4 with a length', websocket(('content-length', '5')), MALFORMED),
    ('9110 10.1.1 an unknown expectation', body(('expect', 'the-moon')), 417),
    ('10.5.1 a head of many bytes', head(('x', 'y' * 16000)), 200),
    ('10.5.1 too many fields', head(*[('x', 'y')] * 101), 431),
]

# Of what is passed on, what the origin reads first, and its body.
PASSED_ON = [
    ('a request', head(), b'GET /x HTTP/1.1', b''),
    ('a query', head(path='/app/x?a=b&c'), b'GET /x?a=b&c HTTP/1.1', b''),
    ('a method', head(method='DELETE'), b'DELETE /x HTTP/1.1', b''),
    ('a body with its length', body(('content-length', '5')), b'POST /x HTTP/1.1', b'hello'),
    ('a body without', body(), b'POST /x HTTP/1.1', b'hello'),
    ('a body that looks like the end of one', body(payload=b'0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n'), b'POST /x HTTP/1.1',
     b'0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n'),
    ('a body in pieces', h2.headers(1, post(), OPEN) + h2.data(1, b'he') + h2.data(1, b'') + h2.data(1, b'llo', 1),
     b'POST /x HTTP/1.1', b'hello'),
    ('a GET with a body', h2.headers(1, get(), OPEN) + h2.data(1, b'hello', END_STREAM), b'GET /x HTTP/1.1', b'hello'),
    ('a HEAD with a body', h2.headers(1, get(method='HEAD'), OPEN) + h2.data(1, b'hello', END_STREAM),
     b'HEAD /x HTTP/1.1', b'hello'),
    ('trailers', body(trailers=[('x-sum', '5')]), b'POST /x HTTP/1.1', b'hello'),
]


@pytest.fixture(scope='module')
def origin():
    server = RecordingOrigin()
    yield server
    server.close()


@pytest.fixture(scope='module')
def proxy(tmp_path_factory, certificates, origin):
    agent = Agent(tmp_path_factory.mktemp('http2'), certificates)
    agent.start()
    agent.add_route('/app', origin.url)
    yield agent
    agent.close()


def outcome(client, sent):
    number = 3 if THEN in sent else 1
    stream = client.answer(number)
    if client.has_bad_goaway():
        return goaway(client.goaway)
    if stream.reset not in (None, h2.NO_ERROR):
        return rst(stream.reset)
    return stream.status if stream.is_ended else 'the connection ended'


def judge(proxy, rows):
    wrong = []
    for name, sent, expected, *greeting in rows:
        with Http2Client(proxy, *greeting) as client:
            client.send(sent)
            result = outcome(client, sent)
        if result != expected:
            wrong.append('%s: %s, not %s' % (name, result, expected))
    return '\n'.join(wrong)


def test_the_rules_of_frames(proxy):
    assert judge(proxy, FRAMES) == ''


def test_the_rules_of_heads_and_bodies(proxy, origin):
    del origin.requests[:]
    assert judge(proxy, HEADS) == ''
    passed_on = [row for row in HEADS if row[2] == 200]
    wait_until(lambda: len(origin.requests) >= len(passed_on), 'all requests that were answered')
    assert len(origin.requests) == len(passed_on), 'what is refused reaches no origin'
    for request, _ in origin.requests:
        assert b'/admin' not in request and b'\r\nz:' not in request
    assert not [each for each in origin.unread if b'HTTP' not in each]


@pytest.mark.parametrize('row', PASSED_ON, ids=lambda row: row[0])
def test_an_origin_reads_the_request_that_was_sent(proxy, origin, row):
    _, sent, line, expected = row
    del origin.requests[:]
    with Http2Client(proxy) as client:
        client.send(sent)
        assert client.answer().status == 200
    (request, received), = origin.requests
    assert request.startswith(line + b'\r\n')
    assert received == expected
    fields = [field.split(b': ')[0].lower() for field in request.split(b'\r\n')[1:-2]]
    assert fields.count(b'host') == 1
    assert fields.count(b'content-length') + fields.count(b'transfer-encoding') <= 1


def test_crumbs_of_cookies_are_one_line_to_the_origin(proxy, origin):
    del origin.requests[:]
    with Http2Client(proxy) as client:
        client.send(head(('cookie', 'a=1'), ('x', 'y'), ('cookie', 'b=2; c=3')))
        assert client.answer().status == 200
    (request, _), = origin.requests
    assert b'\r\ncookie: a=1; b=2; c=3\r\n' in request
    assert request.lower().count(b'cookie:') == 1


def test_what_clients_say_in_forwarding_headers_ends_at_the_proxy(proxy, origin):
    del origin.requests[:]
    names = ['x-real-ip', 'forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x_real_ip',
             'true-client-ip', 'x-original-url']
    with Http2Client(proxy) as client:
        client.send(head(*[(name, '6.6.6.6') for name in names]))
        assert client.answer().status == 200
    (request, _), = origin.requests
    assert b'6.6.6.6' not in request
    assert b'X-Forwarded-Proto: https\r\n' in request


def test_ping_is_answered_with_its_content(proxy):
    with Http2Client(proxy) as client:
        client.send(h2.frame(h2.PING, 0, 0, b'abcdefgh'))
        client.read_until(lambda: client.pings)
    assert client.pings == [(h2.ACK, b'abcdefgh')]


def test_what_is_announced(proxy):
    with Http2Client(proxy) as client:
        client.read_until(lambda: client.settings)
    assert client.settings == {3: 100, 4: 65535, 6: 32768, 8: 1, 9: 1}
