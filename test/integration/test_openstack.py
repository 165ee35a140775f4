"""The tests' own cloud does what the other tests rely on: quotas, faults, request ids, inventories."""
import pytest

from harness.openstack import Unexpected
from harness.project import Project
from harness.waiting import wait_until


@pytest.fixture
def network(cloud):
    network = cloud.api('POST', 'network', '/v2.0/networks', {'network': {'name': 'net'}})['network']
    cloud.api('POST', 'network', '/v2.0/subnets', {'subnet': {
        'network_id': network['id'], 'ip_version': 4, 'cidr': '10.7.0.0/24', 'name': 'sub'}})
    return network


def boot(cloud, network, flavor='m1.tiny'):
    flavors = cloud.api('GET', 'compute', '/flavors')['flavors']
    image = cloud.api('GET', 'image', '/v2/images?name=debian-12')['images'][0]
    return cloud.api('POST', 'compute', '/servers', {'server': {
        'name': 'vm', 'imageRef': image['id'], 'networks': [{'uuid': network['id']}],
        'flavorRef': next(each['id'] for each in flavors if each['name'] == flavor)}})['server']['id']


def settled(cloud, server_id):
    def done():
        server = cloud.api('GET', 'compute', '/servers/' + server_id)['server']
        return server if server['status'] in ('ACTIVE', 'ERROR') else None
    return wait_until(done, 'the server is ACTIVE or ERROR', every=0.3)


def test_a_server_becomes_active_and_the_inventory_tells_everything(cloud, network):
    server = settled(cloud, boot(cloud, network))
    assert server['status'] == 'ACTIVE'
    port, = cloud.list('port')
    assert port['status'] == 'ACTIVE'
    assert cloud.inventory() == {'server': ['vm'], 'network': ['net'], 'subnet': ['sub'], 'port': [port['id']]}
    assert [each['Name'] for each in cloud.client('server', 'list')] == ['vm']


def test_another_project_sees_nothing_of_it(openstack, cloud, network):
    other = Project(openstack)
    try:
        assert (other.inventory(), cloud.inventory()) == ({}, {'network': ['net'], 'subnet': ['sub']})
    finally:
        other.remove()


@pytest.mark.parametrize('fault, message', [
    ('spawn_fail', 'Exceeded maximum number of retries'),
    ('bind_fail', 'Binding failed for port'),
])
def test_faults_end_in_error(cloud, network, fault, message):
    with cloud.fault(fault):
        server = settled(cloud, boot(cloud, network))
    assert server['status'] == 'ERROR'
    assert message in server['fault']['message']


def test_the_impossible_flavor_finds_no_host(cloud, network):
    with cloud.compute_quota(cores=-1, ram=-1):
        server = settled(cloud, boot(cloud, network, flavor='m1.impossible'))
    assert server['status'] == 'ERROR'
    assert 'No valid host' in server['fault']['message']


def test_quotas_refuse(cloud, network):
    with cloud.compute_quota(instances=0), pytest.raises(Unexpected, match='Quota exceeded for instances'):
        boot(cloud, network)
    with cloud.network_quota(router=0), pytest.raises(Unexpected, match='OverQuota'):
        cloud.api('POST', 'network', '/v2.0/routers', {'router': {'name': 'r'}})
