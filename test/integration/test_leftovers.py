"""What takes effect after a destroy's last audit does not stay: a call can be held up on its way for longer than
anybody waits for its answer."""
from harness import clusters
from harness.waiting import wait_until

STRANGERS = ('ab12cd34', 'somebody')


def call_for(server):
    """What would make that server once more; its port is gone by the time it takes effect."""
    return {'name': server['name'], 'description': server['description'], 'tags': server['tags'],
            'metadata': server['metadata'], 'flavorRef': server['flavor']['original_name'],
            'imageRef': server['image']['id'], 'networks': 'none'}


def late(cloud, call, **other):
    flavors = {flavor['name']: flavor['id'] for flavor in cloud.api('GET', 'compute', '/flavors')['flavors']}
    body = dict(call, flavorRef=flavors[call['flavorRef']], **other)
    return cloud.api('POST', 'compute', '/servers', {'server': body})['server']['id']


def ids(cloud):
    return {server['id'] for server in cloud.list('server')}


def test_a_server_that_comes_after_its_clusters_destroy(cloud_agent, cloud):
    agent = cloud_agent
    clusters.done(agent, clusters.provision(agent))
    identity = clusters.cluster(agent)
    calls = {server['name']: call_for(server) for server in cloud.list('server')}
    call = calls['%s-%s-worker-1' % (identity['name'], identity['id'])]
    port = next(port for port in cloud.list('port') if port['name'] == call['name'])
    clusters.done(agent, clusters.destroy(agent))
    assert cloud.inventory() == {}

    first = late(cloud, call)
    # One proof only: a cluster that this agent never had, and a name that is none of the cluster's.
    unknown = late(cloud, call, tags=[tag.replace(identity['id'], STRANGERS[0]) for tag in call['tags']])
    named_otherwise = late(cloud, call, name=STRANGERS[1])
    # Meanwhile the name is given again, as by a tenant whose cluster is gone.
    clusters.done(agent, clusters.provision(agent))
    wait_until(lambda: first not in ids(cloud), lambda: 'a late server is found by a slow tick:\n' + agent.log(), 120)
    present = ids(cloud)
    assert len(present) == 3 + 2

    agent.kill()
    network = cloud.api('POST', 'network', '/v2.0/networks', {'network': {
        'name': call['name'].replace('worker-1', 'network'), 'description': port['description']}})['network']['id']
    second = late(cloud, call)
    agent.start()
    wait_until(lambda: second not in ids(cloud), lambda: 'another one by the start:\n' + agent.log())
    wait_until(lambda: network not in {each['id'] for each in cloud.list('network')},
               lambda: 'and a network:\n' + agent.log())

    assert ids(cloud) == present
    assert {unknown, named_otherwise} <= present
    assert clusters.cluster(agent)['state'] == 'ACTIVE'
