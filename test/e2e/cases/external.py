"""A cluster on an external network that its administrator shares: no router, no way of the agent's own; every node has
an address that anybody can reach."""
import contextlib

from stand import life

NETWORK, SUBNET, GATEWAY = 'campus', '10.89.0.0/24', '10.89.0.1'
FLAVOR = {'name': 'on-the-campus', 'worker_pools': [{'name': 'worker', 'count': 1}],
          'network': {'scheme': 'EXTERNAL', 'external_network': NETWORK}}


def run(stand):
    stand.make_flavor(FLAVOR)
    with external_network(stand.cloud.openstack.admin, stand.cloud.api.project_id):
        present = stand.left_over()
        with stand.steps.step('two nodes are Ready'):
            stand.done(stand.provision(FLAVOR['name']))
        stand.steps.say(stand.kubectl()('get', 'nodes', '-o', 'wide').rstrip())
        addresses = [node['address'] for node in stand.nodes().values()]
        assert all(each.startswith('10.89.0.') for each in addresses), addresses
        assert not stand.cloud.list('router')
        life.grow_pool(stand, 2)
        with stand.steps.step('it is destroyed, and the network is as before'):
            stand.done(stand.destroy())
        assert stand.left_over() == present


@contextlib.contextmanager
def external_network(admin, project_id):
    def new(path, kind, **values):
        return admin('POST', 'network', '/v2.0/' + path, {kind: values})[kind]
    # The project's own, or it could not ask for the pods' addresses on its ports; shared, or Nova would not attach to it.
    network = new('networks', 'network', project_id=project_id, name=NETWORK, shared=True, **{'router:external': True})
    try:
        new('subnets', 'subnet', name=NETWORK, network_id=network['id'], ip_version=4, cidr=SUBNET, gateway_ip=GATEWAY)
        yield
    finally:
        admin('DELETE', 'network', '/v2.0/networks/' + network['id'])
