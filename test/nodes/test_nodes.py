"""Servers of a real Nova become nodes of a real Kubernetes. Runs where Kubernetes has been built
(kubernetes/build); ./try builds it first."""
import json
import os
import pathlib
import subprocess
import time

import pytest

from hand_made_cluster import GATEWAY, MASTER, SUBNET, WORKER, Cluster

HERE = pathlib.Path(__file__).resolve().parent
IS_BUILT = os.geteuid() == 0 and subprocess.run([HERE / 'kubernetes/build', '--check'], check=False).returncode == 0
pytestmark = pytest.mark.skipif(not IS_BUILT, reason='Kubernetes has not been built, see README.md')

# Seconds; ends what hangs, on the slowest and busiest machine, too.
LIMIT = 1200

WEB = {
    'apiVersion': 'v1', 'kind': 'List', 'items': [
        {'apiVersion': 'apps/v1', 'kind': 'DaemonSet', 'metadata': {'name': 'web'}, 'spec': {
            'selector': {'matchLabels': {'app': 'web'}}, 'template': {'metadata': {'labels': {'app': 'web'}}, 'spec': {
                'tolerations': [{'operator': 'Exists'}],
                'containers': [{'name': 'web', 'image': 'mexosagent/web:1', 'env': [
                    {'name': 'NODE_NAME', 'valueFrom': {'fieldRef': {'fieldPath': 'spec.nodeName'}}}]}]}}}},
        {'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': 'web'}, 'spec': {
            'type': 'NodePort', 'selector': {'app': 'web'}, 'ports': [{'port': 8080, 'nodePort': 30080}]}}]}


