"""Names of clusters in public DNS (-dns_names): each has one that leads to the agent, while it is there."""
from harness import clusters
from harness.waiting import wait_until

AGENT, CLUSTER = 'agent1.zone.test', 'test-1.tenant-1.agent1.zone.test'
ADDRESS = '203.0.113.5'
# Of a cluster that its image makes there is no API server to lead to.
FLAVOR = {'name': 'one-master', 'masters': {'count': 1}, 'kubernetes': {'image_style': 'BAKED'},
          'care': {'api_server_deadline': '3600s'}}


def until(zone, name, expected):
    wait_until(lambda: zone.records(name, 'A') == expected,
               lambda: '%s leads to %s, not %s' % (name, expected, zone.records(name, 'A')), every=0.05)


def status_of(agent, condition):
    conditions = clusters.cluster(agent).get('conditions', [])
    return next((each['status'] for each in conditions if each['type'] == condition), None)


def until_claimed(zone, name, agents):
    wait_until(lambda: len(zone.records('_mexosagent.' + name, 'TXT')) == agents,
               lambda: '%s has %d claims' % (name, agents), every=0.05)


def test_each_cluster_has_a_name_while_it_is_there(zone, new_cloud_agent):
    agent = new_cloud_agent(flags=['-fqdn', AGENT, *zone.flags(), '-public_address', ADDRESS, '-dns_interval', '1s'])
    agent.environment.update(zone.environment())
    # First the other form: one wildcard for all of them, which has to go when names are wanted instead.
    agent.start()
    until(zone, '*.' + AGENT, [ADDRESS])
    agent.flags += ['-dns_names', 'clusters']
    agent.restart()
    until(zone, '*.' + AGENT, [])
    until(zone, AGENT, [ADDRESS])
    # Registered with the cluster; the same over a restart of the agent.
    assert agent.rest('POST', '/v1/flavors', FLAVOR).status_code == 200
    clusters.provision(agent, clusters.wish(kind='one-master'))
    assert clusters.cluster(agent)['api_server_name'] == CLUSTER
    until(zone, CLUSTER, [ADDRESS])
    wait_until(lambda: status_of(agent, 'ServersActive') == 'True', 'no call to the cloud is under way', every=0.1)
    agent.restart()
    wait_until(lambda: CLUSTER in {each['name'] for each in agent.get('/v1/dns-records').get('records', [])},
               'the name is shown', every=0.05)
    until_claimed(zone, CLUSTER, 1)
    assert zone.records(CLUSTER, 'A') == [ADDRESS]
    # Gone with it, though the provider was not there when the cluster went and the agent that saw it go is no more.
    zone.stop()
    clusters.done(agent, clusters.destroy(agent))
    agent.kill()
    zone.start()
    until(zone, CLUSTER, [ADDRESS])
    agent.start()
    until(zone, CLUSTER, [])
    until_claimed(zone, CLUSTER, 0)
    until(zone, AGENT, [ADDRESS])


def test_a_wildcard_leads_to_clusters_that_have_no_record(knot, new_agent):
    new_agent(flags=['-fqdn', AGENT, *knot.flags(), '-public_address', ADDRESS]).start()
    until(knot, '*.' + AGENT, [ADDRESS])
    assert knot.records(CLUSTER, 'A') == [ADDRESS]
    assert knot.records('_mexosagent.' + CLUSTER, 'TXT') == []
