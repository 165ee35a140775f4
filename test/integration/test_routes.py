"""Routes as resources: hosts, conditions, redirects, fixed answers, pages and sets, through the real agent."""
import json
import pathlib

import pytest

from harness.origin import Origin
from harness.waiting import wait_until

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / 'docs' / 'routes.md'


@pytest.fixture
def origins():
    """A function that makes origins, which answer with their names."""
    made = []

    def make(name):
        made.append(Origin(name))
        return made[-1]
    yield make
    for each in made:
        each.close()


def put(agent, name, **route):
    answer = agent.rest('PUT', '/v1/proxies/' + name, json=route)
    assert answer.status_code == 200, answer.text
    return answer.json()


def apply(agent, routes, **more):
    answer = agent.rest('POST', '/v1/proxies:apply', json={'proxies': routes, **more})
    assert answer.status_code == 200, answer.text
    return {key: int(number) for key, number in answer.json().items()}


def served_by(agent, host, path, method='GET', **headers):
    answer = agent.browse(method, path, headers={'Host': host, **headers})
    return answer.json()['origin'] if answer.status_code == 200 else answer.status_code


def all_pages(agent, size):
    token, routes = '', []
    while True:
        page = agent.get('/v1/proxies?page_size=%d&page_token=%s' % (size, token))
        routes += page.get('proxies', [])
        token = page.get('next_page_token', '')
        if not token:
            return routes


# Which requests.

def test_the_host_decides(agent, origins):
    for name, host in (('exact', 'www.example.com'), ('wildcard', '*.example.com'), ('any', '')):
        put(agent, name, path='/', host=host, origin=origins(name).url)
    rows = [('www.example.com', 'exact'), ('WWW.Example.COM', 'exact'), ('www.example.com:8443', 'exact'),
            ('www.example.com.', 'exact'), ('a.b.example.com', 'wildcard'), ('example.com', 'any'),
            ('example.com.evil', 'any'), ('localhost', 'any')]
    assert [(host, served_by(agent, host, '/x')) for host, _ in rows] == rows


def test_a_host_takes_nothing_from_the_routes_of_any_host(agent, origins):
    agent.add_route('/test2', origins('simple').url)
    put(agent, 'shop', path='/shop', host='www.example.com', origin=origins('shop').url)
    assert served_by(agent, 'www.example.com', '/shop/1') == 'shop'
    assert served_by(agent, 'www.example.com', '/test2/x') == 'simple'
    assert served_by(agent, 'other.example', '/shop/1') == 404


def test_conditions_decide_among_the_routes_of_one_path(agent, origins):
    put(agent, 'plain', path='/a', origin=origins('plain').url)
    put(agent, 'post', path='/a', methods=['POST'], origin=origins('post').url)
    put(agent, 'beta', path='/a', headers=[{'name': 'X-Beta', 'value': '1'}], origin=origins('beta').url)
    put(agent, 'new', path='/a', query=[{'name': 'v', 'test': 'PREFIX', 'value': '2'}], origin=origins('new').url)
    put(agent, 'exact', path='/a', path_type='EXACT', origin=origins('exact').url)
    assert served_by(agent, 'h', '/a/b') == 'plain'
    assert served_by(agent, 'h', '/a/b', 'POST') == 'post'
    assert served_by(agent, 'h', '/a/b', **{'x-beta': '1'}) == 'beta'
    assert served_by(agent, 'h', '/a/b', **{'x-beta': '10'}) == 'plain'
    assert served_by(agent, 'h', '/a/b?v=%32.1') == 'new'
    assert served_by(agent, 'h', '/a/b?v=2&v=2') == 'plain'
    assert served_by(agent, 'h', '/a') == 'exact'


def test_what_a_client_says_with_the_voice_of_a_proxy_chooses_no_route(agent, origins):
    put(agent, 'plain', path='/a', origin=origins('plain').url)
    put(agent, 'inside', path='/a', headers=[{'name': 'X-Forwarded-For', 'test': 'PREFIX', 'value': '10.'}],
        origin=origins('inside').url)
    # The agent's own machine is no trusted peer unless -trusted_proxies says so.
    assert served_by(agent, 'h', '/a', **{'X-Forwarded-For': '10.0.0.1'}) == 'plain'


