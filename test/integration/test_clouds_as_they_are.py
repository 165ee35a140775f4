"""What clouds are like besides the plain one: their names, networks, routers, quotas and limits."""
import contextlib
import json

import pytest

from harness import clusters
from harness import recording_proxy as fates
from harness.waiting import wait_until

FLAVOR = {'name': 'one', 'masters': {'count': 1}, 'kubernetes': {'image_style': 'UNMANAGED'}}


def made(agent, **more):
    answer = agent.rest('POST', '/v1/flavors', dict(FLAVOR, **more))
    assert answer.status_code == 200, answer.text


def one(**more):
    return clusters.wish(kind='one', **more)


def failed(agent, *words):
    """The only cluster could not be made; its reason has these words. Gives the reason."""
    operation = clusters.ended(agent, clusters.provision(agent, one()))
    assert operation['state'] == 'FAILED', operation
    reason = operation['reason']
    for word in words:
        assert word in reason['message'], reason
    return reason


def refused(agent, cloud, *words):
    """As failed(), before anything was made."""
    before = cloud.inventory()
    reason = failed(agent, *words)
    assert cloud.inventory() == before
    return reason


@pytest.fixture
def shared_network(cloud):
    """A function that makes a network of the project; its subnets' blocks are given."""
    made_here = []

    def make(name, *blocks, **more):
        network = cloud.api('POST', 'network', '/v2.0/networks', {'network': dict({'name': name}, **more)})['network']
        made_here.append(network)
        for block in blocks:
            version = 6 if ':' in block else 4
            subnet = {'network_id': network['id'], 'ip_version': version, 'cidr': block, 'name': block}
            cloud.api('POST', 'network', '/v2.0/subnets', {'subnet': subnet})
        return network
    yield make
    for network in made_here:
        cloud.api('DELETE', 'network', '/v2.0/networks/' + network['id'])


@contextlib.contextmanager
def image_called(cloud, name):
    """A copy of the test image's record under another name."""
    admin = cloud.openstack.admin
    image = admin('POST', 'image', '/v2/images', {
        'name': name, 'disk_format': 'raw', 'container_format': 'bare', 'visibility': 'public'})
    url = admin.url['image'] + '/v2/images/%s/file' % image['id']
    answer = admin._http.put(url, data=b'x', headers={'Content-Type': 'application/octet-stream'})
    assert answer.ok, answer.text
    try:
        yield image
    finally:
        admin('DELETE', 'image', '/v2/images/' + image['id'])


def image_ids(cloud):
    return {server['image']['id'] for server in cloud.list('server')}


@pytest.mark.parametrize('name', ['Debian 12: minimal', 'in:x', 'a,b "c"'])
def test_an_image_is_found_whatever_its_name_is(cloud_agent, cloud, name):
    made(cloud_agent)
    with image_called(cloud, name) as image:
        clusters.done(cloud_agent, clusters.provision(cloud_agent, one(image=name)))
        assert image_ids(cloud) == {image['id']}
        clusters.done(cloud_agent, clusters.destroy(cloud_agent, one()))
        clusters.done(cloud_agent, clusters.provision(cloud_agent, one(image=image['id'].upper())))
        assert image_ids(cloud) == {image['id']}
        clusters.done(cloud_agent, clusters.destroy(cloud_agent, one()))
    assert cloud.inventory() == {}


def test_a_create_that_goes_on_takes_the_image_that_was_chosen(cloud_agent, cloud, recording_proxy):
    """An image is uploaded again under its name while a create is blocked."""
    made(cloud_agent)
    with image_called(cloud, 'chosen') as image:
        recording_proxy.always(fates.answer_with(503), method='POST', path='/servers$')
        operation = clusters.provision(cloud_agent, one(image='chosen'))
        wait_until(lambda: cloud.list('port'), 'a port')
        with image_called(cloud, 'chosen'):
            cloud_agent.kill()
            cloud_agent.start()
            recording_proxy.no_more_faults()
            clusters.done(cloud_agent, operation)
            assert image_ids(cloud) == {image['id']}
        clusters.done(cloud_agent, clusters.destroy(cloud_agent, one()))


def test_new_networks_have_port_security(cloud_agent, cloud, recording_proxy):
    made(cloud_agent)
    clusters.done(cloud_agent, clusters.provision(cloud_agent, one()))
    [call] = [call for call in recording_proxy.calls
              if call.method == 'POST' and call.path.endswith('/networks')]
    assert call.json()['network']['port_security_enabled'] is True
    clusters.done(cloud_agent, clusters.destroy(cloud_agent, one()))


def test_a_shared_network_without_port_security_works_without_groups(cloud_agent, cloud, shared_network):
    shared_network('open', '10.77.0.0/24', port_security_enabled=False)
    made(cloud_agent, network={'scheme': 'SHARED', 'network': 'open'})
    clusters.done(cloud_agent, clusters.provision(cloud_agent, one()))
    assert 'security group' not in cloud.inventory()
    [port] = [port for port in cloud.list('port') if port['device_owner'].startswith('compute')]
    assert port['security_groups'] == []
    clusters.done(cloud_agent, clusters.destroy(cloud_agent, one()))


