"""Provisioning through an agent's REST API, and waiting for what comes of it."""
from harness.waiting import LIMIT, wait_until

KIND = 'kubernetes-mini-openstack'
NODES = ('master-1', 'worker-1', 'worker-2')

# The lines of the first document for cluster provisioning, letter by letter.
SEED_PROVISION = """\
curl -sv http://localhost:18889/v1/provision -H "Content-Type: application/json" -d '{"provisions": [{"name":"test-1", "tenant":"tenant-1", "kind":"kubernetes-mini-openstack"}]}'"""
SEED_DESTROY = """\
curl -sv http://localhost:18889/v1/destroy -H "Content-Type: application/json" -d '{"provisions": [{"name":"test-1", "tenant":"tenant-1", "kind":"kubernetes-mini-openstack"}]}'"""


def wish(name='test-1', tenant='tenant-1', **more):
    return dict({'name': name, 'tenant': tenant, 'kind': KIND}, **more)


def _accepted(agent, path, wishes):
    answer = agent.rest('POST', path, {'provisions': list(wishes)})
    assert answer.status_code == 200, answer.text
    assert answer.json()['status'].startswith('OK')
    return answer.headers['X-Mex-Operation']


def scale(agent, count, name='test-1', tenant='tenant-1', pool='worker', **more):
    """The operation's id."""
    return agent.post('/v1/tenants/%s/clusters/%s/pools/%s:scale' % (tenant, name, pool), dict(more, count=count))['id']


def replace(agent, slot, name='test-1', tenant='tenant-1'):
    """The operation's id."""
    return agent.post('/v1/tenants/%s/clusters/%s/nodes/%s:replace' % (tenant, name, slot), {})['id']


def provision(agent, *wishes):
    """The operation's id."""
    return _accepted(agent, '/v1/provision', wishes or [wish()])


def destroy(agent, *wishes):
    """The operation's id."""
    return _accepted(agent, '/v1/destroy', wishes or [wish()])


def ended(agent, operation_id, seconds=LIMIT):
    """The operation when it is over, whatever its end."""
    def over():
        operation = agent.get('/v1/operations/' + operation_id)
        return operation if operation['state'] in ('DONE', 'FAILED', 'CANCELLED') else None
    return wait_until(over, lambda: 'operation over: %s' % agent.get('/v1/operations/' + operation_id),
                      seconds, every=0.2)


def done(agent, operation_id, seconds=LIMIT):
    """The operation when it is over; it must have succeeded."""
    operation = ended(agent, operation_id, seconds)
    assert operation['state'] == 'DONE', operation
    return operation


def cluster(agent, name='test-1', tenant='tenant-1'):
    return agent.get('/v1/tenants/%s/clusters/%s' % (tenant, name))


def status_of(agent, name='test-1', tenant='tenant-1'):
    """The cluster's entry in /v1/status, or None."""
    for entry in agent.post('/v1/status', {}).get('provisions', []):
        if (entry['name'], entry['tenant']) == (name, tenant):
            return entry
    return None


def names_of(identity, nodes=NODES):
    """Kind -> names of everything that the isolated cluster of that id and name with these nodes consists of.

    `identity` is the cluster resource. The router's own port has no name and is left out.
    """
    prefix = '%s-%s-' % (identity['name'], identity['id'])
    nodes = sorted(prefix + node for node in nodes)
    return {'server': nodes, 'port': nodes, 'network': [prefix + 'network'], 'subnet': [prefix + 'subnet'],
            'router': [prefix + 'router'], 'security group': [prefix + 'security-group']}


def assert_exactly(cloud, *clusters):
    """The project holds everything these clusters consist of, each thing once, and nothing else."""
    assert_holds(cloud, [(each, NODES) for each in clusters])


def await_exactly(cloud, *clusters):
    """As assert_exactly, as soon as an audit has removed what is double."""
    def what_is_wrong():
        try:
            assert_exactly(cloud, *clusters)
        except AssertionError as difference:
            return str(difference)
        return ''
    wait_until(lambda: not what_is_wrong(), what_is_wrong, every=1.0)


def assert_holds(cloud, wanted, strangers=None):
    """The project holds what these clusters consist of, each thing once, the strangers, and nothing else.

    `wanted` has pairs of a cluster resource and the slots of its nodes; `strangers` is what is no cluster's,
    as kind -> names.
    """
    expected = {kind: list(names) for kind, names in (strangers or {}).items()}
    for each, nodes in wanted:
        for kind, names in names_of(each, nodes).items():
            expected[kind] = sorted(expected.get(kind, []) + names)
    found = cloud.inventory()
    ports = cloud.list('port')
    interfaces = [port for port in ports if port['device_owner'] == 'network:router_interface']
    found['port'] = sorted(port['name'] for port in ports if port not in interfaces)
    assert {kind: names for kind, names in found.items() if names} == expected
    assert len(interfaces) == len(wanted)
