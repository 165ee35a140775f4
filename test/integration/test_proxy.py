"""The reverse proxy: routes added, replaced and deleted live, and what travels through them."""
import hashlib
import http.client
import json
import socket
import ssl
import threading
import time

import pytest

from harness.certificates import Certificates
from harness.free_port import free_port
from harness.origin import Origin, RawOrigin
from harness.waiting import LIMIT, wait_until

SEED_ADD = """\
curl  http://agent1.medge.gq:18889/v1/proxy -H "Content-Type: application/json" -d '{ "message": "add", "proxies": [  {"path": "/test2", "origin":"http://10.101.101.202:8081" } ] }'"""
SEED_BROWSE = 'curl https://agent1.medge.gq/test2'


@pytest.fixture
def origin():
    server = Origin()
    yield server
    server.close()


@pytest.fixture
def raw_origin():
    """A function that makes origins that answer given bytes."""
    made = []

    def make(answer):
        made.append(RawOrigin(answer))
        return made[-1]
    yield make
    for each in made:
        each.close()


def tls_connection(agent):
    context = ssl.create_default_context(cafile=str(agent.certificates.authority))
    plain = socket.create_connection(('127.0.0.1', agent.proxy_port), timeout=LIMIT)
    return context.wrap_socket(plain, server_hostname='localhost')


def read_all(connection):
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b''.join(parts)


# The documented commands and the form of the answers.

def test_the_documented_commands(agent, origin):
    line = SEED_ADD.replace('http://10.101.101.202:8081', origin.url)
    assert line != SEED_ADD
    added = agent.curl(line)
    assert json.loads(added.stdout) == {'message': 'add', 'status': 'OK'}, added.stderr
    browsed = agent.curl(SEED_BROWSE)
    assert json.loads(browsed.stdout)['target'] == '/', browsed.stderr


def test_the_documented_address_is_taken_as_written(agent):
    assert json.loads(agent.curl(SEED_ADD).stdout) == {'message': 'add', 'status': 'OK'}
    listed = agent.post('/v1/proxy', {'message': 'list'})
    assert listed == {'message': 'list', 'status': 'map[/test2:http://10.101.101.202:8081]'}


def test_status_and_resources_show_the_routes(agent, origin):
    agent.add_route('/test2', origin.url)
    agent.browse('GET', '/test2/bytes?size=1000')
    assert agent.post('/v1/status', {})['proxies'] == [{'origin': origin.url, 'path': '/test2'}]
    route, = agent.get('/v1/proxies')['proxies']
    assert (route['path'], route['origin']) == ('/test2', origin.url)
    counters = agent.get('/v1/proxies/test2')['counters']
    assert (int(counters['requests']), int(counters['responses_2xx'])) == (1, 1)
    assert int(counters['response_bytes']) >= 1000


# Where a path leads.

@pytest.mark.parametrize('base, asked, target', [
    ('', '/test2', '/'),
    ('', '/test2?q=1', '/?q=1'),
    ('', '/test2/', '/'),
    ('', '/test2/x/y?q=1&r', '/x/y?q=1&r'),
    ('/base', '/test2', '/base'),
    ('/base', '/test2/x', '/base/x'),
    ('/base/', '/test2/x', '/base/x'),
])
def test_a_plain_path_is_a_prefix_that_is_cut_off(agent, origin, base, asked, target):
    agent.add_route('/test2', origin.url + base)
    assert agent.browse('GET', asked).json()['target'] == target


def test_a_prefix_ends_at_a_segment(agent, origin):
    agent.add_route('/test2', origin.url)
    assert agent.browse('GET', '/test22').status_code == 404
    assert agent.browse('GET', '/').status_code == 404
    assert origin.requests == []


@pytest.mark.parametrize('base, asked, target', [
    ('', '/app/', '/'),
    ('', '/app/a/b?x=1', '/a/b?x=1'),
    ('', '/app/a/b/', '/a/b'),
    ('/base/', '/app/z', '/base/z'),
    ('/base/', '/app/', '/base'),
])
def test_a_wildcard_path_is_rewritten_as_ever(agent, origin, base, asked, target):
    agent.add_route('/app/*catchall', origin.url + base)
    assert agent.browse('GET', asked).json()['target'] == target


