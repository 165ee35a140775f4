"""Clusters are made as asked for, described truly, and destroyed without a trace."""
import base64
import gzip
import ipaddress
import json

import pytest

from harness import clusters
from harness.clusters import KIND, NODES, SEED_DESTROY, SEED_PROVISION
from harness.platform_files import USER_DATA
from harness.waiting import wait_until


def test_the_documented_commands_make_and_destroy_a_cluster(cloud_agent, cloud):
    made = cloud_agent.curl(SEED_PROVISION)
    assert json.loads(made.stdout) == {'status': 'OK'}, made.stderr
    entry = wait_until(lambda: _active(cloud_agent), 'test-1 is ACTIVE', every=0.3)
    assert entry['kind'] == KIND

    servers = cloud.client('server', 'list')
    assert [server['Status'] for server in servers] == ['ACTIVE'] * 3
    cluster = clusters.cluster(cloud_agent)
    assert sorted(server['Name'] for server in servers) == clusters.names_of(cluster)['server']
    clusters.assert_exactly(cloud, cluster)

    destroyed = cloud_agent.curl(SEED_DESTROY)
    assert json.loads(destroyed.stdout) == {'status': 'OK'}, destroyed.stderr
    wait_until(lambda: clusters.status_of(cloud_agent) is None, 'test-1 has left the status')
    for what in ('server', 'port', 'router', 'subnet'):
        assert cloud.client(what, 'list') == []
    assert cloud.inventory() == {}


def _active(agent):
    entry = clusters.status_of(agent)
    assert entry is None or entry['state'] != 'FAILED', entry
    return entry if entry and entry['state'] == 'ACTIVE' else None


@pytest.fixture
def cluster(cloud_agent):
    clusters.done(cloud_agent, clusters.provision(cloud_agent))
    return clusters.cluster(cloud_agent)


def test_everything_of_a_cluster_is_as_it_must_be(cloud_agent, cloud, cluster):
    """One cluster looked at from all sides, because making one takes seconds."""
    assert cluster['state'] == 'ACTIVE'
    assert 'reason' not in cluster
    check_servers(cloud, cluster)
    check_networking(cloud, cluster)
    check_marks(cloud, cluster)
    check_waterfall(cloud_agent, cluster)


def check_servers(cloud, cluster):
    servers = {server['name']: server for server in cloud.list('server')}
    assert sorted(node['slot'] for node in cluster['nodes']) == sorted(NODES)
    for node in cluster['nodes']:
        server = servers[node['name']]
        assert (server['id'], server['status'], node['status']) == (node['server_id'], 'ACTIVE', 'ACTIVE')
        assert server['flavor']['original_name'] == 'm1.tiny'
        assert server['config_drive'] == 'True'
        addresses, = server['addresses'].values()
        assert [address['addr'] for address in addresses] == [node['address']]
        assert node['role'] == node['slot'].split('-')[0]
        metadata = server['metadata']
        assert (metadata['mex:slot'], metadata['mex:tenant'], metadata['tenant']) == \
            (node['slot'], 'tenant-1', 'tenant-1')
        assert metadata['role'] == ('k8s-master' if node['role'] == 'master' else 'k8s-node')
        assert USER_DATA in readable(cloud.user_data(node['server_id']))


def readable(user_data):
    plain = base64.b64decode(user_data)
    return (gzip.decompress(plain) if plain[:2] == b'\x1f\x8b' else plain).decode()


