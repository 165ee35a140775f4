"""Operations are cancelled and asked for again, and a change may stay wanted when it fails."""
from harness import clusters
from harness import recording_proxy as fates
from harness.waiting import wait_until


def scale(agent, count, **more):
    answer = agent.rest('POST', '/v1/tenants/tenant-1/clusters/test-1/pools/worker:scale', dict(count=count, **more))
    assert answer.status_code == 200, answer.text
    return answer.json()['id']


def act(agent, operation, verb):
    return agent.rest('POST', '/v1/operations/%s:%s' % (operation, verb), {})


def is_blocked(agent, operation):
    return lambda: agent.get('/v1/operations/' + operation)['state'] == 'BLOCKED'


def test_a_cancelled_scale_leaves_what_was_there_and_is_retried(cloud_agent, cloud, recording_proxy):
    agent = cloud_agent
    clusters.done(agent, clusters.provision(agent))
    before = clusters.cluster(agent)
    recording_proxy.always(fates.refuse_connection, method='POST', path='/ports$')
    operation = scale(agent, 3)
    wait_until(is_blocked(agent, operation), 'it cannot go on')
    assert act(agent, operation, 'cancel').json()['cancel_requested'] is True
    assert clusters.ended(agent, operation)['state'] == 'CANCELLED'
    recording_proxy.no_more_faults()
    clusters.assert_exactly(cloud, before)
    again = act(agent, operation, 'retry')
    assert again.status_code == 200, again.text
    clusters.done(agent, again.json()['id'])
    assert len(cloud.list('server')) == 4


def test_a_scale_that_lacks_quota_is_not_wanted_any_more(cloud_agent, cloud):
    """The symptom: when quota comes, a repair makes nodes that nobody asks for."""
    agent = cloud_agent
    clusters.done(agent, clusters.provision(agent))
    with cloud.compute_quota(instances=3):
        operation = scale(agent, 5)
        assert clusters.ended(agent, operation)['state'] == 'FAILED'
        assert len(clusters.cluster(agent)['nodes']) == 3
        refused = act(agent, operation, 'cancel')
        assert refused.status_code == 400 and 'is failed' in refused.text
        again = act(agent, operation, 'retry')
        assert clusters.ended(agent, again.json()['id'])['state'] == 'FAILED'
    assert len(cloud.list('server')) == 3


def test_a_scale_that_is_kept_is_done_when_quota_comes(cloud_agent, cloud):
    agent = cloud_agent
    clusters.done(agent, clusters.provision(agent))
    with cloud.compute_quota(instances=3):
        assert clusters.ended(agent, scale(agent, 3, keep=True))['state'] == 'FAILED'
        assert len(clusters.cluster(agent)['nodes']) == 4
    wait_until(lambda: len(cloud.list('server')) == 4, 'the node is made')


def test_what_cannot_be_cancelled_or_retried_says_why(cloud_agent, cloud):
    agent = cloud_agent
    create = clusters.provision(agent)
    clusters.done(agent, create)
    for verb, word in (('cancel', 'is done'), ('retry', 'is done')):
        answer = act(agent, create, verb)
        assert answer.status_code == 400 and word in answer.text, answer.text
        assert act(agent, 'none', verb).status_code == 404
    destroy = clusters.destroy(agent)
    assert act(agent, destroy, 'cancel').status_code in (400, 404)
    clusters.done(agent, destroy)
