"""A cluster made and destroyed by the calls that OpenStack cannot do without, and nothing around them.

The same changing calls in the same order as the agent's, with connections kept alive, but no journal,
no look at what is there, no quotas, no repair: the floor that an engine is measured against.
"""
import base64
import secrets
import threading
import time

import requests

from measure.call_order import CallOrder

NODES = ('master-1', 'worker-1', 'worker-2')
IMAGE, FLAVOR, EXTERNAL_NETWORK, ZONE = 'debian-12', 'm1.tiny', 'public', 'nova'
POLL_SECONDS = 0.3
DEADLINE_SECONDS = 180
_USER_DATA = base64.b64encode(b'#cloud-config\ntimezone: UTC\n').decode()


class _Sessions(threading.local):
    """A requests session is not made for several threads at once: one each."""

    def __init__(self):
        self.session = requests.Session()
        self.session.trust_env = False


class BareCluster:

    def __init__(self, environment):
        self._environment = environment
        self._http = _Sessions()
        self._token = None
        self._url = {}
        self._name = 'bare-' + secrets.token_hex(4)
        self._made = {}

    def _call(self, method, service, path, body=None):
        answer = self._http.session.request(method, self._url[service] + path, json=body, timeout=60, headers={
            'X-Auth-Token': self._token, 'OpenStack-API-Version': 'compute 2.90'})
        if not answer.ok:
            raise RuntimeError('%s %s: %d %s' % (method, path, answer.status_code, answer.text[:300]))
        return answer.json() if answer.content else None

    def _network_call(self, kind, **fields):
        made = self._call('POST', 'network', '/v2.0/%ss' % kind.replace('_', '-'),
                          {kind: dict(fields, name='%s-%s' % (self._name, kind))})
        return made[kind]['id']

    def log_in(self):
        environment = self._environment
        user = {'name': environment['OS_USERNAME'], 'password': environment['OS_PASSWORD'],
                'domain': {'name': environment['OS_USER_DOMAIN_NAME']}}
        project = {'name': environment['OS_PROJECT_NAME'], 'domain': {'name': environment['OS_PROJECT_DOMAIN_NAME']}}
        answer = self._http.session.post(environment['OS_AUTH_URL'] + '/auth/tokens', timeout=60, json={'auth': {
            'identity': {'methods': ['password'], 'password': {'user': user}}, 'scope': {'project': project}}})
        answer.raise_for_status()
        self._token = answer.headers['X-Subject-Token']
        for entry in answer.json()['token']['catalog']:
            for endpoint in entry['endpoints']:
                if endpoint['interface'] == 'public':
                    self._url[entry['type']] = endpoint['url']

    def _image(self):
        return self._call('GET', 'image', '/v2/images?name=' + IMAGE)['images'][0]['id']

    def _flavor(self):
        flavors = self._call('GET', 'compute', '/flavors')['flavors']
        return next(flavor['id'] for flavor in flavors if flavor['name'] == FLAVOR)

    def _external_network(self):
        networks = self._call('GET', 'network', '/v2.0/networks?router:external=true&name=' + EXTERNAL_NETWORK)
        return networks['networks'][0]['id']

    def _router(self, external):
        return self._network_call('router', external_gateway_info={'network_id': external})

    def _subnet(self, network):
        return self._network_call('subnet', network_id=network, ip_version=4, cidr='10.101.0.0/24')

    def _rules(self, group):
        within = {'security_group_id': group, 'direction': 'ingress', 'ethertype': 'IPv4', 'remote_group_id': group}
        open_ports = [('tcp', 22, 22), ('tcp', 6443, 6443), ('tcp', 30000, 32767), ('udp', 30000, 32767),
                      ('icmp', None, None)]
        rules = [within] + [
            {'security_group_id': group, 'direction': 'ingress', 'ethertype': 'IPv4', 'protocol': protocol,
             'port_range_min': first, 'port_range_max': last} for protocol, first, last in open_ports]
        self._call('POST', 'network', '/v2.0/security-group-rules', {'security_group_rules': rules})

    def _attach(self, subnet, router):
        self._call('PUT', 'network', '/v2.0/routers/%s/add_router_interface' % router, {'subnet_id': subnet})

    def _ports(self, network, subnet, group):
        ports = [{'network_id': network, 'name': '%s-%s' % (self._name, node), 'security_groups': [group],
                  'fixed_ips': [{'subnet_id': subnet, 'ip_address': '10.101.0.%d' % (10 + number)}]}
                 for number, node in enumerate(NODES)]
        made = self._call('POST', 'network', '/v2.0/ports', {'ports': ports})['ports']
        return {port['name']: port['id'] for port in made}

    def _server(self, node, ports, image, flavor):
        name = '%s-%s' % (self._name, node)
        made = self._call('POST', 'compute', '/servers', {'server': {
            'name': name, 'imageRef': image, 'flavorRef': flavor, 'networks': [{'port': ports[name]}],
            'config_drive': True, 'user_data': _USER_DATA, 'metadata': {'cluster': self._name},
            'availability_zone': ZONE}})
        return made['server']['id']

    def _tag(self, kind, resource):
        self._call('PUT', 'network', '/v2.0/%ss/%s/tags' % (kind, resource), {'tags': ['bare', self._name]})

    def create(self):
        """From nothing to three servers that are ACTIVE."""
        self.log_in()
        calls = CallOrder()
        calls.add('image', self._image)
        calls.add('flavor', self._flavor)
        calls.add('external', self._external_network)
        calls.add('network', lambda: self._network_call('network'))
        calls.add('group', lambda: self._network_call('security_group'))
        calls.add('subnet', self._subnet, ['network'])
        calls.add('rules', self._rules, ['group'])
        calls.add('ports', self._ports, ['network', 'subnet', 'group'])
        # The slowest call, and no server needs it to be asked for: behind the ports, as the agent has it.
        calls.add('router', lambda external, _: self._router(external), ['external', 'ports'])
        calls.add('interface', self._attach, ['subnet', 'router'])
        for node in NODES:
            calls.add(node, lambda ports, image, flavor, node=node: self._server(node, ports, image, flavor),
                      ['ports', 'image', 'flavor'])
        for kind, name in (('network', 'network'), ('subnet', 'subnet'), ('router', 'router'),
                           ('security-group', 'group')):
            calls.add('tags of ' + name, lambda resource, _, kind=kind: self._tag(kind, resource), [name, 'ports'])
        self._made = calls.run()
        self._wait(lambda servers: [server['status'] for server in servers] == ['ACTIVE'] * len(NODES))

    def destroy(self):
        """From there to nothing."""
        made = self._made
        servers = CallOrder()
        for node in NODES:
            servers.add(node, lambda node=node: self._call('DELETE', 'compute', '/servers/' + made[node]))
        servers.run()
        self._wait(lambda left: not left)
        rest = CallOrder()
        for name, port in made['ports'].items():
            rest.add(name, lambda port=port: self._call('DELETE', 'network', '/v2.0/ports/' + port))
        rest.add('interface', lambda: self._call(
            'PUT', 'network', '/v2.0/routers/%s/remove_router_interface' % made['router'],
            {'subnet_id': made['subnet']}))
        rest.add('router', lambda _: self._call('DELETE', 'network', '/v2.0/routers/' + made['router']), ['interface'])
        rest.add('network', lambda *_: self._call('DELETE', 'network', '/v2.0/networks/' + made['network']),
                 ['interface', *made['ports']])
        rest.add('group', lambda *_: self._call('DELETE', 'network', '/v2.0/security-groups/' + made['group']),
                 list(made['ports']))
        rest.run()

    def _wait(self, satisfied):
        end = time.monotonic() + DEADLINE_SECONDS
        while not satisfied(self._call('GET', 'compute', '/servers/detail')['servers']):
            if time.monotonic() > end:
                raise RuntimeError('the servers did not get there in %d s' % DEADLINE_SECONDS)
            time.sleep(POLL_SECONDS)
