"""What a cloud refuses or breaks is told clearly, with the cloud's own request id, and can be destroyed."""
import pytest

from harness import clusters
from harness import recording_proxy as fates
from harness.waiting import wait_until


def assert_told(agent, proxy, operation_id, *words):
    """The operation failed; its reason has these words, a request id that the cloud gave, and a next step."""
    operation = clusters.ended(agent, operation_id)
    assert operation['state'] == 'FAILED', operation
    reason = operation['reason']
    for word in words:
        assert word in reason['message'], reason
    assert reason['code'] and reason['next']
    assert '\n' not in reason['message']
    assert reason['openstack_request_id'] in {call.request_id for call in proxy.calls if call.request_id}
    assert clusters.cluster(agent)['state'] == 'FAILED'
    entry = clusters.status_of(agent)
    assert entry['state'] == 'FAILED'
    assert reason['message'] in entry['reason']


def assert_destroyed_without_a_trace(agent, cloud):
    clusters.done(agent, clusters.destroy(agent))
    assert cloud.inventory() == {}
    assert clusters.status_of(agent) is None


@pytest.mark.parametrize('field, words', [
    ('image', ('image', 'no-such-thing')),
    ('flavor', ('flavor', 'no-such-thing')),
    ('network', ('network', 'no-such-thing')),
    ('zone', ('zone', 'no-such-thing')),
])
def test_an_unknown_thing_is_named(cloud_agent, cloud, recording_proxy, field, words):
    operation = clusters.provision(cloud_agent, clusters.wish(**{field: 'no-such-thing'}))
    assert_told(cloud_agent, recording_proxy, operation, *words)
    assert cloud.inventory() == {}  # refused before anything was made
    assert_destroyed_without_a_trace(cloud_agent, cloud)


def test_a_region_that_the_cloud_lacks_when_none_is_configured(new_cloud_agent, cloud):
    agent = new_cloud_agent({'OS_REGION_NAME': ''}).start()
    failed = clusters.ended(agent, clusters.provision(agent, clusters.wish(region='Elsewhere')))
    assert failed['state'] == 'FAILED'
    assert "region 'Elsewhere'" in failed['reason']['message'] and 'RegionOne' in failed['reason']['message']
    assert cloud.inventory() == {}
    clusters.done(agent, clusters.destroy(agent))


def test_a_wrong_password(new_cloud_agent, cloud, recording_proxy):
    agent = new_cloud_agent({'OS_PASSWORD': 'not-the-password'}).start()
    operation = clusters.provision(agent)
    assert_told(agent, recording_proxy, operation, 'log in', 'HTTP 401')
    assert 'not-the-password' not in agent.log() + str(agent.get('/v1/operations/' + operation))
    # Nobody who guesses wrongly once goes on guessing: accounts get locked.
    assert sum(call.path.endswith('/auth/tokens') for call in recording_proxy.calls) <= 2
    assert cloud.inventory() == {}


def test_after_a_wrong_password_nothing_was_made_so_destroy_needs_no_cloud(new_cloud_agent):
    agent = new_cloud_agent({'OS_PASSWORD': 'not-the-password'}).start()
    clusters.ended(agent, clusters.provision(agent))
    clusters.ended(agent, clusters.destroy(agent))
    assert agent.rest('GET', '/healthz').status_code == 200


def test_no_external_network(new_cloud_agent, cloud, recording_proxy):
    agent = new_cloud_agent(defaults={'external_network': 'no-such-network'}).start()
    assert_told(agent, recording_proxy, clusters.provision(agent), 'external network', 'no-such-network')
    assert cloud.inventory() == {}
    assert_destroyed_without_a_trace(agent, cloud)


@pytest.mark.parametrize('limits, words', [
    ({'instances': 2}, ('instances',)),
    ({'cores': 2, 'ram': 1024}, ('cores', 'ram')),
])
def test_a_lack_of_compute_quota_is_seen_before_anything_is_made(cloud_agent, cloud, recording_proxy, limits, words):
    with cloud.compute_quota(**limits):
        assert_told(cloud_agent, recording_proxy, clusters.provision(cloud_agent), 'quota', *words)
    assert not any(call.changes_something for call in recording_proxy.calls)
    assert_destroyed_without_a_trace(cloud_agent, cloud)


