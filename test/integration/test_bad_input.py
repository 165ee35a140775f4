"""Bad input: one clear line that names the field or file and what would be right, the right status
code, nothing stored, never a crash."""
import os
import socket

import pytest

from harness import clusters
from harness.platform_files import write_platform_files
from harness.waiting import LIMIT, wait_until

# The cloud is never asked in these tests, so nothing needs to be at this address.
NOWHERE = {'OS_AUTH_URL': 'http://127.0.0.1:9/v3', 'OS_USERNAME': 'u', 'OS_PASSWORD': 'secret-word',
           'OS_PROJECT_NAME': 'p', 'OS_REGION_NAME': 'RegionOne',
           'OS_USER_DOMAIN_NAME': 'Default', 'OS_PROJECT_DOMAIN_NAME': 'Default'}


@pytest.fixture
def agent(new_agent, tmp_path):
    """A running agent that believes it has a cloud."""
    return new_agent(environment=write_platform_files(tmp_path / 'k8s', NOWHERE)).start()


def assert_nothing_stored(agent):
    status = agent.post('/v1/status', {})
    assert 'provisions' not in status and 'proxies' not in status
    assert agent.get('/v1/operations').get('operations', []) == []
    assert agent.is_running()


def assert_refused(agent, answer, *words, http=400, code=3):
    assert answer.status_code == http, answer.text
    body = answer.json()
    assert body['code'] == code
    assert body['error'] == body['message']
    assert '\n' not in body['message']
    for word in words:
        assert word in body['message'], body
    assert_nothing_stored(agent)


@pytest.mark.parametrize('body', [
    b'{', b'[]', b'"x"', b'{"provisions": [}', b'{"provisions"', b'\xff\xfe', b'{"message": "\xff"}', b'{} {}', b'nothing',
    b'{"provisions": [' * 200 + b']}' * 200,
])
def test_malformed_json(agent, body):
    assert_refused(agent, agent.rest('POST', '/v1/provision', data=body))


@pytest.mark.parametrize('body, field', [
    ({'provisions': 'test-1'}, 'provisions'),
    ({'provisions': [{'name': {'first': 'x'}}]}, 'name'),
    ({'provisions': [['x']]}, 'provisions'),
    ({'message': 7}, 'message'),
    ({'provisions': [{'name': ['x']}]}, 'name'),
])
def test_wrong_types_are_named(agent, body, field):
    assert_refused(agent, agent.rest('POST', '/v1/provision', body), field)


def test_an_over_long_body(agent):
    answer = agent.rest('POST', '/v1/provision', data=b'{"message": "' + b'x' * (64 << 20) + b'"}')
    assert answer.status_code == 413, answer.text
    assert_nothing_stored(agent)


def test_a_body_that_never_comes_costs_only_its_own_connection(agent):
    with socket.create_connection(('127.0.0.1', agent.rest_port)) as hanging:
        hanging.sendall(b'POST /v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{')
        assert agent.rest('GET', '/healthz').status_code == 200


def test_an_empty_body_is_an_empty_request(agent):
    assert agent.rest('POST', '/v1/status', data=b'').json()['message'].startswith('OK')
    assert_refused(agent, agent.rest('POST', '/v1/provision', data=b''), 'provisions')


def test_unknown_fields_are_ignored_and_named(agent):
    answer = agent.rest('POST', '/v1/status', {'mesage': 'x'})
    assert answer.status_code == 200
    assert 'mesage' in answer.headers['X-Mex-Unknown-Fields']


@pytest.mark.parametrize('method, path, body, words', [
    ('PUT', '/v1/nginx-proxies/x', {'ports': [{'external': 8443, 'alowed': ['10.0.0.0/8']}]},
     ['nginx_proxy.ports[0].alowed', 'did you mean "allowed"']),
    ('PUT', '/v1/nginx-kubernetes-proxies/x', {'Allowed': ['10.0.0.0/8']}, ['Allowed', 'did you mean "allowed"']),
    ('POST', '/v1/flavors', {'name': 'a', 'worker_pools': [{'name': 'w', 'labels': {}, 'label': {}}]},
     ['flavor.worker_pools[0].label', 'did you mean "labels"']),
    ('GET', '/v1/operations?page_sise=1', None, ['page_sise', 'did you mean "page_size"']),
])
def test_a_misspelt_field_of_a_resource_is_refused(agent, method, path, body, words):
    """The port was open to everybody, and the answer was 200."""
    assert_refused(agent, agent.rest(method, path, body), *words)
    assert agent.get('/v1/nginx-proxies') == {} and agent.get('/v1/nginx-kubernetes-proxies') == {}
    assert agent.rest('GET', '/v1/flavors/a').status_code == 404


