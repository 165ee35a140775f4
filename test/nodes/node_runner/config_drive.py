"""A server's config drive, as Nova's own would be: pure functions from what Nova and Neutron answer.

The layout is that of Nova's metadata (docs.openstack.org/nova, "Metadata": OpenStack format).
"""
import base64
import ipaddress
import json


class Wiring:
    """A server's ports with the networks and subnets they are in."""

    def __init__(self, ports, networks, subnets):
        # Nova numbers interfaces in the order they were asked for; Neutron tells only when they were made.
        self.ports = sorted(ports, key=lambda port: (port['created_at'], port['id']))
        self._networks = {network['id']: network for network in networks}
        self._subnets = {subnet['id']: subnet for subnet in subnets}

    def mtu(self, port):
        return self._networks[port['network_id']].get('mtu') or 1500

    def addresses(self, port):
        """Pairs of address and the subnet it is from."""
        return [(fixed['ip_address'], self._subnets[fixed['subnet_id']]) for fixed in port['fixed_ips']
                if fixed['subnet_id'] in self._subnets]

    def name_servers(self):
        found = [server for port in self.ports for _, subnet in self.addresses(port)
                 for server in subnet['dns_nameservers']]
        return list(dict.fromkeys(found))


def routes_of(subnet):
    """Pairs of destination and gateway: the subnet's host routes and its default."""
    routes = [(route['destination'], route['nexthop']) for route in subnet['host_routes']]
    if subnet['gateway_ip'] and not any(ipaddress.ip_network(to).prefixlen == 0 for to, _ in routes):
        routes.append(('0.0.0.0/0' if subnet['ip_version'] == 4 else '::/0', subnet['gateway_ip']))
    return routes


def network_data(wiring):
    links, networks = [], []
    for port in wiring.ports:
        link = 'tap' + port['id'][:11]
        links.append({'id': link, 'vif_id': port['id'], 'type': port['binding:vif_type'],
                      'mtu': wiring.mtu(port), 'ethernet_mac_address': port['mac_address']})
        for address, subnet in wiring.addresses(port):
            networks.append(_network('network%d' % len(networks), link, port['network_id'], address, subnet))
    services = [{'type': 'dns', 'address': server} for server in wiring.name_servers()]
    return {'links': links, 'networks': networks, 'services': services}


def _network(name, link, network_id, address, subnet):
    kind = 'ipv%d' % subnet['ip_version']
    if subnet['enable_dhcp']:
        return {'id': name, 'type': kind + '_dhcp', 'link': link, 'network_id': network_id}
    services = [{'type': 'dns', 'address': server} for server in subnet['dns_nameservers']]
    routes = []
    for destination, gateway in routes_of(subnet):
        network = ipaddress.ip_network(destination)
        routes.append({'network': str(network.network_address), 'netmask': str(network.netmask),
                       'gateway': gateway})
    return {'id': name, 'type': kind, 'link': link, 'network_id': network_id, 'ip_address': address,
            'netmask': str(ipaddress.ip_network(subnet['cidr']).netmask), 'routes': routes,
            'services': services}


def meta_data(server, public_key):
    host_name = server['OS-EXT-SRV-ATTR:hostname']
    data = {
        'uuid': server['id'],
        'name': server['name'],
        'hostname': host_name if '.' in host_name else host_name + '.novalocal',
        'launch_index': server.get('OS-EXT-SRV-ATTR:launch_index', 0),
        'availability_zone': server['OS-EXT-AZ:availability_zone'],
        'project_id': server['tenant_id'],
        'meta': server['metadata'],
        'devices': [],
    }
    if public_key:
        name, key = public_key
        data['public_keys'] = {name: key}
        data['keys'] = [{'name': name, 'type': 'ssh', 'data': key}]
    return data


def files(server, wiring, public_key):
    """Path below the drive's top -> content."""
    made = {
        'openstack/latest/meta_data.json': json.dumps(meta_data(server, public_key)).encode(),
        'openstack/latest/network_data.json': json.dumps(network_data(wiring)).encode(),
        'openstack/latest/vendor_data.json': b'{}',
    }
    user_data = server.get('OS-EXT-SRV-ATTR:user_data')
    if user_data:
        made['openstack/latest/user_data'] = base64.b64decode(user_data)
    return made