@pytest.mark.parametrize('method, status', [('GET', 301), ('HEAD', 301), ('POST', 307), ('DELETE', 307)])
def test_a_wildcard_path_without_its_slash_is_redirected(agent, origin, method, status):
    agent.add_route('/app/*catchall', origin.url)
    answer = agent.browse(method, '/app')
    assert (answer.status_code, answer.headers['Location']) == (status, '/app/')


def test_the_longest_path_wins(agent):
    short, long = Origin('short'), Origin('long')
    agent.add_route('/a', short.url)
    agent.add_route('/a/b', long.url)
    assert agent.browse('GET', '/a/x').json()['origin'] == 'short'
    assert agent.browse('GET', '/a/b/x').json()['origin'] == 'long'
    agent.delete_route('/a/b')
    assert agent.browse('GET', '/a/b/x').json()['origin'] == 'short'
    short.close()
    long.close()


# Live changes.

def test_adding_again_replaces_at_once(agent):
    old, new = Origin('old'), Origin('new')
    agent.add_route('/p', old.url)
    assert agent.browse('GET', '/p').json()['origin'] == 'old'
    agent.add_route('/p', new.url)
    assert agent.browse('GET', '/p').json()['origin'] == 'new'
    old.close()
    new.close()


def test_a_deleted_route_is_gone_and_deleting_twice_is_fine(agent, origin):
    agent.add_route('/p', origin.url)
    assert agent.delete_route('/p') == {'message': 'delete', 'status': 'OK'}
    assert agent.browse('GET', '/p').status_code == 404
    assert agent.delete_route('/p') == {'message': 'delete', 'status': 'OK'}
    assert agent.post('/v1/proxy', {'message': 'list'})['status'] == 'map[]'


def test_routes_survive_kill_and_restart(agent, origin):
    agent.add_route('/kept', origin.url)
    agent.add_route('/gone', origin.url)
    agent.delete_route('/gone')
    agent.restart()
    assert agent.browse('GET', '/kept').status_code == 200
    assert agent.browse('GET', '/gone').status_code == 404


