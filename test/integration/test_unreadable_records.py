"""Records that cannot be read, and keys that are not there: what they are of is set aside, everything else goes on."""
import base64
import json
import pathlib
import shutil
import stat

import pytest

from harness import nginx, stored_records
from harness.origin import Origin
from harness.own_network import ADDRESS, OwnNetwork
from harness.waiting import LIMIT, wait_until

STATE = pathlib.Path(__file__).parent / 'states' / '0.1.0-8c8b1f1'
CLUSTER = '/clusters/j9frgcuv'
INSTANCE = '/nginx/test1-nginx-lbproxy'
BROKEN = json.dumps({'id': 7, 'name': 7, 'route': 7, 'kind': 7, 'cluster': 7, 'type': 7, 'flavor': 7, 'subnet': 7}).encode()


def cut(value):
    return value[:len(value) // 2]


def another_type(_):
    return BROKEN


def of_a_later_format(value):
    return json.dumps(dict(json.loads(value), format=9)).encode()


def with_an_unknown_word(value):
    """In each place where this version knows a few words."""
    for word in (b'"phase":"active"', b'"kind":"create"', b'"kind":"destroy"', b'"kind":"ports"', b'"type":"Normal"',
                 b'"scheme":"platform"'):
        value = value.replace(word, word.split(b':')[0] + b':"of-a-later-version"')
    return value


# One key of each kind of record, with what can happen to it. What is no JSON has one form only.
TEXTS = ('/agent/id', '/names/tenant-1/test-1', '/addresses/-/10.101.0.0/24', '/nginx-runtime', '/cluster-secrets/berysmv4',
         '/nginx-users/reader')
OBJECTS = (CLUSTER, '/operations/qc5g32wqwd4n', '/operations/cz5h4sfsm76n', '/destroyed/pyvdnyu8', '/flavors/edge',
           '/proxies/%2Ftest2', '/host-routes/10.102.0.0_16', '/cluster-routes/10.101.0.0_24', INSTANCE,
           '/events/00000000000000000001')
WORDS = (CLUSTER, '/operations/qc5g32wqwd4n', '/flavors/edge', INSTANCE, '/events/00000000000000000001')
DAMAGES = ([(key, cut) for key in TEXTS + OBJECTS] + [(key, another_type) for key in OBJECTS] +
           [(key, of_a_later_format) for key in OBJECTS] + [(key, with_an_unknown_word) for key in WORDS])


@pytest.fixture(scope='module', autouse=True)
def own_network():
    with OwnNetwork():
        yield


@pytest.fixture(scope='module')
def origin(own_network):
    served = Origin()
    yield served
    served.close()


@pytest.fixture
def agent(new_agent, origin):
    """With the state directory of an earlier version and a route to `origin`; it does not run."""
    made = new_agent(flags=['-nginx_runtime', 'process', '-fqdn', 'agent.example.net'])
    made.state_dir.mkdir(mode=0o700)
    for name in ('state.db', 'sealing.key', 'api.token'):
        shutil.copyfile(STATE / name, made.state_dir / name)
        (made.state_dir / name).chmod(0o600)
    route = {'name': '', 'path': '/served', 'origin': origin.url, 'changed_at_ms': 1}
    stored_records.write(made, '/proxies/%2Fserved', json.dumps(route).encode())
    stored_records.write(made, '/nginx-users/reader', b'$2b$08$' + b'a' * 53)
    yield made
    made.close()
    nginx.end_all(made)


def damage(agent, key, how):
    whole = stored_records.read(agent, key)
    damaged = how(whole)
    assert damaged != whole, key
    stored_records.write(agent, key, damaged)
    return damaged


def line_of(agent, name):
    answer = agent.rest('GET', '/readyz')
    assert answer.status_code == 200, answer.text
    return next(line for line in answer.text.splitlines() if line.startswith(name + ': '))


def serves(agent):
    return agent.browse('GET', '/served').status_code == 200


@pytest.mark.parametrize('key, how', DAMAGES, ids=lambda value: getattr(value, '__name__', value))
def test_a_record_written_by_an_older_version_or_cut_short_keeps_nothing_else_from_being_served(agent, key, how):
    damaged = damage(agent, key, how)
    before = stored_records.all_of(agent)
    agent.start()
    assert serves(agent)
    # Named wherever an operator looks.
    assert key in line_of(agent, 'records')
    assert any(key in problem for problem in agent.post('/v1/status', {})['problems'])
    events = agent.get('/v1/events?kind=Record')['events']
    assert [(event['name'], event['reason'], event['type']) for event in events] == [(key, 'SetAside', 'WARNING')]
    records = agent.get('/v1/unreadable-records')['records']
    assert [(record['key'], base64.b64decode(record['value'])) for record in records] == [(key, damaged)]
    # Kept, by this process and by the next one.
    for _ in range(2):
        assert agent.terminate() == 0
        assert stored_records.read(agent, key) == damaged
        agent.start()
    assert agent.terminate() == 0
    # An event that happens again gets another number.
    lost = {each for each in before if each not in stored_records.all_of(agent) and not each.startswith('/events/')}
    assert lost == set()
    # Until a person says otherwise.
    agent.start()
    assert agent.rest('DELETE', '/v1/unreadable-records', params={'key': key}).status_code == 200
    assert line_of(agent, 'records') == 'records: ok'
    assert agent.rest('DELETE', '/v1/unreadable-records', params={'key': key}).status_code == 404
    assert serves(agent)
    agent.terminate()
    assert stored_records.read(agent, key) != damaged


def test_a_damaged_record_of_each_kind_at_once(agent):
    damaged = {key: damage(agent, key, cut) for key in TEXTS + OBJECTS}
    agent.start()
    assert serves(agent)
    named = {record['key'] for record in agent.get('/v1/unreadable-records')['records']}
    assert set(damaged) == named
    agent.terminate()
    for key, value in damaged.items():
        assert stored_records.read(agent, key) == value, key


def test_a_cluster_whose_record_cannot_be_read_is_neither_absent_nor_an_orphan(agent):
    damage(agent, CLUSTER, cut)
    agent.start()
    body = {'message': 'x', 'provisions': [{'name': 'test-1', 'tenant': 'tenant-1', 'kind': 'kubernetes-mini-openstack'}]}
    for answer in (agent.rest('GET', '/v1/tenants/tenant-1/clusters/test-1'),
                   agent.rest('GET', '/v1/tenants/tenant-1/clusters/test-1/kubeconfig'),
                   agent.rest('POST', '/v1/provision', body), agent.rest('POST', '/v1/destroy', body)):
        assert answer.status_code == 400, answer.text
        assert CLUSTER in answer.text
    # The way to its nodes stays wanted.
    assert '10.101.0.0/24' in agent.post('/v1/route', {'message': 'list'})['status']
    agent.terminate()
    assert stored_records.read(agent, '/cluster-routes/10.101.0.0_24') is not None


def test_an_instance_whose_record_cannot_be_read_runs_on(agent):
    def answers():
        try:
            return nginx.fetch(agent, ADDRESS, 8888, '/other')[0] == 'HTTP/1.1 404 Not Found'
        except OSError:
            return False
    agent.start()
    wait_until(answers, 'the instance answers')
    agent.terminate()
    damage(agent, INSTANCE, cut)
    agent.start()
    # When this one is active, orphans have been looked for.
    nginx.added(agent, 'other', nginx.port('LProtoTCP', 7001, '127.0.0.1:777'))
    assert answers()
    for name, port in (('test1', 7002), ('third', 8888)):
        refused = nginx.add(agent, name, nginx.port('LProtoTCP', port, '127.0.0.1:777'))
        assert refused.status_code in (400, 409) and 'test1-nginx-lbproxy' in refused.text, refused.text
    assert answers()


def test_a_newer_store_is_refused_by_an_old_binary_in_one_clear_line(agent):
    stored_records.set_format(agent, 99)
    before = (agent.state_dir / 'state.db').read_bytes()
    agent.launch()
    assert agent.process.wait(LIMIT) == 1
    errors = [line for line in agent.log().splitlines() if 'error' in line]
    assert len(errors) == 1 and 'was written by a newer agent (format 99, this one knows ' in errors[0], agent.log()
    assert (agent.state_dir / 'state.db').read_bytes() == before


@pytest.mark.parametrize('content, mode', [(b'short', 0o600), (b'', 0o600), (None, 0o644)])
def test_a_token_that_cannot_be_used_does_not_stop_the_proxy(agent, content, mode):
    path = agent.state_dir / 'api.token'
    content = path.read_bytes() if content is None else content
    path.write_bytes(content)
    path.chmod(mode)
    agent.start()
    assert serves(agent)
    assert str(path) in line_of(agent, 'API token')
    # What needed no token needs none; the token that others may have read lets no one in.
    assert agent.rest('GET', '/v1/proxies').status_code == 200
    shown = agent.rest('GET', '/v1/proxies', headers={'Authorization': 'Bearer ' + (content.decode().strip() or 'none')})
    assert shown.status_code == 401
    assert path.read_bytes() == content


# The sealing key.

def without_key(path):
    path.unlink()


def another_key(path):
    path.write_bytes(b'x' * 32)


def cut_key(path):
    path.write_bytes(path.read_bytes()[:20])


def key_open_to_all(path):
    path.chmod(0o644)


@pytest.mark.parametrize('spoil', [without_key, another_key, cut_key, key_open_to_all])
def test_a_sealing_key_that_is_lost_is_never_replaced_without_a_word(agent, spoil):
    path = agent.state_dir / 'sealing.key'
    key = path.read_bytes()
    sealed = stored_records.read(agent, '/cluster-secrets/berysmv4')
    spoil(path)
    spoilt = (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) if path.exists() else None
    agent.start()
    assert serves(agent)
    assert str(path) in line_of(agent, 'sealing key')
    assert any(str(path) in problem for problem in agent.post('/v1/status', {})['problems'])
    cluster = agent.get('/v1/tenants/tenant-2/clusters/half')
    assert cluster['reason']['code'] == 'SecretsUnavailable' and str(path) in cluster['reason']['message']
    operation = agent.get('/v1/operations?tenant=tenant-2&cluster=half')['operations'][0]
    assert operation['state'] == 'BLOCKED' and str(path) in operation['reason']['message']
    kubeconfig = agent.rest('GET', '/v1/tenants/tenant-2/clusters/half/kubeconfig')
    assert kubeconfig.status_code != 200 and str(path) in kubeconfig.text
    # A cluster that has no secrets is not concerned.
    assert 'SecretsUnavailable' not in json.dumps(agent.get('/v1/tenants/tenant-1/clusters/test-1'))
    agent.terminate()
    assert ((path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) if path.exists() else None) == spoilt
    assert stored_records.read(agent, '/cluster-secrets/berysmv4') == sealed
    # With the right key all is as before.
    path.write_bytes(key)
    path.chmod(0o600)
    agent.start()
    assert line_of(agent, 'sealing key') == 'sealing key: ok'
    assert agent.rest('GET', '/v1/tenants/tenant-2/clusters/half/kubeconfig').status_code == 200
