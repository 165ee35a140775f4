"""The lies are told as they are described, and what an agent does because of them is noticed."""
import json
import types

import pytest

from harness.lie_watch import LieWatch, cluster_of
from harness.lies import LIES
from harness.recording_proxy import Call

COMPUTE, NETWORK, IDENTITY = 1, 2, 3
SERVERS = [{'id': letter * 8, 'name': 'node-' + letter, 'status': 'ACTIVE', 'tags': ['t']} for letter in 'cabd']


class Answered:
    """An exchange whose service answers with a document."""

    def __init__(self, call, document):
        self.call = call
        self._document = document
        self.status, self.told = 0, None

    def forward(self):
        self._document = json.loads(json.dumps(self._document))

    def document(self):
        return self._document

    def deliver(self):
        self.status, self.told = 200, self._document

    def deliver_instead(self, document):
        self.status, self.told = 200, document

    def answer(self, status, _reason, _headers, body):
        self.status, self.told = status, json.loads(body or b'null')


@pytest.fixture
def world():
    return types.SimpleNamespace(compute=COMPUTE, network=NETWORK, minute=0.0)


def call(path, port=COMPUTE, method='GET'):
    return Call(0, method, path, '', port, b'', 0.0)


def told(lie, path, document, port=COMPUTE):
    asked = call(path, port)
    assert lie.concerns(asked)
    exchange = Answered(asked, document)
    lie.fate(exchange)
    return exchange


def ids(exchange):
    return [server['id'][0] for server in exchange.told['servers']]


@pytest.mark.parametrize('name, expected', [
    ('empty-list', ''), ('list-without-one-server', 'bcd'), ('list-without-half', 'bd'),
    ('duplicated-answers', 'cabdcabd')])
def test_lists_have_other_entries(world, name, expected):
    assert ids(told(LIES[name](world), '/v2.1/servers/detail', {'servers': SERVERS, 'servers_links': []})) == list(expected)


@pytest.mark.parametrize('name', ['empty-list', 'list-without-one-server', 'list-without-half', 'duplicated-answers',
                                  'stale-list'])
def test_a_get_of_an_id_tells_the_truth(world, name):
    assert not LIES[name](world).concerns(call('/v2.1/servers/86285fed-d2e1-478b-a010-a789a3fdd9ed'))
    assert not LIES[name](world).concerns(call('/v2.1/servers', method='POST'))


def test_a_stale_list_is_that_of_a_minute_ago(world):
    world.minute = 3600.0
    lie = LIES['stale-list'](world)
    assert ids(told(lie, '/v2.1/servers/detail', {'servers': SERVERS[:1]})) == ['c']
    assert ids(told(lie, '/v2.1/servers/detail', {'servers': SERVERS})) == ['c']
    world.minute = 0.0
    assert ids(told(lie, '/v2.1/servers/detail', {'servers': SERVERS[:2]})) == ['c', 'a']


@pytest.mark.parametrize('name, status', [('500', 500), ('503', 503), ('404-for-nova', 404), ('404-for-project', 404),
                                          ('expired-token', 401)])
def test_a_refusal_never_reaches_the_service(world, name, status):
    assert told(LIES[name](world), '/v2.1/servers', {'servers': SERVERS}).status == status
    assert LIES[name](world).concerns(call('/v2.0/ports', NETWORK)) == (name != '404-for-nova')
    assert not LIES[name](world).concerns(call('/v3/auth/tokens', IDENTITY, 'POST'))


def test_of_a_server_with_unknown_status_its_identity_is_known(world):
    lie = LIES['unknown-status'](world)
    expected = dict(SERVERS[0], status='UNKNOWN')
    assert told(lie, '/v2.1/servers/detail', {'servers': SERVERS}).told['servers'][0] == expected
    one = '/v2.1/servers/86285fed-d2e1-478b-a010-a789a3fdd9ed'
    assert told(lie, one, {'server': dict(SERVERS[0], addresses={})}).told['server'] == expected


def removal(server):
    path = '/v2.1/servers/86285fed-d2e1-478b-a010-' + server['id'] + 'a789'
    return call(path, method='DELETE')


def id_of(server):
    return removal(server).path.rsplit('/', 1)[-1]


def noticed(server, allowed):
    servers = [dict(each, id=id_of(each)) for each in SERVERS]
    watch = LieWatch(lambda: servers, was_drained=lambda server_id: False)
    watch.allowed = allowed
    watch.check_removal(removal(server))
    return [text for _, text in watch.violations]


def test_a_removal_that_nobody_asked_for_is_noticed():
    assert 'node-a' in noticed(SERVERS[1], {})[0]


def test_a_removal_without_drain_is_noticed_where_there_has_to_be_one():
    assert 'without having been drained' in noticed(SERVERS[1], {id_of(SERVERS[1]): True})[0]


def test_a_removal_that_was_asked_for_is_none_of_anybodys_business():
    assert noticed(SERVERS[1], {id_of(SERVERS[1]): False}) == []


def test_what_is_noticed_belongs_to_the_cluster_that_it_is_about():
    assert cluster_of('cluster-1-ab12cd34-worker-12') == 'cluster-1'
    assert cluster_of('somebody-elses') == ''
    watch = LieWatch(list, was_drained=lambda server_id: False)
    watch.violations = [('cluster-1', 'one'), ('cluster-2', 'two'), ('', 'of none')]
    assert watch.of(['cluster-1']) == ['one']
    assert watch.of_others(['cluster-1', 'cluster-2']) == ['of none']


@pytest.mark.parametrize('condition, words', [
    ({'type': 'NodesReady', 'status': 'False', 'observed_at': '2026-01-01T00:00:00Z'}, 'shown as not NodesReady'),
    ({'type': 'ServersActive', 'status': 'True', 'observed_at': '2026-01-01T00:00:10Z'}, 'while nothing could be'),
])
def test_what_is_shown_and_was_not_seen_is_noticed(world, condition, words):
    view = {'name': 'subject', 'state': 'ACTIVE', 'conditions': [condition]}
    began = 1767225600.0  # 2026-01-01T00:00:00Z
    watch = LieWatch(list, was_drained=lambda server_id: False)
    watch.check_shown(view, LIES['500'](world), began)
    assert watch.violations[0][0] == 'subject' and words in watch.violations[0][1]