def test_routes_change_under_traffic_without_a_failed_request(agent, origin):
    """Keep-alive connections on one route while hundreds of others come and go."""
    agent.add_route('/steady', origin.url)
    stop = threading.Event()
    failures, answers = [], []

    def browse():
        connection = http.client.HTTPSConnection(
            'localhost', agent.proxy_port, context=ssl.create_default_context(cafile=str(agent.certificates.authority)))
        while not stop.is_set():
            try:
                connection.request('GET', '/steady')
                answer = connection.getresponse()
                answer.read()
                (answers if answer.status == 200 else failures).append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                failures.append(repr(error))
        connection.close()
    threads = [threading.Thread(target=browse) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for batch in range(10):
            routes = [{'path': '/r%d-%d' % (batch, number), 'origin': origin.url} for number in range(50)]
            agent.post('/v1/proxy', {'message': 'add', 'proxies': routes})
            agent.post('/v1/proxy', {'message': 'delete', 'proxies': routes[:25]})
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert answers
    assert agent.browse('GET', '/r9-49').status_code == 200
    assert agent.browse('GET', '/r9-24').status_code == 404


# What the origin and the client see.

@pytest.mark.parametrize('method', ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
def test_every_method_passes(agent, origin, method):
    agent.add_route('/p', origin.url)
    assert agent.browse(method, '/p/x').json()['method'] == method


def test_head_has_the_head_of_get(agent, origin):
    agent.add_route('/p', origin.url)
    answer = agent.browse('HEAD', '/p/bytes?size=1234')
    assert (answer.status_code, answer.headers['Content-Length'], answer.content) == (200, '1234', b'')


def test_forwarding_headers(agent, origin):
    agent.add_route('/p', origin.url)
    headers = agent.browse('GET', '/p', headers={'Host': 'agent1.medge.gq'}).json()['headers']
    headers = {name.lower(): value for name, value in headers.items()}
    assert headers['host'] == 'agent1.medge.gq'
    assert headers['x-forwarded-host'] == 'agent1.medge.gq'
    assert headers['x-origin-host'] == '127.0.0.1:%d' % origin.port
    assert headers['x-forwarded-for'] == '127.0.0.1'
    assert headers['x-forwarded-proto'] == 'https'
    assert 'proto=https' in headers['forwarded'] and 'for=127.0.0.1' in headers['forwarded']


def test_hop_by_hop_headers_stay_on_their_hop(agent, raw_origin):
    origin = raw_origin(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close, X-Their-Hop\r\n'
                        b'X-Their-Hop: secret\r\nKeep-Alive: timeout=5\r\nX-Answer: kept\r\n\r\nok')
    agent.add_route('/p', origin.url)
    answer = agent.browse('GET', '/p', headers={
        'Connection': 'X-Our-Hop', 'X-Our-Hop': 'secret', 'TE': 'trailers', 'Proxy-Authorization': 'secret',
        'Upgrade': 'nothing', 'X-Request': 'kept'})
    assert (answer.status_code, answer.text, answer.headers['X-Answer']) == (200, 'ok', 'kept')
    assert 'X-Their-Hop' not in answer.headers and 'Keep-Alive' not in answer.headers
    head = origin.received[0].lower()
    assert b'x-request: kept' in head
    for gone in (b'x-our-hop', b'secret', b'proxy-authorization', b'upgrade:', b'\r\nte:'):
        assert gone not in head


@pytest.mark.parametrize('chunked', [False, True])
def test_large_request_bodies(agent, origin, chunked):
    agent.add_route('/p', origin.url)
    body = bytes(range(256)) * (4096 * 32)  # 32 MiB
    pieces = (body[at:at + 100000] for at in range(0, len(body), 100000))
    answer = agent.browse('POST', '/p/digest', data=pieces if chunked else body)
    assert answer.text == hashlib.sha256(body).hexdigest()


def test_large_answers(agent, origin):
    agent.add_route('/p', origin.url)
    answer = agent.browse('GET', '/p/bytes?size=%d' % (32 << 20))
    assert len(answer.content) == 32 << 20 and answer.headers['Content-Length'] == str(32 << 20)


def test_chunked_answers(agent, origin):
    agent.add_route('/p', origin.url)
    answer = agent.browse('GET', '/p/chunks?count=1000')
    assert answer.text == ''.join('chunk %d\n' % number for number in range(1000))


def test_chunks_are_passed_on_as_they_come(agent, origin):
    """The first chunk is in the client's hands before the second has left the origin."""
    agent.add_route('/p', origin.url)
    answer = agent.browse('GET', '/p/held?count=3', stream=True)
    pieces = answer.iter_content(None)
    assert next(pieces) == b'chunk 0\n'
    origin.may_go_on.set()
    assert b''.join(pieces) == b'chunk 1\nchunk 2\n'


def test_a_slow_client_holds_the_origin_back_and_not_the_agent(agent, origin):
    agent.add_route('/p', origin.url)
    with tls_connection(agent) as slow:
        slow.sendall(b'GET /p/bytes?size=67108864 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
        slow.recv(1000)
        before = resident_kilobytes(agent)
        assert agent.browse('GET', '/p').status_code == 200  # others are served meanwhile
        assert resident_kilobytes(agent) - before < 16 << 10
        total = len(read_all(slow))
    assert total > 67108864 - 2000


def resident_kilobytes(agent):
    with open('/proc/%d/status' % agent.process.pid, encoding='utf-8') as status:
        return next(int(line.split()[1]) for line in status if line.startswith('VmRSS:'))


def test_a_client_that_sends_slowly_is_served(agent, origin):
    agent.add_route('/p', origin.url)
    with tls_connection(agent) as slow:
        for piece in (b'POST /p/digest HTTP/1.1\r\nHo', b'st: localhost\r\nConnection: close\r\nContent-Le',
                      b'ngth: 6\r\n\r\nab', b'cd', b'ef'):
            slow.sendall(piece)
            time.sleep(0.05)
        answer = read_all(slow)
    assert answer.startswith(b'HTTP/1.1 200')
    assert hashlib.sha256(b'abcdef').hexdigest().encode() in answer


def test_a_slow_origin_is_waited_for(agent, origin):
    agent.add_route('/p', origin.url)
    assert agent.browse('GET', '/p/slow?seconds=2').text == 'slow'


def test_pipelined_requests_are_answered_in_order(agent, origin):
    agent.add_route('/p', origin.url)
    request = 'GET /p/%d HTTP/1.1\r\nHost: localhost\r\n%s\r\n'
    with tls_connection(agent) as connection:
        connection.sendall(''.join((request % (1, ''), request % (2, ''),
                                    request % (3, 'Connection: close\r\n'))).encode())
        answer = read_all(connection).decode()
    assert answer.count('HTTP/1.1 200') == 3
    assert answer.index('"/1"') < answer.index('"/2"') < answer.index('"/3"')


def test_statuses_of_the_origin_are_its_own(agent, origin):
    agent.add_route('/p', origin.url)
    for code in (204, 304, 404, 418, 500, 503):
        assert agent.browse('GET', '/p/status?code=%d' % code).status_code == code


# Origins that fail.

def test_nobody_listens_at_the_origin(agent):
    port = free_port()
    agent.add_route('/p', 'http://127.0.0.1:%d' % port)
    answer = agent.browse('GET', '/p')
    assert answer.status_code == 502
    assert 'refused' not in answer.text.lower()
    wait_until(lambda: 'Connection refused' in agent.log(), 'the reason in the log')


def test_an_origin_that_does_not_take_the_connection_in_time(agent):
    """A listener whose queue is full: the kernel drops what more comes, like a dead host's."""
    with socket.create_server(('127.0.0.1', 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        agent.add_route('/p', 'http://127.0.0.1:%d' % full.getsockname()[1])
        answer = agent.browse('GET', '/p', timeout=LIMIT)
        for each in waiting:
            each.close()
    assert answer.status_code == 504
    assert 'in time' in answer.text


def test_an_origin_whose_name_is_unknown(agent):
    agent.add_route('/p', 'http://no-such-host.invalid:80')
    answer = agent.browse('GET', '/p')
    assert answer.status_code == 502
    assert 'no-such-host.invalid' not in answer.text
    wait_until(lambda: 'no-such-host.invalid:80 has a name' in agent.log(), 'the name in the log')


@pytest.mark.parametrize('answer', [
    pytest.param(b'', id='closed-without-answer'),
    pytest.param(b'SSH-2.0-OpenSSH_9.2\r\n', id='not-http'),
    pytest.param(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello', id='two-lengths'),
])
def test_an_origin_that_does_not_speak_http(agent, raw_origin, answer):
    agent.add_route('/p', raw_origin(answer).url)
    got = agent.browse('GET', '/p')
    assert got.status_code == 502
    assert 'origin' in got.text.lower()


def test_an_answer_that_is_cut_short_is_visibly_so(agent, raw_origin):
    agent.add_route('/p', raw_origin(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this').url)
    with tls_connection(agent) as connection:
        connection.sendall(b'GET /p HTTP/1.1\r\nHost: localhost\r\n\r\n')
        try:
            answer = read_all(connection)
        except OSError:
            return  # a reset is as clear
    assert len(answer.partition(b'\r\n\r\n')[2]) < 1000


def test_the_agent_goes_on_after_all_that(agent, origin, raw_origin):
    agent.add_route('/bad', raw_origin(b'\x00\xff').url)
    agent.add_route('/good', origin.url)
    for _ in range(3):
        assert agent.browse('GET', '/bad').status_code == 502
        assert agent.browse('GET', '/good').status_code == 200


# Origins and paths that are refused.

@pytest.mark.parametrize('bad', ['10.1.1.1:80', 'ftp://10.1.1.1/', 'http://', 'http:///x', 'http://h:0', 'http://h:99999',
                                 'http://user:pw@h/', 'http://h/a b', 'http://h/#part', 'javascript:alert(1)', ''])
def test_an_origin_that_is_no_http_url(agent, bad):
    refused(agent, {'path': '/p', 'origin': bad}, 'origin')


@pytest.mark.parametrize('bad', ['', 'p', 'x/*y', '/a/*b/c', '/foo*bar', '/w/*', '/a b', '/a?b', '/a#b', '/a\n', '/../a'])
def test_a_path_that_is_none(agent, bad):
    refused(agent, {'path': bad, 'origin': 'http://10.1.1.1:80'}, 'path')


def refused(agent, route, field):
    answer = agent.rest('POST', '/v1/proxy', {'message': 'add', 'proxies': [route]})
    assert answer.status_code == 400, answer.text
    assert answer.json()['code'] == 3
    assert 'proxies[0].' + field in answer.json()['message']
    assert agent.post('/v1/proxy', {'message': 'list'})['status'] == 'map[]'


def test_one_bad_route_of_several_leaves_all_unsaid(agent, origin):
    answer = agent.rest('POST', '/v1/proxy', {'message': 'add', 'proxies': [
        {'path': '/good', 'origin': origin.url}, {'path': 'bad', 'origin': origin.url}]})
    assert answer.status_code == 400 and 'proxies[1].path' in answer.json()['message']
    assert agent.post('/v1/proxy', {'message': 'list'})['status'] == 'map[]'


@pytest.mark.parametrize('host', ['127.0.0.1', '127.0.0.2', 'localhost', '[::1]'])
def test_the_agents_own_api_is_no_origin(agent, host):
    unreachable(agent, 'http://%s:%d' % (host, agent.rest_port))


@pytest.mark.parametrize('origin', ['http://169.254.169.254/latest/meta-data', 'http://169.254.0.1', 'http://[fe80::1]'])
def test_link_local_metadata_is_no_origin(agent, origin):
    unreachable(agent, origin)


def unreachable(agent, origin):
    """Refused when the route is added or, for names, when a request would go there: never reached."""
    added = agent.rest('POST', '/v1/proxy', {'message': 'add', 'proxies': [{'path': '/p', 'origin': origin}]})
    if added.status_code == 200:
        answer = agent.browse('GET', '/p/healthz')
        assert answer.status_code in (403, 502)
        assert 'not allowed' in answer.text
    else:
        assert added.status_code == 400 and 'proxies[0].origin' in added.json()['message']


# Certificates.

def test_a_broken_certificate_is_named(new_agent, tmp_path, certificates):
    broken = Certificates(tmp_path / 'broken')
    broken.directory.mkdir()
    broken.certificate.write_text(certificates.certificate.read_text())
    broken.key.write_text('-----BEGIN PRIVATE KEY-----\nhalf')
    agent = new_agent(certificates=broken).start()
    assert str(broken.key) in agent.log() and 'acme/README.md' in agent.log()
    assert agent.rest('GET', '/readyz').status_code == 503


def test_tls_versions_and_names(agent, origin):
    agent.add_route('/p', origin.url)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile=str(agent.certificates.authority))
        context.minimum_version = context.maximum_version = version
        connection = http.client.HTTPSConnection('localhost', agent.proxy_port, context=context)
        connection.request('GET', '/p')
        assert connection.getresponse().status == 200
        connection.close()


def test_an_empty_proxy_flag_turns_the_proxy_off(new_agent):
    agent = new_agent(flags=['-proxy', '']).start()
    with pytest.raises(OSError):
        socket.create_connection(('127.0.0.1', agent.proxy_port), timeout=LIMIT).close()
    assert agent.post('/v1/status', {})['message'].startswith('OK')