def test_a_regular_expression_is_asked_last_and_rewrites(agent, origins):
    numbered = origins('numbered')
    put(agent, 'numbered', path='/v([0-9]+)/(.*)', path_type='REGEX', path_rewrite='/\\2/\\1', origin=numbered.url)
    put(agent, 'first', path='/v1', origin=origins('first').url)
    assert served_by(agent, 'h', '/v1/x') == 'first'
    assert served_by(agent, 'h', '/v22/x/y?q') == 'numbered'
    assert numbered.requests[-1]['target'] == '/x/y/22?q'
    assert served_by(agent, 'h', '/vx/y') == 404
    agent.restart()
    assert served_by(agent, 'h', '/v3/x') == 'numbered'


# What becomes of them.

def test_redirects_lead_where_they_say(agent):
    put(agent, 'to-https', path='/', host='old.example.com',
        redirect={'status': 308, 'location': 'https://www.example.com{path}{query}'})
    put(agent, 'moved', path='/old', redirect={'status': 301, 'location': '{rest}'})
    answer = agent.browse('GET', '/a/b?x=1', headers={'Host': 'old.example.com'})
    assert (answer.status_code, answer.headers['Location']) == (308, 'https://www.example.com/a/b?x=1')
    moved = agent.browse('POST', '/old//evil.example/x', data=b'body')
    assert (moved.status_code, moved.headers['Location']) == (301, '/evil.example/x')


def test_answers_and_headers_of_a_route(agent, origins):
    put(agent, 'closed', path='/admin', answer={'status': 403, 'body': 'closed\n'},
        response_headers={'set': [{'name': 'X-Frame-Options', 'value': 'DENY'}]})
    closed = agent.browse('GET', '/admin/x')
    assert (closed.status_code, closed.text, closed.headers['X-Frame-Options']) == (403, 'closed\n', 'DENY')
    put(agent, 'tenant', path='/t', origin=origins('t').url,
        request_headers={'set': [{'name': 'X-Tenant', 'value': 't1'}], 'remove': ['Cookie']},
        response_headers={'remove': ['Server']})
    answer = agent.browse('GET', '/t', headers={'X-Tenant': 'evil', 'Cookie': 'a=b'})
    seen = answer.json()['headers']
    assert (seen['X-Tenant'], 'Cookie' in seen, 'Server' in answer.headers) == ('t1', False, False)
    assert int(agent.get('/v1/proxies/closed')['counters']['responses_4xx']) == 1


# The resource.

def test_a_mirror_gets_copies_and_the_client_nothing_of_it(agent, origins):
    first, second = origins('first'), origins('second')
    route = put(agent, 'app', path='/app', origin=first.url, mirror={'origin': second.url + '/copy'})
    assert route['mirror'] == {'origin': second.url + '/copy', 'percent': 100}
    for number in range(20):
        answer = agent.browse('POST', '/app/x?n=%d' % number, data=b'b' * 1000)
        assert answer.json()['origin'] == 'first'
    wait_until(lambda: agent.get('/v1/proxies/app')['mirror'].get('requests') == '20', 'all copies are answered')
    assert sorted(each['target'] for each in second.requests) == sorted('/copy/x?n=%d' % number for number in range(20))
    agent.restart()
    second.close()
    assert agent.browse('GET', '/app/x').json()['origin'] == 'first'
    wait_until(lambda: agent.get('/v1/proxies/app')['mirror'].get('failures') == '1', 'the failure is counted')
    assert agent.get('/v1/proxies/app')['counters'].get('origin_errors') is None


def test_what_is_resolved_is_what_is_served(agent, origins):
    shop = origins('shop')
    put(agent, 'shop', path='/shop', host='www.example.com', methods=['GET'], origin=shop.url)
    asked = {'url': 'https://www.example.com/shop/1?v=2'}
    found = agent.rest('POST', '/v1/proxies:resolve', json=asked).json()
    assert (found['outcome'], found['url'], found['proxy']['name']) == ('ORIGIN', shop.url + '/1?v=2', 'shop')
    assert shop.requests == [], 'no request was sent'
    assert served_by(agent, 'www.example.com', '/shop/1?v=2') == 'shop'
    assert shop.requests[-1]['target'] == '/1?v=2'
    refused = agent.rest('POST', '/v1/proxies:resolve', json={'method': 'PUT', **asked}).json()
    assert refused['outcome'] == 'UNSERVED'
    assert refused['passed_over'] == [{'name': 'shop', 'path': '/shop', 'host': 'www.example.com',
                                       'reason': 'the method is not GET'}]


