"""Neutron's lists become links on which packets flow, and stop flowing where they should. The lists are
written by hand; namespaces, bridges and packets are the kernel's."""
import os
import subprocess

import pytest

from node_runner import links
from node_runner.fabric import Fabric
from node_runner.site import Site

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason='network namespaces take root')

EXTERNAL = {'id': 'external0-net', 'router:external': True, 'mtu': 1500}
OUTSIDE = {'id': 'outside', 'network_id': EXTERNAL['id'], 'ip_version': 4, 'cidr': '172.24.4.0/24',
           'gateway_ip': '172.24.4.1', 'host_routes': [], 'dns_nameservers': []}


def port(identifier, network, subnet, address, device, owner):
    return {'id': identifier, 'network_id': network, 'device_id': device, 'device_owner': owner,
            'mac_address': 'fa:16:3e:00:%s:%s' % (identifier[:2], identifier[2:4]), 'created_at': identifier,
            'fixed_ips': [{'subnet_id': subnet, 'ip_address': address}]}


def tenant(number, outside_address, **router):
    """A tenant's network with a router and one server, all of them with the same addresses."""
    letter = 'ab'[number]
    network, subnet, device = letter + '0net', letter + '0subnet', letter + '0router'
    return {
        'networks': [{'id': network, 'router:external': False, 'mtu': 1450}],
        'subnets': [{'id': subnet, 'network_id': network, 'ip_version': 4, 'cidr': '10.101.0.0/24',
                     'gateway_ip': '10.101.0.1', 'host_routes': [], 'dns_nameservers': []}],
        'routers': [dict({'id': device, 'name': device, 'routes': [], 'external_gateway_info': {
            'enable_snat': True, 'external_fixed_ips': [{'ip_address': outside_address}]}}, **router)],
        'ports': [
            port('%d001-inner' % number, network, subnet, '10.101.0.1', device, 'network:router_interface'),
            port('%d002-outer' % number, EXTERNAL['id'], 'outside', outside_address, device,
                 'network:router_gateway'),
            port('%d003-server' % number, network, subnet, '10.101.0.10', letter + '0server', 'compute:nova')],
    }


class ListedCloud:
    """Answers the lists it was given."""

    def __init__(self, *tenants):
        self.lists = {kind: [thing for one in tenants for thing in one[kind]]
                      for kind in ('networks', 'subnets', 'routers', 'ports')}
        self.lists['networks'].append(EXTERNAL)
        self.lists['subnets'].append(OUTSIDE)
        self.lists['floatingips'] = []

    def network(self, kind):
        return list(self.lists[kind])


@pytest.fixture
def site(monkeypatch, tmp_path):
    monkeypatch.setenv('MEX_SITE', 'mextest-%d' % os.getpid())
    monkeypatch.setenv('MEX_SITE_DIR', str(tmp_path))
    its_site = Site()
    links.make_namespace(its_site.name)
    yield its_site
    for name in its_site.parts() | {its_site.name}:
        links.remove_namespace(name)


def apply(site, cloud, servers=('a0server', 'b0server')):
    fabric = Fabric(site, cloud)
    fabric.refresh(everything=True)
    for server in servers:
        wiring = fabric.wiring(server)
        if wiring.ports:
            links.make_namespace(site.part('server', server))
            fabric.plug(site.part('server', server), wiring)
    return fabric


def reaches(namespace, address):
    """Tries a few times within a second: the first packet of all waits for the neighbour's address."""
    return subprocess.run(['nsenter', '--net=/run/netns/' + namespace, 'ping', '-c', '1', '-w', '1', '-i', '0.2',
                           address], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_a_server_reaches_its_router_and_the_outside_behind_the_routers_address(site):
    apply(site, ListedCloud(tenant(0, '172.24.4.10')))
    server = site.part('server', 'a0server')
    assert reaches(server, '10.101.0.1')
    # The site has no route to 10.101.0.0/24, so the answer comes back only if the address was translated.
    assert reaches(server, '172.24.4.1')


def test_without_translation_the_outside_needs_a_route(site):
    gateway = {'enable_snat': False, 'external_fixed_ips': [{'ip_address': '172.24.4.10'}]}
    apply(site, ListedCloud(tenant(0, '172.24.4.10', external_gateway_info=gateway)))
    assert not reaches(site.part('server', 'a0server'), '172.24.4.1')
    links.ip(site.name, 'route', 'add', '10.101.0.0/24', 'via', '172.24.4.10')
    assert reaches(site.part('server', 'a0server'), '172.24.4.1')


def test_the_site_reaches_a_server_by_a_route_through_its_router(site):
    apply(site, ListedCloud(tenant(0, '172.24.4.10')))
    assert not reaches(site.name, '10.101.0.10')
    links.ip(site.name, 'route', 'add', '10.101.0.0/24', 'via', '172.24.4.10')
    assert reaches(site.name, '10.101.0.10')


def test_tenants_with_the_same_addresses_do_not_meet(site):
    apply(site, ListedCloud(tenant(0, '172.24.4.10'), tenant(1, '172.24.4.11')))
    for letter, own, other in (('a', '172.24.4.10', '172.24.4.11'), ('b', '172.24.4.11', '172.24.4.10')):
        links.ip(site.name, 'route', 'replace', '10.101.0.10', 'via', own)
        assert reaches(site.name, '10.101.0.10')
        links.ip(site.part('server', letter + '0server'), 'link', 'set', 'eth0', 'down')
        assert not reaches(site.name, '10.101.0.10')
        links.ip(site.name, 'route', 'replace', '10.101.0.10', 'via', other)
        assert reaches(site.name, '10.101.0.10') is (letter == 'a')


def test_a_floating_address_leads_to_its_server(site):
    cloud = ListedCloud(tenant(0, '172.24.4.10'))
    cloud.lists['floatingips'] = [{'router_id': 'a0router', 'floating_ip_address': '172.24.4.77',
                                   'fixed_ip_address': '10.101.0.10'}]
    apply(site, cloud)
    assert reaches(site.name, '172.24.4.77')


def test_what_neutron_no_longer_has_goes_away_and_the_same_again_changes_nothing(site):
    cloud = ListedCloud(tenant(0, '172.24.4.10'), tenant(1, '172.24.4.11'))
    fabric = apply(site, cloud)
    before = site.parts()
    fabric.refresh(everything=True)
    assert site.parts() == before
    cloud.lists = ListedCloud(tenant(0, '172.24.4.10')).lists
    fabric.refresh(everything=False)
    assert site.parts() == {site.part('net', 'a0net'), site.part('router', 'a0router'),
                            site.part('server', 'a0server'), site.part('server', 'b0server')}
    assert reaches(site.part('server', 'a0server'), '172.24.4.1')


def test_a_new_runner_finds_what_an_old_one_made(site):
    cloud = ListedCloud(tenant(0, '172.24.4.10'))
    apply(site, cloud)
    apply(site, cloud)
    assert reaches(site.part('server', 'a0server'), '172.24.4.1')
