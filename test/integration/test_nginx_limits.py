"""What one client may take of a port: who a client is, what becomes of what is more, and what an operator may say of it."""
import subprocess

import pytest

from harness import raw_http
from harness.echo import TcpEcho
from harness.own_network import ADDRESS, OwnNetwork
from harness.raw_http import Mirror
from harness.waiting import wait_until

ADDRESSES = ('fd00:1::1', 'fd00:1::2', 'fd00:1:0:0:ffff::3', 'fd00:2::1')


@pytest.fixture(scope='module', autouse=True)
def own_network():
    with OwnNetwork():
        for address in ADDRESSES:
            subprocess.run(['ip', 'address', 'add', address + '/128', 'dev', 'lo', 'nodad'], check=True)
        yield


@pytest.fixture
def agent(agent_with_nginx):
    return agent_with_nginx


@pytest.fixture
def echo():
    made = TcpEcho()
    yield made
    made.close()


def put(agent, protocol, origin, **more):
    port = {'protocol': protocol, 'external': 7001, 'origins': [{'address': origin}], **more}
    answer = agent.rest('PUT', '/v1/nginx-proxies/a', {'ports': [port]})
    assert answer.status_code == 200, answer.text
    return answer.json()


class Session:
    """One that is open; `is_served` says whether the port let it in."""

    def __init__(self, address, source, greeting=b''):
        self._connection = raw_http.connect(address, 7001, source=source)
        try:
            self._connection.sendall(greeting + b'x')
            self.is_served = self._connection.recv(10) == b'tcp:x'
        except ConnectionError:
            self.is_served = False

    def close(self):
        self._connection.close()


def served(*sessions):
    try:
        return [session.is_served for session in sessions]
    finally:
        for session in sessions:
            session.close()


def test_a_client_is_an_address(agent, echo):
    shown = put(agent, 'TCP', echo.origin, client_limits={'connections': 2})
    assert shown['ports'][0]['client_limits']['connections'] == 2
    assert served(*(Session('127.0.0.1', source) for source in
                    ('127.0.0.2', '127.0.0.2', '127.0.0.2', '127.0.0.3', '127.0.0.3'))) == [True, True, False, True, True]
    # What was given back may be taken again.
    wait_until(lambda: served(Session('127.0.0.1', '127.0.0.2'), Session('127.0.0.1', '127.0.0.2')) == [True, True],
               'the next two')


def test_a_client_with_ipv6_is_a_network(agent, echo):
    put(agent, 'TCP', echo.origin, client_limits={'connections': 2})
    first, second, third, other = ADDRESSES
    assert served(*(Session('fd00:1::1', source) for source in (first, second, third, other))) == [True, True, False, True]


def test_a_client_is_whom_the_balancer_names(agent, echo):
    put(agent, 'TCP', echo.origin, client_limits={'connections': 1}, takes_proxy_protocol=True)

    def named(address, kind='TCP4'):
        target = '192.0.2.1' if kind == 'TCP4' else '2001:db8::1'
        return Session('127.0.0.1', '127.0.0.2', ('PROXY %s %s %s 1 2\r\n' % (kind, address, target)).encode())
    assert served(named('192.0.2.7'), named('192.0.2.7'), named('192.0.2.8')) == [True, False, True]
    assert served(named('2001:db8:1:2:3::7', 'TCP6'), named('2001:db8:1:2:4::8', 'TCP6'),
                  named('2001:db8:1:3::7', 'TCP6')) == [True, False, True]


def test_requests_that_come_too_fast_are_told_when_to_come_again(agent):
    mirror = Mirror()
    mirror.answers = {b'/busy': b'HTTP/1.1 429 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n'}
    put(agent, 'HTTP', mirror.origin, client_limits={'requests_per_second': 1, 'burst': 5})

    def ask(target='/', source='127.0.0.2'):
        with raw_http.connect('127.0.0.1', 7001, source=source) as connection:
            status, head, _ = raw_http.ask(connection, b'GET %s HTTP/1.1\r\nHost: a\r\n\r\n' % target.encode())
            return status, [value for name, value in raw_http.fields(head) if name == 'retry-after']
    answers = [ask() for _ in range(30)]
    assert answers[:6] == [(200, [])] * 6, 'one and the burst'
    assert (429, ['1']) in answers
    assert ask(source='127.0.0.3') == (200, []), 'another client'
    assert ask('/busy', source='127.0.0.4') == (429, ['7']), 'what an origin says is its own'

    def refused():
        return [int(each.get('refused', 0)) for each in agent.get('/v1/nginx-proxies/a').get('traffic', [])]
    wait_until(lambda: refused() == [sum(status == 429 for status, _ in answers)], lambda: 'all are counted: %s' % refused())
    metrics = agent.rest('GET', '/metrics').text
    assert 'mex_nginx_refused_total{instance="a-nginx-lbproxy",port="7001",protocol="http"}' in metrics
    mirror.close()


def test_what_an_operator_says_of_limits_is_checked_and_kept(agent, echo):
    port = {'protocol': 'TCP', 'external': 7001, 'origins': [{'address': echo.origin}]}
    for change, field in (({'max_connections': 3}, 'max_connections'),
                          ({'ports': [dict(port, client_limits={'connections': -1})]}, 'ports[0].client_limits.connections'),
                          ({'ports': [dict(port, client_limits={'burst': 9})]}, 'ports[0].client_limits')):
        answer = agent.rest('PUT', '/v1/nginx-proxies/a', {'ports': [port], **change})
        assert answer.status_code == 400, change
        violations = [v for detail in answer.json()['details'] for v in detail.get('fieldViolations', [])]
        assert [violation['field'] for violation in violations] == [field]
    answer = agent.rest('PUT', '/v1/nginx-proxies/a', {'ports': [dict(port, client_limits={'connections': 1})],
                                                       'max_connections': 100})
    assert answer.status_code == 200, answer.text
    agent.restart()
    assert agent.get('/v1/nginx-proxies/a')['max_connections'] == 100
    assert served(Session(ADDRESS, ADDRESS), Session(ADDRESS, ADDRESS)) == [True, False]