def test_a_field_given_twice_is_refused(agent):
    body = b'{"password": "a long password", "password": "another password"}'
    assert_refused(agent, agent.rest('PUT', '/v1/nginx-users/ann', data=body), 'password: is given twice')
    assert agent.get('/v1/nginx-users') == {}


@pytest.mark.parametrize('arguments', [
    'http://localhost:18889/v1/proxy', 'http://localhost:18889/v1/proxy/', 'http://localhost:18889/v1/proxy -H "Content-Type:"',
    'http://localhost:18889/v1/proxy -H "Host: localhost.:18889"', 'http://localhost:18889/v1/proxy -H "Content-Type: text/plain"',
    'http://localhost:18889/v1/proxy -H "Content-Encoding: identity"',
])
def test_what_can_only_mean_one_thing_is_taken(agent, arguments):
    done = agent.curl("curl -s %s -d '{\"message\":\"list\"}'" % arguments)
    assert done.stdout == '{"message":"list","status":"map[]"}', done


def test_a_byte_order_mark_before_a_body_is_passed_over(agent):
    answer = agent.rest('POST', '/v1/proxy', data=b'\xef\xbb\xbf{"message":"list"}')
    assert answer.json() == {'message': 'list', 'status': 'map[]'}


def test_a_compressed_body_is_refused_with_what_is_taken(agent):
    answer = agent.rest('POST', '/v1/proxy', data=b'\x1f\x8b\x08', headers={'Content-Encoding': 'gzip'})
    assert answer.status_code == 415 and answer.headers['Accept-Encoding'] == 'identity'
    assert 'not compressed' in answer.json()['message']


@pytest.mark.parametrize('kind', ['', 'kubernetes-giant-openstack', 'Kubernetes-Mini-Openstack'])
def test_unknown_kinds_are_answered_with_the_known_ones(agent, kind):
    answer = agent.rest('POST', '/v1/provision', {'provisions': [clusters.wish(kind=kind)]})
    assert_refused(agent, answer, 'provisions[0].kind', clusters.KIND)


@pytest.mark.parametrize('field', ['name', 'tenant'])
@pytest.mark.parametrize('value', ['', 'Upper', 'under_score', '-first', 'last-', 'a.b', 'a b', 'x' * 41, 'ü', '../x', 'a\n'])
def test_names_that_are_not_dns_labels(agent, field, value):
    answer = agent.rest('POST', '/v1/provision', {'provisions': [clusters.wish(**{field: value})]})
    assert_refused(agent, answer, 'provisions[0].' + field)


@pytest.mark.parametrize('field, value', [
    ('fixedip', 'not-an-address'), ('fixedip', '10.101.0.300'), ('fixedip', '192.0.2.1'),
    ('metadata', 'no equals sign'), ('metadata', 'mex:agent=stolen'), ('region', 'Elsewhere'),
    ('image', 'x' * 300), ('zone', 'a\x01b'),
])
def test_other_fields_of_a_provision(agent, field, value):
    answer = agent.rest('POST', '/v1/provision', {'provisions': [clusters.wish(**{field: value})]})
    assert_refused(agent, answer, 'provisions[0].' + field)


def test_one_bad_element_of_several_stores_none(agent):
    answer = agent.rest('POST', '/v1/provision', {'provisions': [clusters.wish('good'), clusters.wish('Bad')]})
    assert_refused(agent, answer, 'provisions[1].name')


def test_the_same_cluster_twice_in_one_request_is_one_or_refused(agent):
    answer = agent.rest('POST', '/v1/provision', {'provisions': [clusters.wish('twin'), clusters.wish('twin')]})
    shown = agent.post('/v1/status', {}).get('provisions', [])
    assert len(shown) == (1 if answer.status_code == 200 else 0)