def test_a_lack_of_network_quota_is_seen_before_anything_is_made(cloud_agent, cloud, recording_proxy):
    with cloud.network_quota(port=2, router=0):
        assert_told(cloud_agent, recording_proxy, clusters.provision(cloud_agent), 'quota', 'ports', 'routers')
    assert not any(call.changes_something for call in recording_proxy.calls)
    assert_destroyed_without_a_trace(cloud_agent, cloud)


def test_a_quota_that_runs_out_on_the_way(cloud_agent, cloud, recording_proxy):
    """Somebody else takes the last instances between the look and the call."""
    with cloud.compute_quota(instances=10):
        def take_the_quota(exchange):
            cloud.openstack.admin('PUT', 'compute', '/os-quota-sets/' + cloud.api.project_id,
                                  {'quota_set': {'instances': 0}})
            fates.pass_on(exchange)
        recording_proxy.once(take_the_quota, method='POST', path='/networks$')
        assert_told(cloud_agent, recording_proxy, clusters.provision(cloud_agent), 'Quota exceeded for instances')
    assert_destroyed_without_a_trace(cloud_agent, cloud)


def test_a_server_in_error(cloud_agent, cloud, recording_proxy):
    with cloud.fault('spawn_fail'):
        operation = clusters.provision(cloud_agent)
        assert_told(cloud_agent, recording_proxy, operation, 'Exceeded maximum number of retries')
    faults = [node['fault'] for node in clusters.cluster(cloud_agent)['nodes'] if node['status'] == 'ERROR']
    assert faults and all('Exceeded maximum number of retries' in fault for fault in faults)
    assert_destroyed_without_a_trace(cloud_agent, cloud)


def test_a_flavor_that_fits_no_host(cloud_agent, cloud, recording_proxy):
    with cloud.compute_quota(cores=-1, ram=-1):
        operation = clusters.provision(cloud_agent, clusters.wish(flavor='m1.impossible'))
        assert_told(cloud_agent, recording_proxy, operation, 'No valid host')
    assert_destroyed_without_a_trace(cloud_agent, cloud)


def test_a_failed_create_goes_on_when_the_cause_is_gone(cloud_agent, cloud):
    with cloud.compute_quota(instances=2):
        clusters.ended(cloud_agent, clusters.provision(cloud_agent))
    clusters.done(cloud_agent, clusters.provision(cloud_agent))
    clusters.assert_exactly(cloud, clusters.cluster(cloud_agent))


# Bad days that the agent gets over by itself.

@pytest.mark.parametrize('bad_day', [
    pytest.param([fates.answer_with(503, [('Retry-After', '1')]), fates.answer_with(429, [('Retry-After', '1')]),
                  fates.refuse_connection], id='503-429-reset'),
    pytest.param([fates.answer_with(500, body=b'{"computeFault": {"code": 500, "message": "oops"}}'), fates.delay(3)],
                 id='500-delay'),
    pytest.param([fates.lose_answer], id='lost-answer'),
])
def test_faults_of_each_kind_of_call_one_after_the_other(cloud_agent, cloud, recording_proxy, bad_day):
    """At a look-up, at the network, the ports and one of the servers."""
    for method, path in (('GET', '/flavors'), ('POST', '/networks$'), ('POST', '/ports$'), ('POST', '/servers$')):
        for fate in bad_day:
            recording_proxy.once(fate, method=method, path=path)
    clusters.done(cloud_agent, clusters.provision(cloud_agent))
    clusters.assert_exactly(cloud, clusters.cluster(cloud_agent))
    for path in ('/servers/', '/networks/'):
        for fate in bad_day:
            recording_proxy.once(fate, method='DELETE', path=path)
    assert_destroyed_without_a_trace(cloud_agent, cloud)


