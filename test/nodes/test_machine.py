"""One node without a cloud: it boots, takes its user data, and ends as it is told. Runs where Kubernetes
has been built (kubernetes/build)."""
import json
import os
import pathlib
import subprocess
import time

import pytest

from node_runner import cgroups, process
from node_runner.machine import Machine, halt_everything
from node_runner.site import NAMESPACES, Site

HERE = pathlib.Path(__file__).resolve().parent
IS_BUILT = os.geteuid() == 0 and subprocess.run([HERE / 'kubernetes/build', '--check'], check=False).returncode == 0
pytestmark = pytest.mark.skipif(not IS_BUILT, reason='Kubernetes has not been built, see README.md')

# Seconds; ends what hangs, on the slowest and busiest machine, too.
LIMIT = 1200
ID = '5b1f2c6e-0001-4000-8000-000000000001'
# In a site's own directory of the cache: hard links to the images' layers reach no further than a disk.
DIRECTORY = Site().images.parent / ('mextest-%d' % os.getpid())


class Node:

    def __init__(self):
        os.environ.update(MEX_SITE=DIRECTORY.name, MEX_SITE_DIR=str(DIRECTORY))
        self.site = Site()
        self.site.make_directories()
        self.machine = Machine(self.site, ID)

    def make_disk(self, image, user_data):
        meta_data = {'uuid': ID, 'name': 'edge-1', 'hostname': 'edge-1.novalocal'}
        self.machine.make_disk(image, {
            'openstack/latest/meta_data.json': json.dumps(meta_data).encode(),
            'openstack/latest/network_data.json': b'{"links": [], "networks": [], "services": []}',
            'openstack/latest/user_data': user_data.encode()}, ['192.0.2.53'])

    def boot(self):
        self.keeper = self.machine.boot(lambda namespace: [])

    def run(self, *words):
        if self.machine.first_process() is None:
            return ''
        return subprocess.run(self.machine.command(*words), check=False, text=True, capture_output=True).stdout

    def wait_for_ending(self):
        self.keeper.wait(LIMIT)
        return self.machine.ending()

    def wait_until_cloud_init_is_done(self):
        end = time.monotonic() + LIMIT
        while 'status: done' not in self.run('cloud-init', 'status'):
            assert time.monotonic() < end, self.machine.console.read_text()
            time.sleep(0.2)


@pytest.fixture
def node(monkeypatch):
    monkeypatch.setenv('MEX_SITE', '')
    monkeypatch.setenv('MEX_SITE_DIR', '')
    its = Node()
    yield its
    halt_everything(its.site)
    its.machine.remove()
    subprocess.run(['rm', '-rf', DIRECTORY], check=True)


def test_a_node_boots_runs_its_user_data_and_reboots_by_itself(node):
    node.make_disk('bare', '#cloud-config\nruncmd: [echo told >/var/told, modprobe br_netfilter]\n')
    node.boot()
    node.wait_until_cloud_init_is_done()
    assert node.run('cat', '/var/told') == 'told\n'
    assert node.run('hostname', '--fqdn') == 'edge-1.novalocal\n'
    assert node.run('cat', '/etc/resolv.conf') == 'nameserver 192.0.2.53\n'
    assert json.loads(node.run('cat', '/run/cloud-init/result.json'))['v1']['errors'] == []
    assert node.run('systemctl', '--failed', '--plain', '--no-legend') == ''
    assert 'Reached target' in node.machine.console.read_text()
    node.run('systemctl', 'reboot')
    assert node.wait_for_ending() == 'reboot'
    node.boot()
    node.wait_until_cloud_init_is_done()
    assert node.run('cat', '/var/told') == 'told\n'
    node.run('systemctl', 'poweroff')
    assert node.wait_for_ending() == 'poweroff'


def test_the_hosts_settings_and_its_groups_are_out_of_reach(node):
    host = pathlib.Path('/proc/sys/kernel/panic').read_text()
    node.make_disk('bare', '#cloud-config\n')
    node.boot()
    node.wait_until_cloud_init_is_done()
    node.run('sh', '-c', 'echo 77 >/proc/sys/kernel/panic; echo 77 >/proc/sys/vm/swappiness')
    assert pathlib.Path('/proc/sys/kernel/panic').read_text() == host
    assert pathlib.Path('/proc/sys/vm/swappiness').read_text() != '77\n'
    assert node.run('cat', '/proc/1/cgroup') != '' and '..' not in node.run('cat', '/proc/1/cgroup')


def test_the_images_that_kubeadm_wants_are_there(node):
    node.make_disk('kubernetes', '#cloud-config\n')
    node.boot()
    node.wait_until_cloud_init_is_done()
    wanted = set(node.run('kubeadm', 'config', 'images', 'list', '--kubernetes-version', 'v1.20.2').split())
    present = set(node.run('ctr', '-n', 'k8s.io', 'images', 'list', '-q').split())
    assert {name for name in wanted - present if 'coredns' not in name} == set()
    assert len(wanted) == 7


def test_a_crash_leaves_nothing_but_the_disk_and_the_console(node):
    node.make_disk('bare', '#cloud-config\n')
    node.boot()
    node.wait_until_cloud_init_is_done()
    first = node.machine.first_process()
    # Its keeper dies before it, so nobody but the control group knows the node's processes.
    process.kill(node.machine.directory / 'keeper')
    node.keeper.wait()
    node.machine.halt()
    assert process.start_time(first) is None
    assert cgroups.names(node.site.name + '.') == set()
    assert not (NAMESPACES / node.machine.namespace).exists()
    assert (node.machine.directory / 'upper').is_dir() and node.machine.console.stat().st_size > 0


def test_who_kills_a_node_is_told_so(node):
    node.make_disk('bare', '#cloud-config\n')
    node.boot()
    while node.machine.first_process() is None:
        time.sleep(0.01)
    node.machine.crash()
    assert node.machine.ending() == 'killed'