def wait_until(condition, what):
    """The time it took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < LIMIT, 'not so after %d s: %s' % (LIMIT, what)
        time.sleep(0.3)
    print('%5.1f s until %s' % (time.monotonic() - begun, what))
    return time.monotonic() - begun


class Site:
    """A site of the tests' own, and a cluster in it."""

    def __init__(self, directory):
        os.environ['MEX_SITE'] = 'mexosagent-try'
        os.environ.pop('MEX_SITE_DIR', None)
        cache = pathlib.Path(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')) / 'mexosagent'
        self.directory = cache / 'mexosagent-try'
        self.kubectl_program = cache / 'kubernetes/binaries/kubectl'
        self.scratch = directory
        subprocess.run([HERE / 'up'], check=True)
        self.cluster = Cluster(directory)
        self.as_demo = ['env', *('-u' + name for name in os.environ if name.startswith('OS_')),
                        'OS_CLIENT_CONFIG_FILE=%s/clouds.yaml' % (self.directory / 'openstack'), 'OS_CLOUD=demo',
                        '/usr/bin/openstack']

    def runner(self, *words, check=True):
        return subprocess.run([HERE / 'runner', *words], check=check, text=True, capture_output=True).stdout

    def inside(self, *words, check=True):
        return self.runner('shell', *map(str, words), check=check)

    def do(self, *words):
        """`openstack WORDS` as the user demo."""
        return self.inside(*self.as_demo, *words)

    def kubectl(self, *words, check=True):
        return self.inside(self.kubectl_program, '--kubeconfig', self.cluster.kubeconfig, '--request-timeout=5s',
                           *words, check=check)

    def boot(self, name, address, user_data, image='debian-12'):
        file = self.scratch / (name + '.data')
        file.write_text(user_data)
        self.do('server', 'create', '--flavor', 'm1.small', '--image', image, '--user-data', str(file),
                '--nic', 'net-id=try,v4-fixed-ip=' + address, '--property', 'mex:slot=' + name, '--wait', name)

    def state_of(self, name):
        """As `runner list` says: running, killed …; None when there is no such node."""
        for line in self.runner('list').splitlines():
            *_, state, its_name = line.split()
            if its_name == name:
                return state
        return None

    def ready_nodes(self):
        text = self.kubectl('get', 'nodes', '-o', 'json', check=False)
        nodes = json.loads(text)['items'] if text else []
        return {node['metadata']['name'] for node in nodes for condition in node['status']['conditions']
                if condition['type'] == 'Ready' and condition['status'] == 'True'}


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    """A site with a network, a router, a worker and, later than it, a master."""
    its = Site(tmp_path_factory.mktemp('site'))
    try:
        its.do('network', 'create', 'try')
        its.do('subnet', 'create', '--network', 'try', '--subnet-range', SUBNET, '--gateway', GATEWAY, 'try')
        its.do('router', 'create', '--external-gateway', 'public', 'try')
        its.do('router', 'add', 'subnet', 'try', 'try')
        router = json.loads(its.do('router', 'show', 'try', '-f', 'json'))
        outside = router['external_gateway_info']['external_fixed_ips'][0]['ip_address']
        its.inside('ip', 'route', 'replace', SUBNET, 'via', outside)
        its.boot('worker', WORKER, its.cluster.worker_data())
        its.boot('master', MASTER, its.cluster.master_data())
        yield its
    finally:
        if not os.environ.get('MEX_KEEP_SITE'):
            subprocess.run([HERE / 'down', '--purge'], check=True)


def test_both_nodes_become_ready(site):
    wait_until(lambda: site.ready_nodes() == {'master', 'worker'}, 'both nodes are Ready')


def test_cloud_init_has_done_all_stages_with_the_config_drive(site):
    for name in ('master', 'worker'):
        wait_until(lambda: 'status: done' in site.runner('exec', name, 'cloud-init', 'status', '--long', check=False),
                   'cloud-init is done on ' + name)
        assert 'DataSourceConfigDrive' in site.runner('exec', name, 'cat', '/run/cloud-init/result.json')
        assert site.runner('exec', name, 'hostname').strip() == name


def test_novas_console_log_is_the_nodes(site):
    assert 'kubeadm' in site.do('console', 'log', 'show', 'master')


def test_a_service_is_answered_by_pods_of_both_nodes(site):
    manifest = site.scratch / 'web.json'
    manifest.write_text(json.dumps(WEB))
    site.kubectl('apply', '-f', manifest)
    answers = set()

    def both_have_answered():
        for address in (MASTER, WORKER):
            text = site.inside('curl', '-s', '-m', '2', 'http://%s:30080/' % address, check=False)
            answers.update(word for word in text.split() if word.startswith('node='))
        return answers == {'node=master', 'node=worker'}
    wait_until(both_have_answered, 'pods of both nodes have answered')


def test_nodes_live_on_without_the_runner(site):
    site.runner('stop')
    assert site.ready_nodes() == {'master', 'worker'}
    site.runner('start')
    assert site.state_of('worker') == 'running'


def test_a_killed_node_is_dead_until_nova_reboots_it(site):
    site.runner('kill', 'worker')
    wait_until(lambda: site.state_of('worker') == 'killed', 'the worker is dead')
    wait_until(lambda: site.ready_nodes() == {'master'}, 'Kubernetes has noticed')
    assert site.state_of('worker') == 'killed'
    site.do('server', 'reboot', '--hard', 'worker')
    wait_until(lambda: site.ready_nodes() == {'master', 'worker'}, 'the worker is Ready again')


def test_an_image_without_kubernetes_boots_too(site):
    site.boot('bare', '10.101.0.30', '#cloud-config\nruncmd: [touch /run/ran]\n', image='debian-12-bare')
    wait_until(lambda: site.runner('exec', 'bare', 'ls', '/run/ran', check=False), 'user data has run')
    assert site.runner('exec', 'bare', 'sh', '-c', 'command -v kubeadm', check=False) == ''


def test_a_deleted_server_leaves_nothing_but_its_console(site):
    identifier = site.do('server', 'show', 'bare', '-c', 'id', '-f', 'value').strip()
    site.do('server', 'delete', '--wait', 'bare')
    wait_until(lambda: site.state_of('bare') is None, 'the node is gone')
    traces = subprocess.run('ls -d /run/netns/mexosagent-try.server-{0}* /sys/fs/cgroup/*/mexosagent-try.server-{0}*'
                            .format(identifier.replace('-', '')[:12]), shell=True, check=False, text=True,
                            capture_output=True).stdout
    assert traces == ''
    assert (site.directory / 'openstack/consoles' / (identifier + '.log')).stat().st_size > 0
