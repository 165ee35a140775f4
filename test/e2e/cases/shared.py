"""A cluster on a network that the operator has already: Neutron chooses the addresses, and the way there is a route of
the operator's, by /v1/route."""
from stand import life

NETWORK, SUBNET = 'office', '10.88.0.0/24'
FLAVOR = {'name': 'on-the-office-network', 'worker_pools': [{'name': 'worker', 'count': 1}],
          'network': {'scheme': 'SHARED', 'network': NETWORK}}


def run(stand):
    stand.make_flavor(FLAVOR)
    gateway = make_network(stand.cloud)
    present = stand.left_over()
    with stand.steps.step('/v1/route leads to the network'):
        route(stand, 'add', gateway)
    with stand.steps.step('two nodes are Ready'):
        stand.done(stand.provision(FLAVOR['name']))
    stand.steps.say(stand.kubectl()('get', 'nodes', '-o', 'wide').rstrip())
    addresses = [node['address'] for node in stand.nodes().values()]
    assert all(each.startswith('10.88.0.') for each in addresses), addresses
    life.grow_pool(stand, 2)
    with stand.steps.step('it is destroyed, and the network is as before'):
        stand.done(stand.destroy())
    assert stand.left_over() == present
    route(stand, 'delete', gateway)


def route(stand, verb, gateway):
    answer = stand.agent.post('/v1/route', {'message': verb, 'routes': [{'subnet': SUBNET, 'gateway': gateway}]})
    assert answer['status'] == 'OK', answer


def make_network(cloud):
    """Its router's address on the external network."""
    def new(path, kind, **values):
        return cloud.api('POST', 'network', '/v2.0/' + path, {kind: values})[kind]
    network = new('networks', 'network', name=NETWORK)
    subnet = new('subnets', 'subnet', name=NETWORK, network_id=network['id'], ip_version=4, cidr=SUBNET)
    public = cloud.api('GET', 'network', '/v2.0/networks?router:external=true')['networks'][0]
    router = new('routers', 'router', name=NETWORK, external_gateway_info={'network_id': public['id']})
    cloud.api('PUT', 'network', '/v2.0/routers/%s/add_router_interface' % router['id'], {'subnet_id': subnet['id']})
    return router['external_gateway_info']['external_fixed_ips'][0]['ip_address']
