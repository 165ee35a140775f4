"""Servers that boot from volumes, with a real Cinder: it is started for these tests alone."""
import json

import pytest

from harness import clusters
from harness import openstack as openstack_lab
from harness import recording_proxy as fates
from harness.waiting import wait_until

FLAVOR = {
    'name': 'rooted',
    'masters': {'root_volume_gib': 3, 'root_volume_type': 'fast'},
    'worker_pools': [{'name': 'worker', 'count': 1, 'root_volume_gib': 2},
                     {'name': 'diskless', 'count': 1, 'nova_flavor': 'm1.diskless'}],
}
SIZES = {'master-1': (3, 'fast'), 'worker-1': (2, 'standard'), 'diskless-1': (20, 'standard')}


@pytest.fixture(scope='module')
def cinder(openstack):
    yield openstack_lab.volumes_up()
    openstack_lab.volumes_down()


class Volumes:
    """Those of one project, and what its agent's cloud says of Cinder."""

    def __init__(self, url, cloud, proxy):
        self.cloud = cloud
        self._proxy = proxy
        self._admin = cloud.openstack.admin
        self._admin.url['volume'] = url % {'project_id': self._admin.project_id}
        cloud.api.url['volume'] = self.url = url % {'project_id': cloud.api.project_id}

    def put_into_catalog(self, kind):
        """The shared cloud's catalog lacks it: others see a cloud without volumes."""
        endpoint = {'id': 'e', 'interface': 'public', 'region': 'RegionOne', 'region_id': 'RegionOne', 'url': self.url}

        def fate(exchange):
            exchange.forward()
            document = exchange.document()
            if document is None:
                return exchange.deliver()
            document['token']['catalog'].append({'id': 's', 'type': kind, 'name': 'cinder', 'endpoints': [endpoint]})
            return exchange.deliver_instead(document)
        self._proxy.always(fate, when=lambda call: call.path.endswith('/auth/tokens'))

    def list(self):
        return self.cloud.api('GET', 'volume', '/volumes/detail')['volumes']

    def set_quota(self, **limits):
        self._admin('PUT', 'volume', '/os-quota-sets/' + self.cloud.api.project_id, {'quota_set': limits})

    def reset_status(self, volume_id, status):
        self._admin('POST', 'volume', '/volumes/%s/action' % volume_id, {'os-reset_status': {'status': status}})


@pytest.fixture
def volumes(cinder, cloud, recording_proxy):
    volumes = Volumes(cinder, cloud, recording_proxy)
    yield volumes
    # Before the project goes, whose volumes nobody could see any more.
    cloud.empty()
    for volume in volumes.list():
        volumes.reset_status(volume['id'], 'available')
        cloud.api('DELETE', 'volume', '/volumes/' + volume['id'])
    wait_until(lambda: not volumes.list(), 'the volumes of the project are gone')


@pytest.fixture
def new_volume_agent(volumes, new_cloud_agent):
    """A function that makes a running agent whose catalog has Cinder under that type, or not at all."""
    def make(kind):
        if kind:
            volumes.put_into_catalog(kind)
        agent = new_cloud_agent().start()
        agent.post('/v1/flavors', FLAVOR)
        return agent
    return make


@pytest.fixture
def agent(new_volume_agent):
    return new_volume_agent('volumev3')


def keep_volumes(exchange):
    """Nova does not hear that a volume is to go with its server."""
    body = json.loads(exchange.call.body)
    body['server']['block_device_mapping_v2'][0]['delete_on_termination'] = False
    exchange.call.body = json.dumps(body).encode()
    fates.pass_on(exchange)


def test_servers_boot_from_volumes_and_none_is_left(volumes, recording_proxy, cloud, agent):
    """Also where the quota may not be read, an answer was lost, and Nova leaves volumes behind."""
    recording_proxy.always(fates.answer_with(403), path='/v3/.*/limits$')
    recording_proxy.once(fates.lose_answer, method='POST', path='/volumes$')
    recording_proxy.always(keep_volumes, method='POST', path='/servers$')
    clusters.done(agent, clusters.provision(agent, clusters.wish(kind='rooted')))
    cluster = clusters.cluster(agent)
    servers = {server['id']: server for server in cloud.list('server')}
    found = {volume['name']: volume for volume in volumes.list()}
    assert len(found) == len(volumes.list()) == 3
    for node in cluster['nodes']:
        volume = found[node['name']]
        assert (volume['size'], volume['volume_type']) == SIZES[node['slot']]
        assert (volume['status'], volume['bootable']) == ('in-use', 'true')
        assert [each['server_id'] for each in volume['attachments']] == [node['server_id']]
        assert volume['description'].startswith('mexosagent ') and volume['metadata']['mex:slot'] == node['slot']
        assert servers[node['server_id']]['image'] == ''
    assert 'volume quota cannot be read' in agent.log()

    operation = clusters.done(agent, clusters.destroy(agent))
    assert volumes.list() == []
    assert cloud.inventory() == {}
    assert sum(line.startswith('volume ') for line in operation['audit']['removed']) == 3


def test_what_is_missing_is_said_before_anything_is_made(volumes, recording_proxy, cloud, new_volume_agent):
    def refused(agent):
        operation = clusters.ended(agent, clusters.provision(agent, clusters.wish(kind='rooted')))
        assert operation['state'] == 'FAILED', operation
        assert not [call for call in recording_proxy.calls if call.changes_something]
        assert cloud.inventory() == {} and volumes.list() == []
        return operation['reason']['message']
    assert 'no Cinder' in refused(new_volume_agent(None))
    volumes.set_quota(volumes=2, gigabytes=10)
    words = refused(new_volume_agent('block-storage'))
    assert 'volumes: 3 needed, 2 of 2 left' in words and 'gigabytes: 25 needed, 10 of 10 left' in words


def test_volumes_without_servers_are_removed_with_their_cluster(volumes, recording_proxy, cloud, agent):
    recording_proxy.always(fates.answer_with(403), method='POST', path='/servers$')
    failed = clusters.ended(agent, clusters.provision(agent, clusters.wish(kind='rooted')))
    assert failed['state'] == 'FAILED' and len(volumes.list()) == 3
    with cloud.fault('volume_delete_fail'):
        operation = clusters.destroy(agent)
        wait_until(lambda: all(each['status'] == 'error_deleting' for each in volumes.list()), 'Cinder keeps them')
        wait_until(lambda: agent.get('/v1/operations/' + operation)['state'] == 'BLOCKED', 'that is shown')
        assert 'Cinder could not delete it' in agent.get('/v1/operations/' + operation)['reason']['message']
    for volume in volumes.list():
        volumes.reset_status(volume['id'], 'error')
    clusters.done(agent, operation)
    assert volumes.list() == [] and cloud.inventory() == {}


def test_a_volume_that_cinder_cannot_make_is_named_with_its_reason(volumes, cloud, agent):
    with cloud.fault('volume_fail'):
        failed = clusters.ended(agent, clusters.provision(agent, clusters.wish(kind='rooted')))
    assert failed['state'] == 'FAILED' and failed['reason']['code'] == 'VolumeError', failed
    assert 'Cinder could not make it (status error)' in failed['reason']['message']
    # The same request again makes others in their place.
    clusters.done(agent, clusters.provision(agent, clusters.wish(kind='rooted')))
    assert sorted(each['status'] for each in volumes.list()) == ['in-use'] * 3
    clusters.done(agent, clusters.destroy(agent))
    assert volumes.list() == [] and cloud.inventory() == {}
