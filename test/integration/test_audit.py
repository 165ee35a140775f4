"""What people and late calls do to a cluster that exists is found, shown, and set right; what belongs to no cluster is
listed, and removed when a person asks for it."""
import shutil

import pytest

from harness import clusters
from harness import recording_proxy as fates
from harness.waiting import wait_until

SECONDS = '4s'


@pytest.fixture
def agent(new_cloud_agent):
    return new_cloud_agent(flags=['-audit_interval', SECONDS]).start()


@pytest.fixture
def cluster(agent):
    clusters.done(agent, clusters.provision(agent))
    return clusters.cluster(agent)


def in_sync(agent):
    """The condition InSync, or {} while there is none."""
    found = [each for each in clusters.cluster(agent).get('conditions', []) if each['type'] == 'InSync']
    return found[0] if found else {}


def says(agent, status):
    return lambda: in_sync(agent).get('status') == status


def events(agent, reason):
    return [event for event in agent.get('/v1/events').get('events', []) if event['reason'] == reason]


def repairs(agent):
    return [each for each in agent.get('/v1/operations')['operations'] if each['kind'] == 'REPAIR']


def only(cloud, kind):
    [thing] = cloud.list(kind)
    return thing


def mark(thing):
    return {'name': thing['name'], 'description': thing['description']}


def test_a_cluster_as_it_was_made_is_in_sync(agent, cluster, recording_proxy):
    wait_until(says(agent, 'True'), 'the cluster was looked at')
    looked_at = in_sync(agent)['observed_at']
    before = len(recording_proxy.calls)
    wait_until(lambda: in_sync(agent)['observed_at'] > looked_at, 'it is looked at again and again')
    assert not [call for call in recording_proxy.calls[before:] if call.changes_something]
    assert not repairs(agent)


def test_a_post_of_a_router_that_takes_effect_a_minute_later(agent, cluster, cloud):
    """The symptom: the cluster has two routers for good."""
    cloud.api('POST', 'network', '/v2.0/routers', {'router': mark(only(cloud, 'router'))})
    wait_until(lambda: len(cloud.list('router')) == 1, 'the second router is gone')
    wait_until(says(agent, 'True'), 'the cluster is as it was made')
    clusters.assert_exactly(cloud, cluster)
    [operation] = repairs(agent)
    assert operation['subject'] == 'what an audit found: 1 that are there twice'
    assert events(agent, 'Drifted')


def test_a_second_one_of_everything(agent, cluster, cloud):
    network, subnet = only(cloud, 'network'), only(cloud, 'subnet')
    port = next(port for port in cloud.list('port') if port['name'].endswith('worker-1'))
    cloud.api('POST', 'network', '/v2.0/security-groups', {'security_group': mark(only(cloud, 'security group'))})
    second = cloud.api('POST', 'network', '/v2.0/networks', {'network': mark(network)})['network']
    cloud.api('POST', 'network', '/v2.0/subnets', {'subnet': dict(
        mark(subnet), network_id=second['id'], cidr=subnet['cidr'], ip_version=4)})
    cloud.api('POST', 'network', '/v2.0/ports', {'port': dict(mark(port), network_id=network['id'])})
    wait_until(lambda: repairs(agent) and says(agent, 'True')(), 'the cluster is as it was made')
    clusters.assert_exactly(cloud, cluster)


def test_one_of_the_same_name_without_the_mark_is_not_touched(agent, cluster, cloud):
    mine = cloud.api('POST', 'network', '/v2.0/routers',
                     {'router': {'name': only(cloud, 'router')['name']}})['router']
    looked_at = wait_until(lambda: in_sync(agent).get('observed_at'), 'the cluster was looked at')
    wait_until(lambda: in_sync(agent)['observed_at'] > looked_at, 'it was looked at again')
    assert in_sync(agent)['status'] == 'True' and not repairs(agent)
    cloud.api('DELETE', 'network', '/v2.0/routers/' + mine['id'])


def test_the_ports_of_a_node_that_nobody_wants(agent, cluster, cloud):
    """The POST of a scale that was undone takes effect after that."""
    port = next(port for port in cloud.list('port') if port['name'].endswith('worker-2'))
    late = dict(name=port['name'].replace('worker-2', 'worker-3'), description=port['description'])
    cloud.api('POST', 'network', '/v2.0/ports', {'port': dict(late, network_id=port['network_id'])})
    wait_until(lambda: late['name'] not in [each['name'] for each in cloud.list('port')], 'the port is gone')
    wait_until(says(agent, 'True'), 'the cluster is as it was made')
    clusters.assert_exactly(cloud, cluster)


