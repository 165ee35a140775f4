"""The config drive is what Nova itself would give, from the answers of Nova and Neutron."""
import base64
import json

from node_runner import config_drive

SERVER = {
    'id': '5b1f2c6e-0001-4000-8000-000000000001', 'name': 'edge-1-master-1', 'tenant_id': 'project-1',
    'OS-EXT-SRV-ATTR:hostname': 'edge-1-master-1', 'OS-EXT-SRV-ATTR:launch_index': 0,
    'OS-EXT-AZ:availability_zone': 'nova', 'metadata': {'mex:slot': 'master-1'},
    'OS-EXT-SRV-ATTR:user_data': base64.b64encode(b'#cloud-config\n').decode(),
}
NETWORK = {'id': 'network-1', 'mtu': 1450}
SUBNET = {
    'id': 'subnet-1', 'ip_version': 4, 'cidr': '10.101.0.0/24', 'gateway_ip': '10.101.0.1', 'enable_dhcp': False,
    'dns_nameservers': ['192.0.2.53'], 'host_routes': [{'destination': '10.9.0.0/16', 'nexthop': '10.101.0.9'}],
}
PORT = {
    'id': 'e0000000-1111-4000-8000-000000000001', 'network_id': 'network-1', 'mac_address': 'fa:16:3e:00:00:01',
    'created_at': '2026-01-01T00:00:00Z', 'binding:vif_type': 'ovs', 'device_id': SERVER['id'],
    'fixed_ips': [{'subnet_id': 'subnet-1', 'ip_address': '10.101.0.10'}],
}


def wiring(subnet=None, ports=(PORT,)):
    return config_drive.Wiring(ports, [NETWORK], [subnet or SUBNET])


def test_network_data_names_link_address_routes_and_name_servers():
    assert config_drive.network_data(wiring()) == {
        'links': [{'id': 'tape0000000-11', 'vif_id': PORT['id'], 'type': 'ovs', 'mtu': 1450,
                   'ethernet_mac_address': 'fa:16:3e:00:00:01'}],
        'networks': [{'id': 'network0', 'type': 'ipv4', 'link': 'tape0000000-11', 'network_id': 'network-1',
                      'ip_address': '10.101.0.10', 'netmask': '255.255.255.0',
                      'routes': [{'network': '10.9.0.0', 'netmask': '255.255.0.0', 'gateway': '10.101.0.9'},
                                 {'network': '0.0.0.0', 'netmask': '0.0.0.0', 'gateway': '10.101.0.1'}],
                      'services': [{'type': 'dns', 'address': '192.0.2.53'}]}],
        'services': [{'type': 'dns', 'address': '192.0.2.53'}],
    }


def test_a_subnet_with_dhcp_tells_no_address():
    network, = config_drive.network_data(wiring(dict(SUBNET, enable_dhcp=True)))['networks']
    assert network == {'id': 'network0', 'type': 'ipv4_dhcp', 'link': 'tape0000000-11', 'network_id': 'network-1'}


def test_a_default_among_the_host_routes_replaces_the_gateway():
    own = dict(SUBNET, host_routes=[{'destination': '0.0.0.0/0', 'nexthop': '10.101.0.7'}])
    assert config_drive.routes_of(own) == [('0.0.0.0/0', '10.101.0.7')]


def test_a_subnet_without_gateway_has_no_default():
    assert config_drive.routes_of(dict(SUBNET, gateway_ip=None, host_routes=[])) == []


def test_interfaces_are_numbered_in_the_order_their_ports_were_made():
    later = dict(PORT, id='a-later', created_at='2026-01-01T00:00:05Z')
    assert [port['id'] for port in wiring(ports=[later, PORT]).ports] == [PORT['id'], 'a-later']


def test_meta_data_has_a_full_host_name_and_the_key():
    data = config_drive.meta_data(SERVER, ('operator', 'ssh-ed25519 AAAA'))
    assert data['hostname'] == 'edge-1-master-1.novalocal'
    assert data['meta'] == {'mex:slot': 'master-1'}
    assert data['public_keys'] == {'operator': 'ssh-ed25519 AAAA'}
    assert 'public_keys' not in config_drive.meta_data(SERVER, None)


def test_user_data_is_decoded_and_left_out_when_there_is_none():
    files = config_drive.files(SERVER, wiring(), None)
    assert files['openstack/latest/user_data'] == b'#cloud-config\n'
    assert json.loads(files['openstack/latest/meta_data.json'])['uuid'] == SERVER['id']
    without = dict(SERVER, **{'OS-EXT-SRV-ATTR:user_data': None})
    assert 'openstack/latest/user_data' not in config_drive.files(without, wiring(), None)
