"""Three masters: Ready, and one of them may die."""
import time

from stand import nodes

FLAVOR = {'name': 'three-masters', 'masters': {'count': 3}, 'worker_pools': [{'name': 'worker', 'count': 1}],
          # More at once take longer on a laptop; how long is not what is asked here.
          'care': {'api_server_deadline': '1800s', 'nodes_ready_deadline': '1800s'}}
# Long enough for a proxy that goes on trying the dead one to be caught at it.
REQUESTS = 30


def run(stand):
    stand.make_flavor(FLAVOR)
    with stand.steps.step('the operation says that four nodes are Ready'):
        stand.done(stand.provision(FLAVOR['name']))
    kubectl = stand.kubectl()
    stand.steps.say(kubectl('get', 'nodes', '-o', 'wide').rstrip())
    assert len(kubectl.ready_nodes()) == 4
    for victim in ('master-2', 'master-1'):
        one_dies(stand, kubectl, victim)
        if victim == 'master-2':
            comes_back(stand, kubectl, victim)
    with stand.steps.step('it is destroyed, with a dead master in it'):
        stand.done(stand.destroy())
    assert stand.left_over() == []


def one_dies(stand, kubectl, victim):
    name = stand.nodes()[victim]['name']
    nodes.kill(name)
    stand.wait(lambda: kubectl.try_to('get', '--raw', '/readyz').returncode == 0,
               '%s is dead, and the API answers through the agent' % victim)
    with stand.steps.step('%d requests of kubectl, every one answered' % REQUESTS):
        slowest = max(took(lambda: kubectl('get', 'nodes')) for _ in range(REQUESTS))
    stand.steps.say('           the slowest took %.1f s' % slowest)
    stand.wait(lambda: name not in kubectl.ready_nodes(), 'Kubernetes says that %s is not Ready' % victim)
    stand.wait(lambda: stand.condition('Ready')['status'] != 'True', 'the agent says so, too')
    reason = stand.condition('Ready')['reason']
    assert name in reason['message'] or victim in reason['message'], reason


def comes_back(stand, kubectl, victim):
    server = stand.nodes()[victim]
    stand.cloud.api('POST', 'compute', '/servers/%s/action' % server['server_id'], {'reboot': {'type': 'HARD'}})
    stand.wait(lambda: len(kubectl.ready_nodes()) == 4, '%s was rebooted and is Ready again' % victim)
    stand.wait(lambda: stand.condition('Ready')['status'] == 'True', 'the agent says that all is well')


def took(work):
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