@pytest.mark.parametrize('verb', ['', 'ad', 'ADD'])
def test_unknown_verbs_name_the_known_ones(agent, verb):
    answer = agent.rest('POST', '/v1/proxy', {'message': verb, 'proxies': [{'path': '/p', 'origin': 'http://h'}]})
    assert_refused(agent, answer, 'add', 'list', 'delete')


@pytest.mark.parametrize('method, path, status', [
    ('GET', '/v1/provision', 405), ('DELETE', '/v1/status', 405), ('POST', '/v1/nothing', 404), ('GET', '/nothing', 404),
    ('GET', '/v1/operations/unknown', 404), ('GET', '/v1/tenants/t/clusters/unknown', 404), ('GET', '/v1/proxies/unknown', 404),
])
def test_wrong_methods_and_paths(agent, method, path, status):
    assert agent.rest(method, path).status_code == status
    assert_nothing_stored(agent)


@pytest.mark.parametrize('request_line', [
    b'GET / HTTP/1.1\r\n\r\n', b'GET / HTTP/9.9\r\nHost: x\r\n\r\n', b'\x16\x03\x01\x00\xf0\x01', b'GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n',
    b'POST /v1/status HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    b'GET / HTTP/1.1\r\nHost: x\r\n' + b'X: ' + b'y' * 200000 + b'\r\n\r\n',
])
def test_broken_http_is_answered_or_cut_and_never_fatal(agent, request_line):
    with socket.create_connection(('127.0.0.1', agent.rest_port), timeout=LIMIT) as connection:
        try:
            connection.sendall(request_line)
            answer = connection.recv(1000)
        except ConnectionError:
            answer = b''
    assert answer == b'' or answer.startswith((b'HTTP/1.1 4', b'HTTP/1.1 5'))
    assert_nothing_stored(agent)


# Flags, addresses and files: the process does not start, and one line says why.

def last_words(agent):
    """Starts the agent, which must end by itself with a failure; the lines it wrote."""
    agent.launch()
    code = agent.process.wait(LIMIT)
    assert code not in (0, None) and code > 0, 'ended with %s\n%s' % (code, agent.log())
    return agent.log()


@pytest.mark.parametrize('flag', ['-rest', '-grpc', '-proxy'])
def test_an_address_in_use(new_agent, flag):
    with socket.create_server(('127.0.0.1', 0)) as taken:
        address = '127.0.0.1:%d' % taken.getsockname()[1]
        log = last_words(new_agent(flags=[flag, address]))
    line, = [line for line in log.splitlines() if address in line and 'in use' in line.lower()]
    assert flag.lstrip('-') in line


@pytest.mark.parametrize('flag, port', [('-rest', 'rest_port'), ('-grpc', 'grpc_port'), ('-proxy', 'proxy_port')])
def test_two_agents_never_share_a_port(new_agent, flag, port):
    """Listeners that the kernel lets share a port would answer in turns, each with other routes."""
    first = new_agent().start()
    address = '127.0.0.1:%d' % getattr(first, port)
    log = last_words(new_agent(flags=[flag, address]))
    assert any(address in line and 'in use' in line.lower() for line in log.splitlines()), log


@pytest.mark.parametrize('flags, words', [
    (['-rest', 'nonsense'], ('-rest', 'nonsense')),
    (['-rest', ':99999'], ('-rest', '99999')),
    (['-shards', 'many'], ('shards', 'many')),
    (['-no-such-flag'], ('no-such-flag',)),
    (['-log_format=xml'], ('log_format', 'text or json')),
    (['-auth=perhaps'], ('auth', 'token or none')),
])
def test_flags_that_are_none(new_agent, flags, words):
    log = last_words(new_agent(flags=flags))
    assert any(all(word in line for word in words) for line in log.splitlines()), log


def test_two_agents_never_share_a_state_directory(new_agent):
    first = new_agent().start()
    second = new_agent(flags=['-state_dir', str(first.state_dir)])
    assert str(first.state_dir) in last_words(second)
    assert first.rest('GET', '/healthz').status_code == 200