def test_routes_survive_a_restart(agent, origins):
    put(agent, 'web', path='/', host='www.example.com', headers=[{'name': 'X', 'test': 'ABSENT'}],
        origin=origins('web').url)
    before = agent.get('/v1/proxies/web')
    agent.restart()
    after = agent.get('/v1/proxies/web')
    assert {**after, 'counters': before['counters']} == before
    assert served_by(agent, 'www.example.com', '/x') == 'web'
    assert served_by(agent, 'www.example.com', '/x', X='1') == 404


@pytest.mark.parametrize('route, message', [
    ({'path': '/x', 'origin': 'http://127.0.0.1:%(rest)d'}, "proxy.origin: "),
    ({'path': '/x', 'origin': 'http://h', 'mirror': {'origin': 'http://127.0.0.1:%(rest)d'}}, 'proxy.mirror.origin: '),
    ({'path': '/x', 'origin': 'http://h', 'mirror': {'origin': 'h:80'}}, 'proxy.mirror.origin: must start with http'),
    ({'path': '/x', 'origin': 'http://h', 'mirror': {'origin': 'http://m', 'percent': 101}},
     'proxy.mirror.percent: must be 1 to 100'),
    ({'path': '/x', 'answer': {'body': 'x'}, 'mirror': {'origin': 'http://m'}}, 'proxy.mirror: must be left out'),
    ({'path': '/x', 'answer': {'body': 'x'}, 'origin_protocol': 'HTTP2'}, 'proxy.origin_protocol: must be left out'),
    ({'path': '/x', 'origin': 'http://h', 'origin_protocol': 'HTTP3'}, 'proxy.origin_protocol: '),
    ({'path': '/x', 'origin': 'http://h', 'hosts': 'h'}, 'proxy.hosts: unknown field, did you mean "host"?'),
    ({'path': '/x', 'origin': 'http://h', 'host': 'a b'}, 'proxy.host: has byte 0x20'),
    ({'path': '/x', 'origin': 'http://h', 'host': 'h:80'}, 'proxy.host: must be a name without a port'),
    ({'path': '/x', 'origin': 'http://h', 'methods': 'GET'}, 'proxy.methods: must be a list'),
    ({'path': '/x', 'origin': 'http://h', 'query': [{'name': 'a'}, {'name': 'a'}]}, 'proxy.query[1].name: "a" is there twice'),
    ({'path': '/x', 'redirect': {'location': '//evil.example'}}, 'proxy.redirect.location: must begin with'),
    ({'path': '/x', 'redirect': {'location': 'https://{host}.evil.example'}}, 'proxy.redirect.location: {host} must be'),
    ({'path': '/x', 'redirect': {'location': '/x\r\nSet-Cookie: a'}}, 'proxy.redirect.location: has byte 0x0d'),
    ({'path': '/x', 'answer': {'status': 1000}}, 'proxy.answer.status: must be 200 to 599'),
    ({'path': '/x', 'answer': {'body': 'x' * 20000}}, 'proxy.answer.body: must have at most 16384 bytes'),
    ({'path': '/x', 'origin': 'http://h', 'request_headers': {'set': [{'name': 'Host', 'value': 'x'}]}},
     'proxy.request_headers.set[0].name: "Host" stays'),
    ({'path': '/x', 'origin': 'http://h', 'response_headers': {'add': [{'name': 'A', 'value': 'x\r\nB: y'}]}},
     'proxy.response_headers.add[0].value: must have no control characters'),
])
def test_bad_routes_are_refused_with_their_field(agent, route, message):
    if 'origin' in route:
        route = json.loads(json.dumps(route).replace('%(rest)d', str(agent.rest_port)))
    answer = agent.rest('POST', '/v1/proxies', json={'name': 'bad', **route})
    assert answer.status_code == 400, answer.text
    assert answer.json()['error'].startswith(message), answer.text
    assert answer.json()['details'][0]['fieldViolations'][0]['field'] == message.split(':')[0]
    assert agent.get('/v1/proxies') == {}


