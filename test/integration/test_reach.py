"""A cluster's ways in, on a host of its own: a network namespace with the agent in it, and another one that is
the cluster's router with the masters behind it.

The cloud's hypervisors boot nothing. What stands for a booted master is an HTTPS server with the master's address;
to the agent's own measurements it is an API server that does not come.
"""
import contextlib
import ipaddress
import os
import re
import socket
import ssl
import subprocess
import sys

import pytest
import yaml

from harness import clusters
from harness.agent_elsewhere import AgentElsewhere
from harness.namespace import ITS_ADDRESS, OUR_ADDRESS, Namespace
from harness.platform_files import write_platform_files
from harness.recording_proxy import RecordingProxy
from harness.waiting import LIMIT, wait_until

NAME = 'test-1.tenant-1.edge.test'
FLAVOR = {'name': 'three-masters', 'masters': {'count': 3}, 'kubernetes': {'image_style': 'BAKED'},
          'care': {'api_server_deadline': '3600s'}}
# So few that some hundred connections do to the agent what 20,000 do elsewhere; and how many of them one client may
# take by them: half of the proxy's connections, and half of what is passed through, two for each.
DESCRIPTORS = 1024
OF_ONE_CLIENT = 148 + 2 * 37
# A master to look at. It waits for no client.
MASTER = '''
import http.server, ssl, sys
address, key, certificate = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
class Server(http.server.ThreadingHTTPServer):
    def get_request(self):
        socket, peer = super().get_request()
        return context.wrap_socket(socket, server_side=True, do_handshake_on_connect=False), peer
Server((address, 6443), http.server.SimpleHTTPRequestHandler).serve_forever()
'''
KUBECONFIG = '/v1/tenants/tenant-1/clusters/test-1/kubeconfig'


def ip(*arguments):
    return subprocess.run(['ip', *arguments], check=True, text=True, stdout=subprocess.PIPE).stdout