def test_a_state_file_that_is_none(new_agent):
    agent = new_agent().start()
    agent.terminate()
    databases = [path for path in agent.state_dir.iterdir() if path.is_file() and path.read_bytes()[:6] == b'SQLite']
    assert databases
    for path in agent.state_dir.iterdir():
        if path.name.startswith(databases[0].name):
            path.unlink()
    databases[0].write_bytes(b'this is no database' * 100)
    assert str(databases[0]) in last_words(agent)


def broken_files():
    toml, os_env = 'MEX_K8SOS_CONFIG', 'MEX_K8SOS_ENV'
    yield pytest.param(toml, '[defaults]\nzone = 7\n', (':2:', 'zone'), id='toml-wrong-type')
    yield pytest.param(toml, '[defaults]\nzone = "no', (':2', ), id='toml-half-written')
    yield pytest.param(toml, '[kubernetes]\nnodeaddrs = ["10.0.0.1"]\nnoderoles = []\n', ('noderoles',), id='toml-lengths')
    yield pytest.param(os_env, 'export OS_AUTH_URL=http://h/v3\nwhat is (this\n', (':2',), id='os-env-line')
    yield pytest.param(os_env, 'export OS_AUTH_URL=http://h/v3\n', ('OS_USERNAME',), id='os-env-missing')
    yield pytest.param(os_env, 'export OS_AUTH_URL="http://h\n', (':1',), id='os-env-quote')
    yield pytest.param('MEX_K8SOS_USERDATA', '', ('empty',), id='userdata-empty')
    yield pytest.param('MEX_K8SOS_USERDATA', '#cloud-config\n' + 'x' * 70000, ('65535',), id='userdata-too-long')


def told(agent):
    """What the agent says of its configuration: in its log, and when it is asked for a cluster."""
    agent.start()
    answer = agent.rest('POST', '/v1/provision', {'provisions': [clusters.wish()]})
    assert answer.status_code >= 400
    agent.rest('GET', '/healthz').raise_for_status()
    return answer.json()['message'], agent.log()


@pytest.mark.parametrize('variable, text, words', broken_files())
def test_broken_configuration_files_are_named_with_their_line(new_agent, tmp_path, variable, text, words):
    """The agent still proxies, so it starts; a cluster is refused with the reason."""
    names = write_platform_files(tmp_path / 'k8s', NOWHERE)
    with open(names[variable], 'w', encoding='utf-8') as file:
        file.write(text)
    message, log = told(new_agent(environment=names))
    for text_with_reason in (message, log):
        assert any(names[variable] in line and all(word in line for word in words)
                   for line in text_with_reason.splitlines()), text_with_reason


@pytest.mark.parametrize('variable', ['MEX_K8SOS_ENV', 'MEX_K8SOS_CONFIG', 'MEX_K8SOS_USERDATA'])
def test_configuration_files_that_are_not_there(new_agent, tmp_path, variable):
    names = write_platform_files(tmp_path / 'k8s', NOWHERE)
    os.unlink(names[variable])
    message, log = told(new_agent(environment=names))
    assert names[variable] in message and names[variable] in log


def test_an_unknown_key_in_the_toml_is_a_warning(new_agent, tmp_path):
    names = write_platform_files(tmp_path / 'k8s', NOWHERE, {'zoen': 'nova'})
    agent = new_agent(environment=names).start()
    assert any('zoen' in line and names['MEX_K8SOS_CONFIG'] in line for line in agent.log().splitlines())
    agent.post('/v1/provision', {'provisions': [clusters.wish()]})


def test_secrets_never_reach_log_or_answers(new_agent, tmp_path):
    agent = new_agent(environment=write_platform_files(tmp_path / 'k8s', NOWHERE)).start()
    agent.post('/v1/provision', {'provisions': [clusters.wish()]})

    def is_blocked():
        operations = agent.get('/v1/operations')
        everything = str(operations) + str(agent.post('/v1/status', {})) + agent.log()
        assert 'secret-word' not in everything
        return operations['operations'][0]['state'] == 'BLOCKED'
    wait_until(is_blocked, 'the operation says why it cannot log in', every=0.02)