@pytest.mark.parametrize('subnet, block', [('', '10.77.'), ('10.78.0.0/24', '10.78.')])
def test_one_subnet_of_several_is_taken_and_never_one_of_ipv6(cloud_agent, cloud, shared_network, subnet, block):
    shared_network('several', '10.77.0.0/24', '10.78.0.0/24', '2001:db8::/64')
    made(cloud_agent, network={'scheme': 'SHARED', 'network': 'several', 'subnet': subnet})
    clusters.done(cloud_agent, clusters.provision(cloud_agent, one()))
    [port] = [port for port in cloud.list('port') if port['device_owner'].startswith('compute')]
    assert [fixed['ip_address'].startswith(block) for fixed in port['fixed_ips']] == [True]
    [node] = clusters.cluster(cloud_agent)['nodes']
    assert node['address'] == port['fixed_ips'][0]['ip_address']
    clusters.done(cloud_agent, clusters.destroy(cloud_agent, one()))


def test_a_shared_network_that_pods_would_hide_is_refused(cloud_agent, cloud, shared_network):
    shared_network('hidden', '10.244.3.0/24')
    made(cloud_agent, network={'scheme': 'SHARED', 'network': 'hidden'}, kubernetes={'image_style': 'BAKED'})
    reason = refused(cloud_agent, cloud, '10.244.3.0/24', 'kubernetes.pod_network')
    assert 'another kubernetes.pod_network' in reason['next']


class TestAnExistingRouter:

    @pytest.fixture
    def router(self, cloud):
        router = cloud.api('POST', 'network', '/v2.0/routers', {'router': {'name': 'edge'}})['router']
        yield router['id']
        cloud.api('DELETE', 'network', '/v2.0/routers/' + router['id'])

    def test_without_a_gateway_is_refused(self, cloud_agent, cloud, router):
        made(cloud_agent, network={'scheme': 'ISOLATED', 'router': 'edge'})
        reason = refused(cloud_agent, cloud, 'edge', 'gateway')
        assert '--external-gateway' in reason['next']

    def test_that_serves_the_block_already_gets_another_one_at_the_next_attempt(self, cloud_agent, cloud, router,
                                                                                shared_network):
        [public] = cloud.api('GET', 'network', '/v2.0/networks?router:external=true')['networks'][:1]
        cloud.api('PUT', 'network', '/v2.0/routers/' + router, {
            'router': {'external_gateway_info': {'network_id': public['id']}}})
        network = shared_network('there', '10.101.0.0/24')
        [subnet] = cloud.api('GET', 'network', '/v2.0/subnets?network_id=' + network['id'])['subnets']
        interface = '/v2.0/routers/%s/' % router
        cloud.api('PUT', 'network', interface + 'add_router_interface', {'subnet_id': subnet['id']})
        try:
            made(cloud_agent, network={'scheme': 'ISOLATED', 'router': 'edge'})
            reason = refused(cloud_agent, cloud, 'edge', '10.101.0.0/24')
            assert 'another subnet' in reason['next']
            clusters.done(cloud_agent, clusters.provision(cloud_agent, one()))
            assert clusters.cluster(cloud_agent)['network']['cidr'] == '10.101.1.0/24'
            clusters.done(cloud_agent, clusters.destroy(cloud_agent, one()))
        finally:
            cloud.api('PUT', 'network', interface + 'remove_router_interface', {'subnet_id': subnet['id']})


@pytest.mark.parametrize('path', ['/limits$', '/quotas/.*/details$'])
@pytest.mark.parametrize('status', [403, 404, 501])
def test_quotas_that_may_not_be_read_are_not_checked(cloud_agent, cloud, recording_proxy, path, status):
    made(cloud_agent)
    recording_proxy.always(fates.answer_with(status, body=b'{"forbidden": {"message": "policy"}}'),
                           method='GET', path=path)
    operation = clusters.done(cloud_agent, clusters.provision(cloud_agent, one()))
    [step] = [step for step in operation['steps'] if step['state'] == 'SKIPPED']
    assert 'quota' in step['name'] and 'policy' in step['reason']['message']
    assert 'a step is left out' in cloud_agent.log()
    clusters.done(cloud_agent, clusters.destroy(cloud_agent, one()))


def test_too_large_with_retry_after_waits(cloud_agent, cloud, recording_proxy):
    made(cloud_agent)
    recording_proxy.once(fates.answer_with(413, [('Retry-After', '1')], b'{"overLimit": {"message": "slow down"}}'),
                         method='POST', path='/servers$')
    clusters.done(cloud_agent, clusters.provision(cloud_agent, one()))
    assert len(cloud.list('server')) == 1
    clusters.done(cloud_agent, clusters.destroy(cloud_agent, one()))


def test_html_is_never_in_a_reason(cloud_agent, cloud, recording_proxy):
    made(cloud_agent)
    page = '<html><head><title>t</title></head><body><h1>403</h1>no<br /><br />entry</body></html>'
    recording_proxy.once(fates.answer_with(403, body=json.dumps({'forbidden': {'message': page}}).encode()),
                         method='POST', path='/networks$')
    reason = failed(cloud_agent, '403 no entry')
    assert '<' not in reason['message']
    clusters.done(cloud_agent, clusters.destroy(cloud_agent, one()))


def test_static_routes_on_the_own_router_do_not_hold_up_destroy(cloud_agent, cloud):
    made(cloud_agent)
    clusters.done(cloud_agent, clusters.provision(cloud_agent, one()))
    [router] = cloud.list('router')
    cloud.api('PUT', 'network', '/v2.0/routers/' + router['id'], {'router': {'routes': [
        {'destination': '192.0.2.0/24', 'nexthop': clusters.cluster(cloud_agent)['nodes'][0]['address']}]}})
    clusters.done(cloud_agent, clusters.destroy(cloud_agent, one()))
    assert cloud.inventory() == {}
