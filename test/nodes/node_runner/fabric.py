"""Neutron's networks and routers as Linux has them.

- A tenant's network is a bridge in a namespace of its own: networks whose addresses overlap never meet.
- An external network is a bridge in the site's namespace, which has the subnets' gateway addresses.
- A router is a namespace with a cable to the bridge of each of its ports. It forwards, translates
  addresses on the way out when the gateway says so, and serves floating IPs.

Security groups and allowed address pairs are not enforced: everything is allowed.
"""
import ipaddress
import json
import logging

from . import links
from .config_drive import Wiring, routes_of

_BRIDGE = 'bridge'
_GATEWAY = 'network:router_gateway'
_ROUTER_PORTS = ('network:router_interface', _GATEWAY)


def with_prefix(address, subnet):
    return '%s/%d' % (address, ipaddress.ip_network(subnet['cidr']).prefixlen)


class Fabric:

    def __init__(self, site, cloud):
        self._site = site
        self._cloud = cloud
        self._done = {}  # name of a router's namespace -> what it was made from
        self.ports = self.networks = self.subnets = self._routers = self._floating = ()

    def refresh(self, everything):
        """Asks Neutron; the list of ports tells most changes, so it is asked for alone as a rule."""
        ports = self._cloud.network('ports')
        if everything or ports != self.ports:
            self.networks = self._cloud.network('networks')
            self.subnets = self._cloud.network('subnets')
            self._routers = self._cloud.network('routers')
            self._floating = self._cloud.network('floatingips')
            self.ports = ports
            try:
                self._apply()
            except links.LinkError:
                self.ports = ()  # the next look tries again
                raise

    def wiring(self, device_id):
        return Wiring([port for port in self.ports if port['device_id'] == device_id],
                      self.networks, self.subnets)

    def plug(self, namespace, wiring):
        """Gives a server's namespace its interfaces eth0, eth1 … with all addresses and routes.
        Returns the cables' other ends as pairs of namespace and name."""
        routes, ends = [], []
        for number, port in enumerate(wiring.ports):
            name = 'eth%d' % number
            ends.append(self._cable(namespace, name, port, wiring))
            links.set_addresses(namespace, name, [with_prefix(*pair) for pair in wiring.addresses(port)])
            for _, subnet in wiring.addresses(port):
                routes += [(str(ipaddress.ip_network(to)), via) for to, via in routes_of(subnet)
                           if to not in [known for known, _ in routes]]
        links.set_routes(namespace, routes)
        return ends

    def _cable(self, namespace, name, port, wiring):
        bridge_namespace, bridge = self._bridge(port['network_id'])
        end = 'p' + port['id'][:11]
        links.make_cable(namespace, name, port['mac_address'], wiring.mtu(port),
                         bridge_namespace, bridge, end)
        return bridge_namespace, end

    def _bridge(self, network_id):
        """The bridge of a network, made if it is not there."""
        network = next((network for network in self.networks if network['id'] == network_id), None)
        if network is None:
            raise links.LinkError('network %s was removed while we looked' % network_id)
        if not network.get('router:external'):
            namespace = self._site.part('net', network_id)
            links.make_namespace(namespace)
            links.make_bridge(namespace, _BRIDGE, network.get('mtu') or 1500)
            return namespace, _BRIDGE
        name = 'ext-' + network_id[:11]
        links.make_bridge(self._site.name, name, network.get('mtu') or 1500)
        links.set_addresses(self._site.name, name, [
            with_prefix(subnet['gateway_ip'], subnet) for subnet in self.subnets
            if subnet['network_id'] == network_id and subnet['gateway_ip']])
        return self._site.name, name

    def _apply(self):
        for network in self.networks:
            if network.get('router:external'):
                self._bridge(network['id'])
        wanted = set()
        for router in self._routers:
            namespace = self._site.part('router', router['id'])
            wanted.add(namespace)
            plan = self._plan(router)
            if self._done.get(namespace) != plan:
                self._make_router(namespace, router)
                self._done[namespace] = plan
        used = {self._site.part('net', port['network_id']) for port in self.ports}
        for gone in (self._site.parts('router-') - wanted) | (self._site.parts('net-') - used):
            links.remove_namespace(gone)
            self._done.pop(gone, None)

    def _router_wiring(self, router):
        return Wiring([port for port in self.ports
                       if port['device_id'] == router['id'] and port['device_owner'] in _ROUTER_PORTS],
                      self.networks, self.subnets)

    def _plan(self, router):
        wiring = self._router_wiring(router)
        return json.dumps([router['external_gateway_info'], router['routes'],
                           [[port['id'], port['fixed_ips']] for port in wiring.ports],
                           self._floating_of(router)], sort_keys=True)

    def _floating_of(self, router):
        """Pairs of floating and fixed address."""
        return [(floating['floating_ip_address'], floating['fixed_ip_address'])
                for floating in self._floating if floating['router_id'] == router['id']]

    def _make_router(self, namespace, router):
        links.make_namespace(namespace)
        wiring = self._router_wiring(router)
        floating = self._floating_of(router)
        names, routes = {}, [(route['destination'], route['nexthop']) for route in router['routes']]
        for port in wiring.ports:
            is_gateway = port['device_owner'] == _GATEWAY
            name = ('qg-' if is_gateway else 'qr-') + port['id'][:11]
            names[name] = port
            self._cable(namespace, name, port, wiring)
            addresses = [with_prefix(*pair) for pair in wiring.addresses(port)]
            if is_gateway:
                addresses += [outside + '/32' for outside, _ in floating]
                routes += [('0.0.0.0/0', subnet['gateway_ip']) for _, subnet in wiring.addresses(port)
                           if subnet['gateway_ip'] and subnet['ip_version'] == 4]
            links.set_addresses(namespace, name, addresses)
        for name in links.names(namespace) - set(names) - {'lo'}:
            links.ip(namespace, 'link', 'del', name)
        links.set_routes(namespace, routes)
        links.inside(namespace, 'for f in ipv4/ip_forward ipv6/conf/all/forwarding; do '
                                'echo 1 >/proc/sys/net/$f; done; exec nft -f -',
                     translation(router, names, floating))
        logging.info('router %s: %s', router['name'], ', '.join(sorted(names)) or 'no ports')


def translation(router, names, floating):
    """nftables rules. They replace what was there in one step; connections that exist stay."""
    incoming, outgoing = [], []
    gateway = router['external_gateway_info']
    name = next((name for name in names if name.startswith('qg-')), None)
    if gateway and name:
        for outside, within in floating:
            incoming.append('ip daddr %s dnat to %s' % (outside, within))
            outgoing.append('oifname "%s" ip saddr %s snat to %s' % (name, within, outside))
        own = [fixed['ip_address'] for fixed in gateway['external_fixed_ips'] if '.' in fixed['ip_address']]
        if gateway.get('enable_snat', True) and own:
            outgoing.append('oifname "%s" snat to %s' % (name, own[0]))
    return '\n'.join(['table ip router', 'delete table ip router', 'table ip router {',
                      'chain incoming { type nat hook prerouting priority dstnat;', *incoming, '}',
                      'chain outgoing { type nat hook postrouting priority srcnat;', *outgoing, '}', '}', ''])