def check_networking(cloud, cluster):
    subnet, = cloud.list('subnet')
    network, = cloud.list('network')
    router, = cloud.list('router')
    group, = cloud.list('security group')
    shown = cluster['network']
    assert shown['cidr'] == subnet['cidr']
    block = ipaddress.ip_network(subnet['cidr'])
    assert block.prefixlen == 24 and block.subnet_of(ipaddress.ip_network('10.101.0.0/16'))
    assert all(ipaddress.ip_address(node['address']) in block for node in cluster['nodes'])
    public, = cloud.openstack.admin('GET', 'network', '/v2.0/networks?name=public')['networks']
    assert router['external_gateway_info']['network_id'] == public['id']
    assert router['external_gateway_info']['enable_snat'] is True
    for port in cloud.list('port'):
        assert port['status'] == 'ACTIVE'
        if port['device_owner'] == 'network:router_interface':
            assert port['device_id'] == router['id']
            assert port['fixed_ips'][0]['ip_address'] == subnet['gateway_ip']
        else:
            assert port['security_groups'] == [group['id']]
    assert {'network_id': network['id'], 'subnet_id': subnet['id'], 'router_id': router['id'],
            'security_group_id': group['id']}.items() <= dict(shown).items()
    rules = {(rule['direction'], rule['protocol'], rule['port_range_min']) for rule in group['security_group_rules']}
    assert ('ingress', 'tcp', 22) in rules and ('ingress', 'tcp', 6443) in rules


def check_marks(cloud, cluster):
    """Names, descriptions and tags say whose everything is."""
    for kind in ('server', 'port', 'network', 'subnet', 'router', 'security group'):
        for thing in cloud.list(kind):
            if thing.get('device_owner') == 'network:router_interface':
                continue  # made by Neutron
            tags = thing['tags']
            assert 'mexosagent' in tags and 'mex:tenant=tenant-1' in tags
            assert 'mex:cluster=' + cluster['id'] in tags
            assert any(tag.startswith('mex:agent=') for tag in tags)
            assert 'cluster=' + cluster['id'] in thing['description']
            slots = [tag for tag in tags if tag.startswith('mex:slot=')]
            if kind in ('server', 'port'):
                assert slots == ['mex:slot=' + thing['name'].replace('test-1-%s-' % cluster['id'], '')]


def check_waterfall(agent, cluster):
    operation = agent.get('/v1/operations/' + cluster['operation'])
    assert (operation['kind'], operation['state'], operation['cluster']) == ('CREATE', 'DONE', 'test-1')
    assert operation['plan_hash']
    for step in operation['steps']:
        assert step['state'] in ('DONE', 'SKIPPED'), step
        if step['state'] == 'DONE':
            assert step['started_at'] <= step['ended_at']


def test_two_tenants_have_clusters_of_the_same_name_by_one_request(cloud_agent, cloud):
    first, second = clusters.wish(tenant='tenant-1'), clusters.wish(tenant='tenant-2')
    answer = cloud_agent.rest('POST', '/v1/provision', {'message': 'both', 'provisions': [first, second]})
    assert answer.json() == {'message': 'both', 'status': 'OK'}
    one, two = (clusters.cluster(cloud_agent, tenant=tenant) for tenant in ('tenant-1', 'tenant-2'))
    for each in (one, two):
        clusters.done(cloud_agent, each['operation'])
    one, two = (clusters.cluster(cloud_agent, tenant=tenant) for tenant in ('tenant-1', 'tenant-2'))
    assert one['network']['cidr'] != two['network']['cidr']
    clusters.assert_exactly(cloud, one, two)

    clusters.done(cloud_agent, clusters.destroy(cloud_agent, first))
    clusters.assert_exactly(cloud, two)
    clusters.done(cloud_agent, clusters.destroy(cloud_agent, second))
    assert cloud.inventory() == {}


def test_the_same_wish_twice_is_one_cluster_and_the_answer_says_so_and_another_one_is_refused(cloud_agent, cloud):
    operation = clusters.provision(cloud_agent)
    refused = cloud_agent.rest('POST', '/v1/provision', {'provisions': [clusters.wish(flavor='m1.small')]})
    assert refused.status_code == 409 and 'flavor' in refused.json()['message']
    meanwhile = cloud_agent.post('/v1/provision', {'provisions': [clusters.wish()]})
    assert meanwhile['status'].startswith('OK') and 'already' in meanwhile['status']
    clusters.done(cloud_agent, operation)
    afterwards = cloud_agent.post('/v1/provision', {'provisions': [clusters.wish()]})
    assert 'already' in afterwards['status']
    clusters.assert_exactly(cloud, clusters.cluster(cloud_agent))


