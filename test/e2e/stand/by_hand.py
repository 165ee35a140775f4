"""A cluster of 1 + 2 nodes without the agent: network, router, and servers with user data written by hand."""
import base64
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from . import TEST
from .kubectl import Kubectl

sys.path.insert(0, str(TEST / 'nodes'))
import hand_made_cluster as written  # noqa: E402

WORKERS = 2


class ByHand:

    def __init__(self, stand):
        self._cloud = stand.cloud
        directory = stand.directory / 'by-hand'
        directory.mkdir(exist_ok=True)
        self._cluster = written.Cluster(directory)
        self._kubectl = Kubectl(os.environ['MEX_KUBECTL'], directory, self._cluster.kubeconfig.read_text(), [])

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        subprocess.run(['ip', 'route', 'del', written.SUBNET], check=False, stderr=subprocess.DEVNULL)
        self._cloud.empty()

    def _new(self, service, path, kind, **values):
        return self._cloud.api('POST', service, path, {kind: values})[kind]

    def make(self):
        """Ends when the servers were asked for: all at once, and behind a router that works already."""
        network = self._new('network', '/v2.0/networks', 'network', name='by-hand')
        subnet = self._new('network', '/v2.0/subnets', 'subnet', network_id=network['id'], ip_version=4,
                           cidr=written.SUBNET, gateway_ip=written.GATEWAY)
        public = self._cloud.api('GET', 'network', '/v2.0/networks?router:external=true')['networks'][0]
        router = self._new('network', '/v2.0/routers', 'router', name='by-hand',
                           external_gateway_info={'network_id': public['id']})
        self._cloud.api('PUT', 'network', '/v2.0/routers/%s/add_router_interface' % router['id'],
                        {'subnet_id': subnet['id']})
        outside = router['external_gateway_info']['external_fixed_ips'][0]['ip_address']
        subprocess.run(['ip', 'route', 'replace', written.SUBNET, 'via', outside], check=True)
        data = {'by-hand-master': self._cluster.master_data()}
        data.update({'by-hand-worker-%d' % number: self._cluster.worker_data(number)
                     for number in range(1, WORKERS + 1)})
        flavor = next(each['id'] for each in self._cloud.api('GET', 'compute', '/flavors')['flavors']
                      if each['name'] == 'm1.small')
        image = self._cloud.api('GET', 'image', '/v2/images?name=debian-12')['images'][0]['id']
        with ThreadPoolExecutor(len(data)) as pool:
            list(pool.map(lambda name: self._boot(name, data[name], network['id'], flavor, image), data))

    def _boot(self, name, user_data, network, flavor, image):
        place = {'uuid': network}
        if name == 'by-hand-master':
            place['fixed_ip'] = written.MASTER
        self._new('compute', '/servers', 'server', name=name, flavorRef=flavor, imageRef=image, networks=[place],
                  config_drive=True, user_data=base64.b64encode(user_data.encode()).decode())

    def ready_nodes(self):
        done = self._kubectl.try_to('get', 'nodes', '-o', 'json')
        nodes = json.loads(done.stdout)['items'] if done.returncode == 0 else []
        return [node for node in nodes for condition in node['status']['conditions']
                if condition['type'] == 'Ready' and condition['status'] == 'True']
