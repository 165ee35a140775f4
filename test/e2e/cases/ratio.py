"""From the last server ACTIVE to all nodes Ready: the agent's cluster against one that is made by hand on the
same nodes, in turns. By hand means user data with kubeadm init and kubeadm join in it, everything else known
beforehand and local, no agent (../nodes/hand_made_cluster.py)."""
import datetime
import statistics
import time

from harness import clusters
from harness.waiting import wait_until

from stand import waterfall
from stand.by_hand import ByHand
from stand.stand import LONG

ROUNDS = 3
GOAL = 1.15


def run(stand):
    ratios = []
    for number in range(ROUNDS):
        agents = with_the_agent(stand)
        by_hand = by_hand_in(stand)
        ratios.append(agents / by_hand)
        stand.steps.say('round %d  agent %.1f s, by hand %.1f s, ratio %.2f' % (number + 1, agents, by_hand, ratios[-1]))
    median = statistics.median(ratios)
    stand.steps.say('median ratio %.2f, goal %.2f' % (median, GOAL))
    assert median <= GOAL


def last_launch(stand):
    """When Nova says that the last of the project's servers became ACTIVE; it counts whole seconds."""
    return max(datetime.datetime.fromisoformat(server['OS-SRV-USG:launched_at'] + '+00:00').timestamp()
               for server in stand.cloud.list('server'))


def with_the_agent(stand):
    with stand.steps.step('a cluster by the agent'):
        operation = stand.done(stand.provision(clusters.KIND))
    took = waterfall.moment(operation['ended_at']) - last_launch(stand)
    stand.steps.say(waterfall.text(operation))
    stand.done(stand.destroy())
    return took


def by_hand_in(stand):
    with ByHand(stand) as cluster:
        with stand.steps.step('a cluster by hand'):
            cluster.make()
            wait_until(lambda: len(cluster.ready_nodes()) == 3, 'three nodes are Ready', LONG, every=0.3)
            ready = time.time()
        return ready - last_launch(stand)