class TestDrift:

    def put_right(self, agent, cloud, *words):
        drifted = wait_until(lambda: events(agent, 'Drifted'), 'it is said')
        for word in words:
            assert word in drifted[-1]['message'], drifted
        wait_until(lambda: repairs(agent) and says(agent, 'True')(), 'it is put right')
        assert repairs(agent)[0]['state'] == 'DONE'

    def test_a_rule_that_was_taken_away(self, agent, cluster, cloud):
        group = only(cloud, 'security group')
        rules = '/v2.0/security-group-rules?security_group_id=' + group['id']
        ssh = next(rule for rule in cloud.api('GET', 'network', rules)['security_group_rules']
                   if rule['port_range_min'] == 22)
        cloud.api('DELETE', 'network', '/v2.0/security-group-rules/' + ssh['id'])
        self.put_right(agent, cloud, 'rule for ingress tcp 22')
        assert [rule for rule in cloud.api('GET', 'network', rules)['security_group_rules']
                if rule['port_range_min'] == 22]

    def test_a_router_interface_that_was_taken_away(self, agent, cluster, cloud):
        router, subnet = only(cloud, 'router'), only(cloud, 'subnet')
        cloud.api('PUT', 'network', '/v2.0/routers/%s/remove_router_interface' % router['id'],
                  {'subnet_id': subnet['id']})
        self.put_right(agent, cloud, 'interface')
        clusters.assert_exactly(cloud, cluster)

    def test_a_port_that_was_put_into_another_group(self, agent, cluster, cloud):
        port = next(port for port in cloud.list('port') if port['name'].endswith('worker-1'))
        cloud.api('PUT', 'network', '/v2.0/ports/' + port['id'], {'port': {
            'security_groups': [], 'allowed_address_pairs': [{'ip_address': '192.0.2.7'}]}})
        self.put_right(agent, cloud, 'security group')
        now = cloud.api('GET', 'network', '/v2.0/ports/' + port['id'])['port']
        assert now['security_groups'] == port['security_groups']
        assert [pair['ip_address'] for pair in now['allowed_address_pairs']] == ['192.0.2.7'], 'it is a person\'s'

    def test_tags_that_were_taken_off(self, agent, cluster, cloud):
        router = only(cloud, 'router')
        cloud.api('PUT', 'network', '/v2.0/routers/%s/tags' % router['id'], {'tags': ['mine']})
        server = next(server for server in cloud.list('server') if server['name'].endswith('worker-1'))
        cloud.api('PUT', 'compute', '/servers/%s/tags' % server['id'], {'tags': []})
        self.put_right(agent, cloud, 'tags')
        now = cloud.api('GET', 'network', '/v2.0/routers/' + router['id'])['router']
        assert set(now['tags']) == set(router['tags']) | {'mine'}

    def test_a_mark_that_was_taken_off_is_shown_and_left_as_it_is(self, agent, cluster, cloud):
        router = only(cloud, 'router')
        cloud.api('PUT', 'network', '/v2.0/routers/' + router['id'], {'router': {'description': 'mine now'}})
        wait_until(says(agent, 'False'), 'it is shown')
        assert "the agent's mark" in in_sync(agent)['reason']['message']
        assert only(cloud, 'router')['description'] == 'mine now' and not repairs(agent)


def test_while_neutron_is_away_nothing_is_found(agent, cluster, cloud, recording_proxy):
    wait_until(says(agent, 'True'), 'the cluster was looked at')
    recording_proxy.always(fates.answer_with(404, body=b'{}'), path='/v2.0/')
    wait_until(says(agent, 'Unknown'), 'it is not known any more')
    recording_proxy.no_more_faults()
    wait_until(says(agent, 'True'), 'it is known again')
    assert not repairs(agent) and not events(agent, 'Drifted')


class TestOrphans:
    """The agent's store is older than the cluster: as after a restore of an old copy."""

    @pytest.fixture
    def forgotten(self, agent, cloud):
        agent.terminate()
        copy = agent.state_dir.with_name('copy')
        shutil.copytree(agent.state_dir, copy)
        agent.start()
        clusters.done(agent, clusters.provision(agent))
        identity = clusters.cluster(agent)
        agent.terminate()
        shutil.rmtree(agent.state_dir)
        copy.rename(agent.state_dir)
        agent.start()
        wait_until(lambda: len(self.orphans(agent)) >= 10, 'what is left is listed')
        return identity

    @staticmethod
    def orphans(agent):
        return agent.get('/v1/orphans').get('orphans', [])

    def test_are_listed_and_nothing_is_removed_unasked(self, agent, forgotten, cloud):
        kinds = [orphan['kind'] for orphan in self.orphans(agent)]
        assert {kind: kinds.count(kind) for kind in kinds} == {
            'server': 3, 'port': 3, 'network': 1, 'subnet': 1, 'router': 1, 'security-group': 1}
        assert {orphan['cluster_id'] for orphan in self.orphans(agent)} == {forgotten['id']}
        observed_at = agent.get('/v1/orphans')['observed_at']
        wait_until(lambda: agent.get('/v1/orphans')['observed_at'] > observed_at, 'it was looked again')
        clusters.assert_exactly(cloud, forgotten)

    def test_are_removed_on_request(self, agent, forgotten, cloud):
        ids = [orphan['id'] for orphan in self.orphans(agent)]
        answer = agent.rest('POST', '/v1/orphans:remove', {'ids': ids})
        assert answer.status_code == 200, answer.text
        wait_until(lambda: cloud.inventory() == {}, 'all are gone')
        wait_until(lambda: not self.orphans(agent), 'none is listed')

    def test_one_that_is_in_use_says_so_and_stays(self, agent, forgotten, cloud):
        network = only(cloud, 'network')['id']
        assert agent.rest('POST', '/v1/orphans:remove', {'ids': [network]}).status_code == 200

        def problem():
            [orphan] = [orphan for orphan in self.orphans(agent) if orphan['id'] == network]
            return orphan.get('problem')
        assert 'in use' in wait_until(problem, 'it says why')
        clusters.assert_exactly(cloud, forgotten)

    def test_what_a_person_has_taken_the_mark_off_is_none_any_more(self, agent, forgotten, cloud):
        router = only(cloud, 'router')['id']
        cloud.api('PUT', 'network', '/v2.0/routers/' + router, {'router': {'description': ''}})
        wait_until(lambda: router not in [orphan['id'] for orphan in self.orphans(agent)], 'it is not listed')

    def test_what_is_none_is_named(self, agent, forgotten, cloud):
        network = only(cloud, 'network')['id']
        answer = agent.rest('POST', '/v1/orphans:remove', {'ids': [network, 'another']})
        assert answer.status_code == 404 and 'another' in answer.text
        assert agent.rest('POST', '/v1/orphans:remove', {}).status_code == 400
        assert not any(orphan.get('being_removed') for orphan in self.orphans(agent))
