"""Machines are started anew, as after a failure of power or an update of the kernel: a worker, then the only master.
Nothing is made anew, and the app answers as before."""
import time

from harness import clusters

from cases.whole import serve, wait_for_answers
from stand import life, nodes
from stand.waterfall import moment

METADATA_RULE = 'iptables -t raw -C PREROUTING -d 169.254.169.254/32 -j DROP'


def run(stand):
    with stand.steps.step('three nodes are Ready'):
        stand.done(stand.provision(clusters.KIND))
    serve(stand)
    before = life.servers(stand)
    for slot in ('worker-2', 'master-1'):
        reboot(stand, slot)
        wait_for_answers(stand)
    assert life.servers(stand) == before
    assert stand.newest_operation('REPAIR') is None
    with stand.steps.step('it is destroyed'):
        stand.done(stand.destroy())
    assert stand.left_over() == []


def reboot(stand, slot):
    node = stand.nodes()[slot]
    kubectl = stand.kubectl()
    booted = boot_of(node['name'])
    stand.cloud.api('POST', 'compute', '/servers/%s/action' % node['server_id'], {'reboot': {'type': 'HARD'}})
    stand.wait(lambda: boot_of(node['name']) not in ('', booted), '%s has booted again' % slot)
    now = time.time()
    stand.wait(lambda: renewed(kubectl, node['name']) > now and node['name'] in ready_nodes(kubectl),
               '%s is Ready again' % slot)
    stand.wait(lambda: stand.condition('Ready')['status'] == 'True', 'the agent says that all is well')
    nodes.run(node['name'], 'sh', '-c', METADATA_RULE)


def boot_of(name):
    """When its first process began, in the kernel's ticks; '' while it has none."""
    status = nodes.run(name, 'cat', '/proc/1/stat', check=False)
    return status.split()[21] if status else ''


def renewed(kubectl, name):
    """When its kubelet last said that it lives; 0 while the API server is not there."""
    lease = kubectl.try_to('get', 'lease', name, '--namespace=kube-node-lease', '-o', 'jsonpath={.spec.renewTime}')
    return moment(lease.stdout) if lease.returncode == 0 and lease.stdout else 0


def ready_nodes(kubectl):
    return kubectl.ready_nodes() if kubectl.try_to('get', '--raw', '/readyz').returncode == 0 else set()
