"""What happens to a cluster that lives: it grows, it shrinks, a worker dies."""
from harness.waiting import wait_until

from . import nodes
from .client import Client
from .stand import LONG
from .web import DISRUPTION_BUDGET

KILLS_OF_A_REPAIR = 3


def servers(stand):
    """Slot -> the server's id in Nova."""
    return {slot: node['server_id'] for slot, node in stand.nodes().items()}


def grow_pool(stand, workers):
    before = servers(stand)
    with stand.steps.step('the operation says that there are %d workers' % workers):
        stand.done(stand.scale(workers))
    after = servers(stand)
    assert len(after) == 1 + workers and {slot: after[slot] for slot in before} == before, (before, after)
    assert stand.kubectl().ready_nodes() == {node['name'] for node in stand.nodes().values()}


def grow(stand, workers):
    grow_pool(stand, workers)
    kubectl = stand.kubectl()
    kubectl('scale', 'deployment', 'web', '--replicas=%d' % workers)
    stand.wait(lambda: len({pod['spec']['nodeName'] for pod in running_pods(kubectl)}) == workers,
               'a pod runs on each of %d workers' % workers)


def running_pods(kubectl):
    return kubectl.get('pods', '-l', 'app=web', '--field-selector=status.phase=Running')


def shrink(stand, workers):
    """With a disruption budget, and a client that must not notice anything but that the agent is dead."""
    before = servers(stand)
    kubectl = stand.kubectl()
    kubectl.apply(DISRUPTION_BUDGET)
    client = Client(stand.agent, '/test2')
    with stand.steps.step('the operation says that there are %d workers' % workers), client.asking():
        stand.done(stand.scale(workers))
    unexplained = client.unexplained()
    stand.steps.say('           meanwhile %d requests answered, %d not because the agent was dead, %d not otherwise'
                    % (client.answers, len(client.failures) - len(unexplained), len(unexplained)))
    assert not unexplained, unexplained[:10]
    after = servers(stand)
    assert len(after) == 1 + workers and after == {slot: before[slot] for slot in after}, (before, after)
    names = {node['name'] for node in stand.nodes().values()}
    assert {node['metadata']['name'] for node in kubectl.get('nodes')} == names
    assert {server['name'] for server in stand.cloud.list('server')} == names


def lose_a_worker(stand, victim='worker-2'):
    """Nobody asks for anything: the agent sees it, and makes another one. With chaos it is killed while the deadline
    runs, which must not begin anew, and again while the repair runs."""
    before = stand.nodes()
    nodes.kill(before[victim]['name'])
    with stand.chaos.during(kills=stand.chaos.kills_left - KILLS_OF_A_REPAIR, seconds=90):
        repair = stand.wait(lambda: stand.newest_operation('REPAIR'),
                            '%s is dead, and the agent has begun to repair' % victim)
    with stand.chaos.the_rest(seconds=20), stand.steps.step('the operation says that it is repaired'):
        stand.done(repair['id'])
    after = stand.nodes()
    for slot, node in before.items():
        assert (after[slot]['server_id'] == node['server_id']) == (slot != victim), slot
    kubectl = stand.kubectl()
    wait_until(lambda: kubectl.ready_nodes() == {node['name'] for node in after.values()}, 'all are Ready', LONG)