class Nodes:
    """The router's and the masters' side of the external network, joined to the agent's host."""

    def __init__(self, host, directory):
        self._host = host
        self._directory = directory
        self._name = 'mex-nodes-%d' % os.getpid()
        self._servers = {}
        ip('netns', 'add', self._name)
        ip('-n', host.name, 'link', 'add', 'outside', 'type', 'veth', 'peer', 'name', 'router', 'netns', self._name)
        ip('-n', self._name, 'link', 'add', 'inside', 'type', 'bridge')
        for device in ('router', 'inside'):
            ip('-n', self._name, 'link', 'set', device, 'up')
        # The address that the external network keeps for its own gateway, so it is no router's of the project.
        ip('-n', host.name, 'address', 'add', '172.24.4.1/22', 'dev', 'outside')
        ip('-n', host.name, 'link', 'set', 'outside', 'up')

    def add_router(self, address):
        ip('-n', self._name, 'address', 'add', address + '/22', 'dev', 'router')

    def start_master(self, slot, address):
        if slot not in self._servers:
            ip('-n', self._name, 'address', 'add', address + '/24', 'dev', 'inside')
        key, certificate = self._directory / (slot + '.key'), self._directory / (slot + '.pem')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-keyout', key, '-out', certificate, '-subj', '/CN=' + slot], check=True, stderr=subprocess.DEVNULL)
        self._servers[slot] = subprocess.Popen(
            ['ip', 'netns', 'exec', self._name, sys.executable, '-c', MASTER, address, key, certificate],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill_master(self, slot):
        self._servers[slot].kill()
        self._servers[slot].wait()

    def close(self):
        for server in self._servers.values():
            server.kill()
            server.wait()
        # The pair first: left to the namespaces, it goes some time after this.
        subprocess.run(['ip', '-n', self._host.name, 'link', 'delete', 'outside'], stderr=subprocess.DEVNULL)
        ip('netns', 'delete', self._name)


class FewDescriptors(AgentElsewhere):

    def _own_command(self):
        return ['prlimit', '--nofile=%d:%d' % (DESCRIPTORS, DESCRIPTORS), *super()._own_command()]

    def descriptors(self):
        return len(os.listdir('/proc/%d/fd' % self.process.pid))


@pytest.fixture
def host():
    namespace = Namespace()
    yield namespace
    namespace.close()


@pytest.fixture
def nodes(host, tmp_path):
    made = Nodes(host, tmp_path)
    yield made
    made.close()


@pytest.fixture
def agent(request, host, nodes, cloud, tmp_path, certificates):
    proxy = RecordingProxy(OUR_ADDRESS)
    environment = write_platform_files(tmp_path / 'k8sopenstack', cloud.environment())
    made = FewDescriptors(host, tmp_path / 'agent', certificates, dict(environment, http_proxy=proxy.url),
                          ['-fqdn', 'Edge.Test', '-shards', '1'])
    request.node.agents = [made]
    try:
        yield made.start()
    finally:
        made.close()
        proxy.close()


def shown(agent, subnet):
    return ip('-n', agent.namespace.name, 'route', 'show', subnet).strip()


def answering(agent, *elsewhere):
    """Whose certificate a client sees that asks for the cluster's name; '' if it is cut off. `elsewhere`: how the
    client is started on another machine."""
    done = subprocess.run([*elsewhere, 'openssl', 's_client', '-connect', '%s:%d' % (ITS_ADDRESS, agent.proxy_port),
                           '-servername', NAME], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=LIMIT)
    found = re.search(r'^subject=CN = (.*)$', done.stdout, re.MULTILINE)
    return found.group(1) if found else ''


def test_the_ways_into_a_cluster(agent, host, nodes):
    """One flow, because the cluster takes seconds."""
    assert agent.rest('POST', '/v1/flavors', FLAVOR).status_code == 200
    clusters.provision(agent, clusters.wish(kind='three-masters'))
    network = wait_until(lambda: found_network(agent), 'the router has its address')
    subnet, gateway = network['cidr'], network['gateway']
    line = '%s via %s dev outside proto 109' % (subnet, gateway)
    wait_until(lambda: shown(agent, subnet) == line, lambda: 'the route to the nodes:\n' + agent.log())
    check_that_the_route_is_the_agents(agent, subnet, gateway)
    check_that_the_route_comes_back(agent, subnet, line)

    masters = {node['slot']: node['address'] for node in clusters.cluster(agent)['nodes']}
    assert sorted(masters) == ['master-1', 'master-2', 'master-3']
    assert all(ipaddress.ip_address(each) in ipaddress.ip_network(subnet) for each in masters.values())
    check_the_masters(agent, nodes, gateway, masters)
    check_that_one_clients_tunnels_keep_no_other_out(agent)
    check_the_kubeconfig(agent)

    clusters.done(agent, clusters.destroy(agent))
    assert shown(agent, subnet) == ''
    assert answering(agent) == 'agent1.medge.gq', 'the name is nobody\'s any more'
    assert agent.rest('GET', KUBECONFIG).status_code == 404


def test_a_cluster_that_its_image_makes_is_reached_too(agent):
    """The agent knows nothing of its API server, but the proxy's origins are its nodes."""
    operation = clusters.provision(agent)
    network = wait_until(lambda: found_network(agent), 'the router has its address')
    subnet = network['cidr']
    line = '%s via %s dev outside proto 109' % (subnet, network['gateway'])
    wait_until(lambda: shown(agent, subnet) == line, lambda: 'the route to the nodes:\n' + agent.log())
    clusters.done(agent, operation)
    assert answering(agent) == 'agent1.medge.gq', 'no name leads to it'
    clusters.done(agent, clusters.destroy(agent))
    assert shown(agent, subnet) == ''


def found_network(agent):
    network = clusters.cluster(agent).get('network', {})
    return network if network.get('gateway') else None


def check_that_the_route_is_the_agents(agent, subnet, gateway):
    table = agent.post('/v1/route', {'message': 'list'})['status']
    cluster = clusters.cluster(agent)
    assert '%s via %s dev outside proto mexosagent cluster %s\n' % (subnet, gateway, cluster['id']) in table
    refused = agent.rest('POST', '/v1/route', {'message': 'delete', 'routes': [{'subnet': subnet}]})
    assert refused.status_code == 400
    assert cluster['id'] in refused.json()['message'] and 'the agent\'s own' in refused.json()['message']


def check_that_the_route_comes_back(agent, subnet, line):
    name = agent.namespace.name
    ip('-n', name, 'link', 'set', 'outside', 'down')
    ip('-n', name, 'link', 'set', 'outside', 'up')
    wait_until(lambda: shown(agent, subnet) == line, 'the route is back after the interface was down')
    agent.kill()
    assert shown(agent, subnet) == line, 'traffic goes on without the agent'
    ip('-n', name, 'route', 'del', subnet)
    agent.start()
    wait_until(lambda: shown(agent, subnet) == line, 'the route is back after a kill')


def check_the_masters(agent, nodes, gateway, masters):
    assert answering(agent) == '', 'nobody is there, and nobody else answers'
    nodes.add_router(gateway)
    for slot in ('master-1', 'master-2'):
        nodes.start_master(slot, masters[slot])
    seen = set()
    wait_until(lambda: seen.add(answering(agent)) or {'master-1', 'master-2'} <= seen,
               lambda: 'masters take turns: %s' % seen)
    nodes.kill_master('master-1')
    for _ in range(6):
        assert answering(agent) == 'master-2'
    nodes.start_master('master-1', masters['master-1'])
    wait_until(lambda: answering(agent) == 'master-1', 'a master that is back has its turn', every=0.3)


def client_hello():
    outgoing = ssl.MemoryBIO()
    greeting = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=NAME)
    with contextlib.suppress(ssl.SSLWantReadError):
        greeting.do_handshake()
    return outgoing.read()