def test_ports_that_a_lost_call_made_are_no_refusal_while_they_cannot_be_looked_for(cloud_agent, cloud, recording_proxy):
    """A slow Neutron: the call's answer is lost, its ports are seen late, the repeated call is refused because of them,
    and then nothing can be asked. It used to end with "already allocated"."""
    posts = []
    recording_proxy.observers.append(
        lambda call: posts.append(call) if (call.method, call.path) == ('POST', '/v2.0/ports') else None)
    recording_proxy.once(fates.lose_answer, method='POST', path='/ports$')
    recording_proxy.always(fates.answer_with(200, body=b'{"ports": []}'), method='GET', path='/ports$',
                           when=lambda call: len(posts) == 1)
    recording_proxy.always(fates.answer_with(503), method='GET', path='/ports$', when=lambda call: len(posts) > 1)
    operation_id = clusters.provision(cloud_agent)

    def cannot_look():
        operation = cloud_agent.get('/v1/operations/' + operation_id)
        assert operation['state'] != 'FAILED', operation
        return len(posts) > 1 and operation['state'] == 'BLOCKED'
    wait_until(cannot_look, 'the refused call is looked into')
    recording_proxy.no_more_faults()
    clusters.done(cloud_agent, operation_id)
    clusters.assert_exactly(cloud, clusters.cluster(cloud_agent))


def test_while_the_cloud_is_away_the_operation_says_blocked_and_when_it_tries_again(cloud_agent, cloud, recording_proxy):
    recording_proxy.always(fates.refuse_connection)
    operation_id = clusters.provision(cloud_agent)

    def blocked():
        operation = cloud_agent.get('/v1/operations/' + operation_id)
        return operation if operation['state'] == 'BLOCKED' else None
    operation = wait_until(blocked, 'the operation is blocked')
    assert operation['reason']['message'] and operation['retry_at']
    recording_proxy.no_more_faults()
    clusters.done(cloud_agent, operation_id)
    clusters.assert_exactly(cloud, clusters.cluster(cloud_agent))


def test_without_any_cloud_the_reason_names_what_to_set(agent):
    answer = agent.rest('POST', '/v1/provision', {'provisions': [clusters.wish(image='x', flavor='y')]})
    assert answer.status_code == 400
    assert 'OS_AUTH_URL' in answer.json()['message'] and 'MEX_K8SOS_ENV' in answer.json()['message']
    assert 'provisions' not in agent.post('/v1/status', {})


def test_the_bridge_on_a_network_of_another_project(cloud_agent, cloud, recording_proxy):
    """Pods' addresses on its ports are its owner's to allow; the operator has to know the way around."""
    admin = cloud.openstack.admin
    network = admin('POST', 'network', '/v2.0/networks', {'network': {'name': 'everybodys', 'shared': True}})['network']
    try:
        admin('POST', 'network', '/v2.0/subnets', {'subnet': {
            'network_id': network['id'], 'ip_version': 4, 'cidr': '10.89.0.0/24'}})
        flavor = {'name': 'on-everybodys', 'kubernetes': {'image_style': 'BAKED'},
                  'network': {'scheme': 'SHARED', 'network': 'everybodys'}}
        assert cloud_agent.rest('POST', '/v1/flavors', flavor).status_code == 200
        operation = clusters.provision(cloud_agent, clusters.wish(kind='on-everybodys'))
        assert_told(cloud_agent, recording_proxy, operation, 'kubernetes.cni', 'allowed_address_pairs')
        assert_destroyed_without_a_trace(cloud_agent, cloud)
    finally:
        admin('DELETE', 'network', '/v2.0/networks/' + network['id'])


def test_no_translation_where_only_administrators_may_turn_it_off(cloud_agent, cloud, recording_proxy):
    """The cloud's own words name policy rules; the operator has to know the way around them."""
    flavor = {'name': 'no-nat', 'masters': {'count': 1}, 'network': {'scheme': 'ISOLATED', 'nat': False}}
    assert cloud_agent.rest('POST', '/v1/flavors', flavor).status_code == 200
    operation = clusters.provision(cloud_agent, clusters.wish(kind='no-nat'))
    assert_told(cloud_agent, recording_proxy, operation, 'network.nat', 'network.router', 'enable_snat')
    assert_destroyed_without_a_trace(cloud_agent, cloud)
