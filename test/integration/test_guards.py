"""Guards of routes as an operator sets them and clients meet them: docs/guards.md."""
import pathlib
import re
import threading

import pytest

from harness.origin import Origin
from harness.waiting import wait_until


ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def agent(new_agent):
    agent = new_agent()
    agent.start()
    return agent


@pytest.fixture
def origin():
    server = Origin()
    yield server
    server.close()


def put(agent, origin, guards):
    answer = agent.rest('PUT', '/v1/proxies/a', {'path': '/a', 'origin': origin.url, 'guards': guards})
    assert answer.status_code == 200, answer.text
    return answer.json()


def statuses(agent, count, path='/a/x', **more):
    return [agent.browse('GET', path, **more).status_code for _ in range(count)]


def test_a_rate_is_exact_over_all_shards(agent, origin):
    put(agent, origin, {'rate_limit': {'requests_per_second': 1, 'burst': 10}})
    answers = []

    def ask():
        answers.extend(statuses(agent, 10))
    # The shards take connections by their ports: both get some.
    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(answers) == 40 and set(answers) == {200, 429}
    assert 10 <= answers.count(200) < 40, answers
    # Each that was served is a tenth of the burst or a second of time.
    late = agent.browse('GET', '/a/x')
    if late.status_code == 429:
        assert int(late.headers['Retry-After']) == 1
        assert late.text.startswith('rate_limit: ')
    wait_until(lambda: agent.browse('GET', '/a/x').status_code == 200, 'there is room again')


def test_rates_by_header_and_addresses_behind_a_trusted_peer(new_agent, origin):
    agent = new_agent(flags=['-trusted_peers=127.0.0.0/8'])
    agent.start()
    put(agent, origin, {'rate_limit': {'requests_per_second': 1, 'burst': 1, 'key': 'HEADER', 'header': 'X-Key'}})
    first = [agent.browse('GET', '/a/x', headers={'X-Key': 'key%d' % n}).status_code for n in range(5)]
    assert first == [200] * 5
    put(agent, origin, {'deny': ['198.51.100.0/24', '2001:db8::/32']})
    for address, status in (('198.51.100.7', 403), ('2001:db8::7', 403), ('203.0.113.1', 200),
                            ('198.51.100.7, 203.0.113.1', 200), ('203.0.113.1, 198.51.100.7', 403)):
        assert agent.browse('GET', '/a/x', headers={'X-Forwarded-For': address}).status_code == status, address


def test_bodies_and_requests_under_way(agent, origin):
    put(agent, origin, {'max_body_bytes': 100_000, 'concurrency': {'max_requests': 1}})
    assert agent.browse('POST', '/a/digest', data=bytes(100_000)).status_code == 200
    refused = agent.browse('POST', '/a/digest', data=bytes(100_001))
    assert refused.status_code == 413 and refused.text.startswith('body_size: ')
    chunks = agent.browse('POST', '/a/digest', data=(bytes(10_000) for _ in range(11)))
    assert chunks.status_code == 413
    waiting = threading.Thread(target=agent.browse, args=('GET', '/a/held?count=2'))
    waiting.start()
    wait_until(lambda: any('held' in each['target'] for each in origin.requests), 'it is under way')
    refused = agent.browse('GET', '/a/x')
    assert refused.status_code == 429 and refused.text.startswith('concurrency: ')
    origin.may_go_on.set()
    waiting.join()
    wait_until(lambda: agent.browse('GET', '/a/x').status_code == 200, 'it has left')
    counted = re.findall(r'mex_proxy_refused_total\{guard="(\w+)"\} (\d+)', agent.rest('GET', '/metrics').text)
    assert {name for name, count in counted if int(count) > 0} == {'body_size', 'concurrency'}


def test_guards_survive_a_restart_and_are_shown(agent, origin):
    guards = {'allow': ['10.0.0.0/8'], 'rate_limit': {'requests_per_second': 7, 'key': 'ROUTE'},
              'concurrency': {'max_requests_per_client': 3}, 'max_body_bytes': 5}
    put(agent, origin, guards)
    agent.restart()
    shown = agent.get('/v1/proxies/a')['guards']
    assert shown['allow'] == guards['allow'] and shown['max_body_bytes'] == 5
    assert shown['rate_limit']['requests_per_second'] == 7 and shown['rate_limit']['key'] == 'ROUTE'
    assert shown['concurrency']['max_requests_per_client'] == 3
    assert agent.browse('GET', '/a').status_code == 403
    # What was read can be sent back.
    assert agent.rest('PUT', '/v1/proxies/a', agent.get('/v1/proxies/a')).status_code == 200


@pytest.mark.parametrize('guards, field, right', [
    ({'allow': ['example.com']}, 'proxy.guards.allow[0]', '10.0.0.0/8'),
    ({'deny': ['10.0.0.1/8']}, 'proxy.guards.deny[0]', 'bits'),
    ({'rate_limit': {'burst': 5}}, 'proxy.guards.rate_limit.requests_per_second', '1 to 1000000'),
    ({'rate_limit': {'requests_per_second': -1}}, 'proxy.guards.rate_limit.requests_per_second', '1000000'),
    ({'rate_limit': {'requests_per_second': 1, 'key': 'HEADER'}}, 'proxy.guards.rate_limit.header', 'name'),
    ({'concurrency': {'max_requests': -1}}, 'proxy.guards.concurrency.max_requests', '0 to 1000000'),
    ({'max_body_bytes': -1}, 'proxy.guards.max_body_bytes', '0 to'),
])
def test_what_makes_no_sense_is_refused_by_its_field(agent, origin, guards, field, right):
    answer = agent.rest('POST', '/v1/proxies', {'path': '/b', 'origin': origin.url, 'guards': guards})
    assert answer.status_code == 400
    assert answer.json()['message'].startswith(field + ': '), answer.text
    assert right in answer.json()['message']


def test_the_documented_lines_work(agent):
    lines = re.findall(r'^curl .*', (ROOT / 'docs' / 'guards.md').read_text(), re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        answer = agent.curl(line)
        assert '"etag"' in answer.stdout, answer.stdout + answer.stderr
