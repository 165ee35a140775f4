"""By which address an agent on a server of OpenStack is reached: found out, when nobody says it.

The agent is on a machine of its own in miniature, which has no public address. The server that it takes itself for is
one of a real Nova, with floating addresses of a real Neutron. Nova's metadata service needs Neutron's agents, which the
local OpenStack has none of: a small one of the test stands for it.
"""
import http.server
import json
import threading
import uuid

import pytest

from harness.agent_elsewhere import AgentElsewhere
from harness.namespace import OUR_ADDRESS, Namespace
from harness.platform_files import write_platform_files
from harness.recording_proxy import RecordingProxy
from harness.waiting import wait_until

NAME = 'agent1.zone.test'


class Metadata:
    """What Nova's metadata service says to one server: https://docs.openstack.org/nova/latest/user/metadata.html."""

    def __init__(self, address):
        self.server_id, self.public_address = str(uuid.uuid4()), ''
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = {'/latest/meta-data/public-ipv4': owner.public_address,
                        '/openstack/latest/meta_data.json': json.dumps({'uuid': owner.server_id, 'name': 'edge'}),
                        }.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header('Content-Length', str(len(body or '')))
                self.end_headers()
                self.wfile.write((body or '').encode())

            def log_message(self, *_):
                pass
        self._server = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.url = 'http://%s:%d' % self._server.server_address
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Server:
    """A server behind a router."""

    def __init__(self, cloud):
        self._api = api = cloud.api
        [self._public] = api('GET', 'network', '/v2.0/networks?router:external=true&name=public')['networks']
        network = api('POST', 'network', '/v2.0/networks', {'network': {'name': 'inside'}})['network']
        subnet = api('POST', 'network', '/v2.0/subnets', {'subnet': {
            'network_id': network['id'], 'ip_version': 4, 'cidr': '10.9.8.0/24'}})['subnet']
        router = api('POST', 'network', '/v2.0/routers', {'router': {
            'name': 'way-out', 'external_gateway_info': {'network_id': self._public['id']}}})['router']
        api('PUT', 'network', '/v2.0/routers/%s/add_router_interface' % router['id'], {'subnet_id': subnet['id']})
        [image] = api('GET', 'image', '/v2/images?name=debian-12')['images']
        [flavor] = [each for each in api('GET', 'compute', '/flavors')['flavors'] if each['name'] == 'm1.tiny']
        self.id = api('POST', 'compute', '/servers', {'server': {
            'name': 'edge', 'imageRef': image['id'], 'flavorRef': flavor['id'],
            'networks': [{'uuid': network['id']}]}})['server']['id']
        wait_until(lambda: api('GET', 'compute', '/servers/' + self.id)['server']['status'] == 'ACTIVE',
                   'the server is active', every=0.2)

    def lead_to_it(self):
        """A floating address."""
        [port] = self._api('GET', 'network', '/v2.0/ports?device_id=' + self.id)['ports']
        return self._api('POST', 'network', '/v2.0/floatingips', {'floatingip': {
            'floating_network_id': self._public['id'], 'port_id': port['id']}})['floatingip']

    def lead_away(self, floating):
        self._api('DELETE', 'network', '/v2.0/floatingips/' + floating['id'])


@pytest.fixture
def host():
    namespace = Namespace()
    yield namespace
    namespace.close()


@pytest.fixture
def metadata(host):
    service = Metadata(OUR_ADDRESS)
    yield service
    service.close()


@pytest.fixture
def agent(request, host, metadata, cloud, cloudflare, tmp_path, certificates):
    proxy = RecordingProxy(OUR_ADDRESS)
    environment = write_platform_files(tmp_path / 'k8sopenstack', cloud.environment())
    made = AgentElsewhere(
        host, tmp_path / 'agent', certificates, dict(environment, **cloudflare.environment(), http_proxy=proxy.url),
        ['-fqdn', NAME, *cloudflare.flags(), '-dns_names', 'host', '-dns_interval', '1s', '-metadata_url', metadata.url])
    request.node.agents = [made]
    try:
        yield made.start()
    finally:
        made.close()
        proxy.close()


def test_the_floating_address_of_its_own_server(agent, metadata, cloud, cloudflare):
    def told(text):
        problem = agent.get('/v1/dns-records').get('problem', '')
        return text in problem and problem

    def until(address):
        wait_until(lambda: cloudflare.records(NAME, 'A') == [address],
                   lambda: 'the name leads to %s, not %s' % (address, cloudflare.records(NAME, 'A')), every=0.05)
    # A server of somebody else's project; then ours, without an address.
    wait_until(lambda: told('no port of server %s in the project' % metadata.server_id), 'no port is known')
    server = Server(cloud)
    metadata.server_id = server.id
    problem = wait_until(lambda: told('none of the ports of server %s in the project has a floating' % server.id),
                         'what is missing is told')
    assert 'no interface has a public address' in problem and '-public_address says it' in problem
    assert cloudflare.records(NAME, 'A') == []
    # It gets one, then another one instead.
    first = server.lead_to_it()
    until(first['floating_ip_address'])
    server.lead_away(first)
    wait_until(lambda: told('has a floating'), 'the address is gone')
    assert cloudflare.records(NAME, 'A') == [first['floating_ip_address']], 'nothing is touched while none is known'
    until(server.lead_to_it()['floating_ip_address'])
    # The metadata service goes before the cloud.
    metadata.public_address = '198.51.100.9'
    until('198.51.100.9')