def test_a_tie_is_refused_with_the_name_of_the_other_route(agent):
    put(agent, 'one', path='/a', headers=[{'name': 'X', 'value': '1'}], origin='http://10.0.0.1')
    tie = {'name': 'two', 'path': '/a', 'headers': [{'name': 'Y', 'value': '1'}], 'origin': 'http://10.0.0.1'}
    answer = agent.rest('POST', '/v1/proxies', json=tie)
    assert answer.status_code == 409
    assert '"one"' in answer.json()['error']
    tie['headers'].append({'name': 'X', 'value': '2'})
    assert agent.rest('POST', '/v1/proxies', json=tie).status_code == 200


def test_a_change_that_was_not_seen_is_not_overwritten(agent):
    read = put(agent, 'web', path='/w', origin='http://10.0.0.1')
    put(agent, 'web', path='/w', origin='http://10.0.0.2')
    assert agent.rest('PUT', '/v1/proxies/web', json=read).status_code == 409
    assert agent.rest('DELETE', '/v1/proxies/web?etag=' + read['etag']).status_code == 409
    assert agent.get('/v1/proxies/web')['origin'] == 'http://10.0.0.2'


def test_a_set_with_one_bad_route_changes_nothing(agent):
    agent.add_route('/keep', 'http://10.0.0.1')
    routes = [{'path': '/r%d' % number, 'origin': 'http://10.0.0.1'} for number in range(100)]
    routes[70]['host'] = '*'
    answer = agent.rest('POST', '/v1/proxies:apply', json={'proxies': routes, 'delete_others': True})
    assert (answer.status_code, answer.json()['error'][:16]) == (400, 'proxies[70].host')
    assert [route['path'] for route in agent.get('/v1/proxies')['proxies']] == ['/keep']


def test_a_hundred_thousand_routes_are_added_listed_and_served(agent, origins):
    """Sets of 5,000 over REST; the first and the last route of a host among 10,000 hosts answer."""
    last = origins('last')
    total, batch, hosts = 100000, 5000, 10000
    for start in range(0, total, batch):
        routes = [{'name': 'r%d' % number, 'path': '/p%d' % number, 'host': 'h%d.example' % (number % hosts),
                   'origin': last.url if number in (0, total - 1) else 'http://10.0.0.1'}
                  for number in range(start, start + batch)]
        assert apply(agent, routes) == {'created': batch}
    routes = all_pages(agent, 1000)
    assert len(routes) == total
    assert len({route['name'] for route in routes}) == total
    paths = [route['path'] for route in routes]
    assert paths == sorted(paths)
    assert served_by(agent, 'h0.example', '/p0/x') == 'last'
    assert served_by(agent, 'h9999.example', '/p99999/x') == 'last'
    assert served_by(agent, 'h9998.example', '/p99999/x') == 404
    assert apply(agent, routes[:1], delete_others=True) == {'unchanged': 1, 'deleted': total - 1}


# Beside /v1/proxy.

def test_the_first_call_lists_what_it_can_say(agent):
    agent.add_route('/a', 'http://10.0.0.1')
    put(agent, 'host', path='/a', host='www.example.com', origin='http://10.0.0.2')
    put(agent, 'closed', path='/c', answer={})
    answer = agent.rest('POST', '/v1/proxy', json={'message': 'list'})
    assert answer.json() == {'message': 'list', 'status': 'map[/a:http://10.0.0.1]'}
    assert answer.headers['X-Mex-Notice'].startswith('2 more ')
    agent.delete_route('/a')
    assert [route['name'] for route in agent.get('/v1/proxies')['proxies']] == ['host', 'closed']


def test_the_documented_lines(agent):
    """Each curl of docs/routes.md, as it is written."""
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith('curl ')]
    assert len(lines) > 8
    for line in lines:
        done = agent.curl(line)
        assert done.returncode == 0, line + done.stderr
        assert 'error' not in json.loads(done.stdout), line + done.stdout