def check_that_one_clients_tunnels_keep_no_other_out(agent):
    """Tunnels in which nothing is said, and greetings that stop halfway."""
    # The other client is on the agent's own machine.
    ip('-n', agent.namespace.name, 'link', 'set', 'lo', 'up')
    before, hello = agent.descriptors(), client_hello()
    with contextlib.ExitStack() as held:
        for number in range(400):
            connection = held.enter_context(socket.create_connection((ITS_ADDRESS, agent.proxy_port), LIMIT))
            with contextlib.suppress(OSError):  # it is one too many
                connection.sendall(hello if number % 2 else hello[:40])
        for _ in range(4):
            assert answering(agent, 'ip', 'netns', 'exec', agent.namespace.name) in ('master-1', 'master-2')
        assert agent.descriptors() - before <= OF_ONE_CLIENT, agent.log()[-3000:]
    wait_until(lambda: answering(agent) in ('master-1', 'master-2'), 'that client is served again')
    wait_until(lambda: agent.descriptors() <= before + 8, 'everything is given back')


def check_the_kubeconfig(agent):
    answer = agent.rest('GET', KUBECONFIG)
    assert answer.status_code == 200, answer.text
    assert answer.headers['Content-Type'] == 'application/yaml'
    assert answer.headers['Content-Disposition'] == 'attachment; filename="test-1.tenant-1.kubeconfig"'
    assert answer.headers['Cache-Control'] == 'no-store'
    content = yaml.safe_load(answer.text)
    assert content['clusters'][0]['cluster']['server'] == 'https://%s:%d' % (NAME, agent.proxy_port)
    key = content['users'][0]['user']['client-key-data']
    assert key not in agent.log()
    assert agent.rest('GET', KUBECONFIG.replace('test-1', 'test-2')).status_code == 404
