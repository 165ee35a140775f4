"""/v1/route on a host of its own: a network namespace with the agent in it."""
import subprocess

import pytest

from harness.agent_elsewhere import AgentElsewhere
from harness.namespace import ITS_ADDRESS, OUR_ADDRESS, Namespace
from harness.waiting import wait_until

SUBNET = '10.101.3.0/24'
ROUTE = {'subnet': SUBNET, 'gateway': OUR_ADDRESS, 'dev': 'there'}
LINE = '%s via %s dev there proto mexosagent' % (SUBNET, OUR_ADDRESS)


@pytest.fixture
def host(tmp_path, certificates):
    namespace = Namespace()
    agent = AgentElsewhere(namespace, tmp_path / 'agent', certificates)
    try:
        yield agent.start()
    finally:
        agent.close()
        namespace.close()


def ip(host, *arguments):
    return subprocess.run(['ip', '-n', host.namespace.name, *arguments], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def shown(host):
    """What ip(8) says of the route; it does not know our protocol's name."""
    return ip(host, 'route', 'show', SUBNET).replace('proto 109', 'proto mexosagent').strip()


def route(host, verb, *routes):
    return host.rest('POST', '/v1/route', {'message': verb, 'routes': list(routes)})


def test_added_listed_and_deleted(host):
    assert route(host, 'add', ROUTE).json() == {'message': 'add', 'status': 'OK'}
    assert shown(host) == LINE
    table = route(host, 'list').json()
    assert table['message'] == 'list'
    assert LINE in table['status'].splitlines()
    assert route(host, 'delete', ROUTE).json() == {'message': 'delete', 'status': 'OK'}
    assert shown(host) == ''


def test_the_list_is_the_kernels_whole_table(host):
    ip(host, 'route', 'add', 'default', 'via', OUR_ADDRESS, 'metric', '100')
    ip(host, 'route', 'add', '10.9.0.0/16', 'via', OUR_ADDRESS, 'src', ITS_ADDRESS)
    expected = [line.strip() for line in ip(host, 'route', 'show').splitlines()]
    assert route(host, 'list').json()['status'].splitlines()[:len(expected)] == expected


def test_put_back_after_a_kill_and_after_the_interface_came_back(host):
    route(host, 'add', ROUTE)
    host.kill()
    assert shown(host) == LINE, 'traffic goes on without the agent'
    ip(host, 'route', 'del', SUBNET)
    host.start()
    assert shown(host) == LINE
    ip(host, 'link', 'set', 'there', 'down')
    ip(host, 'link', 'set', 'there', 'up')
    wait_until(lambda: shown(host) == LINE, lambda: 'the route is back: ' + ip(host, 'route'))


@pytest.mark.parametrize('changed, status, words', [
    ({'gateway': '192.0.2.1', 'dev': ''}, 400, ['can\'t add route', '192.0.2.1', 'no network of this host']),
    ({'dev': 'eth9'}, 404, ['no interface eth9']),
    ({'subnet': '0.0.0.0/0'}, 400, ['routes[0].subnet', 'default route']),
    ({'subnet': '169.254.169.254/32'}, 400, ['routes[0].subnet', 'link-local']),
    ({'gateway': 'router'}, 400, ['routes[0].gateway', 'not an IP address']),
])
def test_refused_with_the_reason(host, changed, status, words):
    before = ip(host, 'route')
    answer = route(host, 'add', dict(ROUTE, **changed))
    assert answer.status_code == status, answer.text
    for word in words:
        assert word in answer.json()['error']
    assert ip(host, 'route') == before
    assert route(host, 'delete', ROUTE).status_code == 404