def test_destroy_of_something_unknown_is_already_done(cloud_agent, cloud):
    assert cloud_agent.post('/v1/destroy', {'provisions': [clusters.wish('never-made')]})['status'].startswith('OK')
    assert cloud.inventory() == {}


def test_destroy_cancels_a_create(cloud_agent, cloud, recording_proxy):
    create = clusters.provision(cloud_agent)
    wait_until(lambda: any(call.method == 'POST' and call.path.endswith('/ports') for call in recording_proxy.calls),
               'the ports are asked for')
    clusters.done(cloud_agent, clusters.destroy(cloud_agent))
    assert cloud_agent.get('/v1/operations/' + create)['state'] == 'CANCELLED'
    assert cloud.inventory() == {}
    assert clusters.status_of(cloud_agent) is None


def test_what_is_not_the_agents_is_left_alone_and_a_name_can_be_used_again(cloud_agent, cloud, cluster):
    """Things with the cluster's very names but without its mark survive."""
    name = clusters.names_of(cluster)['network'][0]
    foreign = cloud.api('POST', 'network', '/v2.0/networks', {'network': {'name': name}})['network']
    clusters.done(cloud_agent, clusters.destroy(cloud_agent))
    assert cloud.inventory() == {'network': [name]}
    assert cloud.list('network')[0]['id'] == foreign['id']
    cloud.api('DELETE', 'network', '/v2.0/networks/' + foreign['id'])
    clusters.done(cloud_agent, clusters.provision(cloud_agent))
    again = clusters.cluster(cloud_agent)
    assert again['id'] != cluster['id']
    clusters.assert_exactly(cloud, again)


def test_clusters_and_what_happened_to_them_are_known_after_a_restart(cloud_agent, cloud, cluster):
    def told():
        return [event['reason'] for event in cloud_agent.get('/v1/events?kind=Cluster&tenant=tenant-1&name=test-1')['events']]
    # It may be measured to be ready before the operation's audit is over.
    creation = [['Ready', 'CreateDone', 'CreateBegun'], ['CreateDone', 'Ready', 'CreateBegun']]
    wait_until(lambda: told() in creation, lambda: 'its creation is told: %s' % told(), every=0.1)
    cloud_agent.restart()
    assert clusters.cluster(cloud_agent)['id'] == cluster['id']
    assert clusters.status_of(cloud_agent)['state'] == 'ACTIVE'
    server = cluster['nodes'][0]
    cloud.api('DELETE', 'compute', '/servers/' + server['server_id'])
    wait_until(lambda: told()[0] == 'NotReady', lambda: 'it is told that it is not in order: %s' % told(), every=0.1)
    [event] = cloud_agent.get('/v1/events?kind=Cluster&type=WARNING')['events']
    assert event['message'] == 'server %s is not there' % server['slot']
    destroy = clusters.destroy(cloud_agent)
    clusters.done(cloud_agent, destroy)
    assert cloud.inventory() == {}
    assert told()[:3] == ['DestroyDone', 'DestroyBegun', 'NotReady'] and told()[3:] in creation
    assert cloud_agent.get('/v1/events?page_size=1')['events'][0]['message'] == 'operation ' + destroy


def test_a_named_network_is_used_and_nothing_else_is_made(new_cloud_agent, cloud):
    network = cloud.api('POST', 'network', '/v2.0/networks', {'network': {'name': 'shared'}})['network']
    cloud.api('POST', 'network', '/v2.0/subnets', {'subnet': {
        'network_id': network['id'], 'ip_version': 4, 'cidr': '10.9.0.0/24', 'name': 'shared'}})
    agent = new_cloud_agent().start()
    clusters.done(agent, clusters.provision(agent, clusters.wish(network='shared', fixedip='10.9.0.77')))
    inventory = cloud.inventory()
    assert (inventory['network'], inventory['subnet'], 'router' in inventory) == (['shared'], ['shared'], False)
    assert len(inventory['server']) == 3
    master = next(node for node in clusters.cluster(agent)['nodes'] if node['slot'] == 'master-1')
    assert master['address'] == '10.9.0.77'
    clusters.done(agent, clusters.destroy(agent))
    assert cloud.inventory() == {'network': ['shared'], 'subnet': ['shared']}
