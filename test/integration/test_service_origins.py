"""Origins that are services of clusters, through the real agent: what is said where there is no such cluster."""
from harness.origin_process import OriginProcess
from harness.waiting import wait_until

SERVICE = 'k8s://tenant-1/demo/default/web'


def shown(agent, name='shop'):
    return agent.get(f'/v1/proxies/{name}')['origins'][0]


def test_a_cluster_that_does_not_exist_is_a_state_and_no_failure_of_the_call(agent):
    answer = agent.rest('PUT', '/v1/proxies/shop', json={'path': '/shop', 'origin': SERVICE + ':http/base'})
    assert answer.status_code == 200, answer.text
    assert answer.json()['origin'] == SERVICE + ':http/base'
    wait_until(lambda: shown(agent)['state'] == 'UNAVAILABLE', 'the agent knows that there is no such cluster')
    assert 'demo' in shown(agent)['reason'], shown(agent)
    answer = agent.browse('GET', '/shop')
    assert answer.status_code == 503
    assert 'service without endpoints' in answer.text
    resolved = agent.rest('POST', '/v1/proxies:resolve', json={'url': '/shop'}).json()
    assert resolved['outcome'] == 'ORIGIN'
    assert resolved['proxy']['origins'][0]['state'] == 'UNAVAILABLE'


def test_the_first_call_takes_a_service_and_lists_it(agent):
    answer = agent.rest('POST', '/v1/proxy', json={
        'message': 'add', 'proxies': [{'path': '/shop', 'origin': SERVICE}]})
    assert answer.status_code == 200, answer.text
    assert agent.get('/v1/proxies/shop')['origin'] == SERVICE
    answer = agent.rest('POST', '/v1/proxy', json={'message': 'add', 'proxies': [{'path': '/x', 'origin': 'k8s://a/b'}]})
    assert answer.status_code == 400
    assert 'k8s://<tenant>/<cluster>/<namespace>/<service>' in answer.json()['error']


def test_what_was_read_can_be_sent_back_and_outlives_a_restart(agent):
    agent.rest('PUT', '/v1/proxies/shop', json={'path': '/shop', 'origins': [{'url': SERVICE, 'weight': 3}]})
    wait_until(lambda: shown(agent)['state'] == 'UNAVAILABLE', 'the agent knows that there is no such cluster')
    read = agent.get('/v1/proxies/shop')
    answer = agent.rest('PUT', '/v1/proxies/shop', json=read)
    assert answer.status_code == 200, answer.text
    assert answer.json()['origins'][0]['weight'] == 3
    agent.restart()
    wait_until(lambda: shown(agent)['state'] == 'UNAVAILABLE', 'the agent knows that there is no such cluster')
    assert agent.browse('GET', '/shop').status_code == 503


def test_other_origins_of_the_route_serve_meanwhile(agent):
    origin = OriginProcess('one')
    try:
        agent.rest('PUT', '/v1/proxies/shop', json={
            'path': '/shop', 'origins': [{'url': SERVICE, 'weight': 90}, {'url': origin.url, 'weight': 10}]})
        for _ in range(5):
            assert agent.browse('GET', '/shop').json()['origin'] == 'one'
        wait_until(lambda: shown(agent)['state'] == 'UNAVAILABLE', 'the agent knows that there is no such cluster')
        assert [each['state'] for each in agent.get('/v1/proxies/shop')['origins']] == ['UNAVAILABLE', 'HEALTHY']
    finally:
        origin.close()
