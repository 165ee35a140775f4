"""Cluster flavors made at run time, from their first revision to their deletion."""
import base64
import pathlib
import re

import pytest

from harness import clusters
from harness import recording_proxy as fates
from harness.platform_files import USER_DATA

FLAVOR = {
    'name': 'edge',
    'masters': {'nova_flavor': 'm1.small'},
    'worker_pools': [
        {'name': 'small', 'count': 1},
        {'name': 'big', 'count': 2, 'nova_flavor': 'm1.small', 'labels': {'example.org/size': 'big'},
         'taints': [{'key': 'example.org/size', 'value': 'big', 'effect': 'NoSchedule'}]},
    ],
    'network': {'address_pool': '172.30.0.0/20', 'dns_servers': ['10.0.0.53']},
    'placement': {'anti_affinity': 'SOFT'},
    'key_pair': 'operators',
    'care': {'boot_deadline': '300s'},
}


@pytest.fixture
def key_pair(cloud):
    cloud.api('POST', 'compute', '/os-keypairs', {'keypair': {'name': 'operators'}})


def made(agent, method, path, body=None):
    answer = agent.rest(method, path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_flavor_from_its_making_to_its_deletion(cloud_agent, cloud, key_pair):
    """One flow, because each cluster takes seconds."""
    first = made(cloud_agent, 'POST', '/v1/flavors', FLAVOR)
    assert (first['revision'], first['care']['boot_deadline']) == ('1', '300s')
    clusters.done(cloud_agent, clusters.provision(cloud_agent, clusters.wish('one', kind='edge')))
    one = clusters.cluster(cloud_agent, 'one')
    check_cluster(cloud, one)

    second = made(cloud_agent, 'PUT', '/v1/flavors/edge', dict(first, worker_pools=[{'name': 'only', 'count': 1}]))
    assert second['revision'] == '2'
    stale = cloud_agent.rest('PUT', '/v1/flavors/edge', first)
    assert stale.status_code == 409 and 'revision 2' in stale.json()['message']
    clusters.done(cloud_agent, clusters.provision(cloud_agent, clusters.wish('two', kind='edge')))
    two = clusters.cluster(cloud_agent, 'two')
    assert two['flavor_revision'] == '2'
    assert [node['slot'] for node in two['nodes']] == ['master-1', 'only-1']
    check_that_a_replacement_touches_nothing(cloud_agent, one)

    refused = cloud_agent.rest('DELETE', '/v1/flavors/edge')
    assert refused.status_code == 400
    assert 'tenant-1/one, tenant-1/two' in refused.json()['message']
    for name in ('one', 'two'):
        clusters.done(cloud_agent, clusters.destroy(cloud_agent, clusters.wish(name)))
    assert cloud.inventory() == {'keypair': ['operators']}
    made(cloud_agent, 'DELETE', '/v1/flavors/edge')
    assert cloud_agent.rest('GET', '/v1/flavors/edge').status_code == 404
    gone = cloud_agent.rest('POST', '/v1/provision', {'provisions': [clusters.wish('three', kind='edge')]})
    assert gone.status_code == 400 and 'unknown kind' in gone.json()['message']


def check_cluster(cloud, cluster):
    assert (cluster['kind'], cluster['flavor_revision']) == ('edge', '1')
    assert cluster['network']['cidr'].startswith('172.30.')
    pools = {node['slot']: node.get('pool', '') for node in cluster['nodes']}
    assert pools == {'master-1': '', 'small-1': 'small', 'big-1': 'big', 'big-2': 'big'}
    servers = {server['name']: server for server in cloud.list('server')}
    for node in cluster['nodes']:
        server = servers[node['name']]
        wanted = 'm1.tiny' if node['slot'] == 'small-1' else 'm1.small'
        assert (node['flavor'], server['flavor']['original_name']) == (wanted, wanted)
        assert server['key_name'] == 'operators'
    subnet, = cloud.list('subnet')
    assert subnet['dns_nameservers'] == ['10.0.0.53']
    check_server_groups(cloud, cluster)


def check_server_groups(cloud, cluster):
    """One for each pool; a single master is alone anyway."""
    prefix = '%s-%s-server-group-' % (cluster['name'], cluster['id'])
    groups = {group['name'].replace(prefix, ''): group for group in cloud.list('server group')}
    assert sorted(groups) == ['big', 'small']
    for pool, group in groups.items():
        assert group.get('policy') == 'soft-anti-affinity' or group.get('policies') == ['soft-anti-affinity']
        assert sorted(group['members']) == sorted(
            node['server_id'] for node in cluster['nodes'] if node.get('pool') == pool)


def check_that_a_replacement_touches_nothing(agent, before):
    after = clusters.cluster(agent, before['name'])
    assert [node['server_id'] for node in after['nodes']] == [node['server_id'] for node in before['nodes']]
    assert after['flavor_revision'] == before['flavor_revision']
    again = agent.post('/v1/provision', {'provisions': [clusters.wish(before['name'], kind='edge')]})
    assert 'already' in again['status']


def test_the_documented_commands_work(agent):
    document = pathlib.Path(__file__).parents[2] / 'docs' / 'api.md'
    section = document.read_text().split('## Cluster flavors')[1].split('\n## ')[0]
    lines = re.findall('^curl .*', section, re.MULTILINE)
    assert len(lines) == 5
    for line in lines:
        done = agent.curl(line)
        assert done.returncode == 0 and '"error"' not in done.stdout, (line, done.stdout, done.stderr)


def test_what_a_flavor_says_of_images_comes_back(agent):
    images = {
        'image_style': 'PACKAGES', 'apt_source': 'deb https://apt.example.org stable main',
        'cgroup_driver': 'CGROUPFS', 'conntrack_max_per_core': 0,
        'ignored_preflight_errors': ['NumCPU'], 'skipped_phases': ['addon/coredns']}
    answer = made(agent, 'POST', '/v1/flavors', {'name': 'images', 'kubernetes': images})
    assert {name: answer['kubernetes'].get(name) for name in images} == images
    assert agent.get('/v1/flavors/images') == answer
    open_ones = made(agent, 'PUT', '/v1/flavors/images', {})['kubernetes']
    assert not images.keys() & open_ones.keys()
    for name, value in (('image_style', 'THAWED'), ('apt_source', 'deb http://x y z'), ('cgroup_driver', 'systemd'),
                        ('conntrack_max_per_core', -1), ('ignored_preflight_errors', ['a b']), ('skipped_phases', [''])):
        refused = agent.rest('PUT', '/v1/flavors/images', {'kubernetes': {name: value}})
        assert refused.status_code == 400 and 'flavor.kubernetes.' + name in refused.json()['message'], name


def test_an_unmanaged_image_has_the_operators_user_data_alone(cloud_agent, cloud):
    made(cloud_agent, 'POST', '/v1/flavors', {'name': 'left-alone', 'kubernetes': {'image_style': 'UNMANAGED'}})
    clusters.done(cloud_agent, clusters.provision(cloud_agent, clusters.wish(kind='left-alone')))
    for server in cloud.list('server'):
        assert base64.b64decode(cloud.user_data(server['id'])).decode() == USER_DATA
    clusters.done(cloud_agent, clusters.destroy(cloud_agent))
    assert cloud.inventory() == {}


def test_three_masters_are_kept_apart_and_destroyed(cloud_agent, cloud):
    clusters.done(cloud_agent, clusters.provision(cloud_agent, clusters.wish('ha', kind='kubernetes-ha-openstack')))
    cluster = clusters.cluster(cloud_agent, 'ha')
    masters = [node['server_id'] for node in cluster['nodes'] if node['role'] == 'master']
    assert len(masters) == 3
    assert sorted(len(group['members']) for group in cloud.list('server group')) == [2, 3]
    hosts = {cloud.openstack.admin('GET', 'compute', '/servers/' + master)['server']['OS-EXT-SRV-ATTR:host']
             for master in masters}
    assert len(hosts) > 1
    addresses = [node['address'] for node in cluster['nodes'] if node['role'] == 'master']
    assert [int(address.split('.')[3]) for address in addresses] == [10, 11, 12]
    destroyed = clusters.done(cloud_agent, clusters.destroy(cloud_agent, clusters.wish('ha')))
    assert sum(line.startswith('server-group ') for line in destroyed['audit']['removed']) == 2
    assert cloud.inventory() == {}


def test_an_existing_router_is_used_and_stays(cloud_agent, cloud):
    public, = cloud.api('GET', 'network', '/v2.0/networks?name=public')['networks']
    router = cloud.api('POST', 'network', '/v2.0/routers', {
        'router': {'name': 'edge', 'external_gateway_info': {'network_id': public['id']}}})['router']
    made(cloud_agent, 'POST', '/v1/flavors', {'name': 'routed', 'network': {'scheme': 'ISOLATED', 'router': 'edge'}})
    clusters.done(cloud_agent, clusters.provision(cloud_agent, clusters.wish(kind='routed')))
    cluster = clusters.cluster(cloud_agent)
    interface, = [port for port in cloud.list('port') if port['device_owner'] == 'network:router_interface']
    assert interface['device_id'] == router['id']
    assert interface['fixed_ips'][0]['subnet_id'] == cluster['network']['subnet_id']
    clusters.done(cloud_agent, clusters.destroy(cloud_agent))
    assert cloud.inventory() == {'router': ['edge']}


def test_what_a_flavor_names_must_be_there(cloud_agent, cloud):
    made(cloud_agent, 'POST', '/v1/flavors', {'name': 'keyed', 'key_pair': 'nobodys'})
    failed = clusters.ended(cloud_agent, clusters.provision(cloud_agent, clusters.wish('a', kind='keyed')))
    assert (failed['state'], failed['reason']['code']) == ('FAILED', 'KeyPairNotFound')
    made(cloud_agent, 'POST', '/v1/flavors', {'name': 'lost', 'network': {'router': 'nowhere'}})
    failed = clusters.ended(cloud_agent, clusters.provision(cloud_agent, clusters.wish('b', kind='lost')))
    assert (failed['state'], failed['reason']['code']) == ('FAILED', 'RouterNotFound')
    assert cloud.inventory() == {}


def test_a_server_group_whose_answer_was_lost_is_not_made_twice(cloud_agent, cloud, recording_proxy):
    made(cloud_agent, 'POST', '/v1/flavors', {
        'name': 'apart', 'worker_pools': [{'name': 'w', 'count': 1}], 'placement': {'anti_affinity': 'SOFT'}})
    recording_proxy.once(fates.lose_answer, method='POST', path='/os-server-groups')
    clusters.done(cloud_agent, clusters.provision(cloud_agent, clusters.wish(kind='apart')))
    group, = cloud.list('server group')
    worker = next(node for node in clusters.cluster(cloud_agent)['nodes'] if node['slot'] == 'w-1')
    assert group['members'] == [worker['server_id']]
    cloud_agent.restart()
    clusters.done(cloud_agent, clusters.destroy(cloud_agent))
    assert cloud.inventory() == {}
