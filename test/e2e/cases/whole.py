"""A cluster's life, as the documents tell it: from the curl that makes it to the one that destroys it."""
import re
import subprocess

from harness import clusters

from cases import repair
from stand import life, waterfall
from stand.stand import CLUSTER, TENANT
from stand.web import NODE_PORT, web

SEED_PROXY = """\
curl  http://agent1.medge.gq:18889/v1/proxy -H "Content-Type: application/json" -d '{ "message": "add", "proxies": [  {"path": "/test2", "origin":"http://%s:%d" } ] }'"""
SEED_BROWSE = 'curl https://agent1.medge.gq/test2'
# Many at once: one after the other, they would all take the connection that the agent keeps to a pod.
BURST = 'curl -s -Z --parallel-immediate --parallel-max 64 "https://agent1.medge.gq/test2?[1-64]" 2>/dev/null'


def run(stand):
    chaos = stand.chaos
    with chaos.during(kills=7, seconds=90):
        create(stand)
    with chaos.during(kills=2, seconds=15):
        serve(stand)
    with chaos.during(kills=4, seconds=60):
        life.grow(stand, workers=4)
    with chaos.during(kills=3, seconds=40):
        life.shrink(stand, workers=2)
    destroy(stand)
    repair.run(stand)


def create(stand):
    with stand.steps.step('the curl line for provisioning is answered'):
        operation = stand.agent.order(clusters.SEED_PROVISION)
    with stand.steps.step('the operation says that three nodes are Ready'):
        ended = stand.done(operation)
    with stand.steps.step('kubectl get nodes, through the agent'):
        kubectl = stand.kubectl()
        stand.steps.say(kubectl('get', 'nodes', '-o', 'wide').rstrip())
    assert kubectl.ready_nodes() == {node['name'] for node in stand.nodes().values()}
    assert len(kubectl.ready_nodes()) == 3
    stand.steps.say(waterfall.text(ended))


def serve(stand):
    kubectl = stand.kubectl()
    kubectl.apply(web(replicas=2))
    workers = {node['name'] for node in stand.nodes().values() if node['role'] == 'worker'}

    def both_run():
        pods = kubectl.get('pods', '-l', 'app=web', '--field-selector=status.phase=Running')
        return {pod['spec']['nodeName'] for pod in pods} == workers
    stand.wait(both_run, 'a pod of the Deployment runs on each worker')
    with stand.steps.step('the curl line for the proxy is answered'):
        body, _ = stand.agent.type(SEED_PROXY % (stand.nodes()['worker-1']['address'], NODE_PORT))
        assert '"status":"OK"' in body.replace(' ', ''), body
    # kube-proxy may take a moment to open the port.
    answer = stand.wait(lambda: re.search('^node=.*', stand.agent.curl(SEED_BROWSE).stdout), SEED_BROWSE)
    stand.steps.say('           ' + answer.group())
    wait_for_answers(stand)


def wait_for_answers(stand):
    workers = {node['name'] for node in stand.nodes().values() if node['role'] == 'worker'}
    seen = set()

    def both_have_answered():
        seen.update(answering_nodes(stand))
        return seen == workers
    stand.wait(both_have_answered, 'pods on both workers have answered')


def answering_nodes(stand):
    """The nodes of the pods that answer just now."""
    return set(re.findall(r'^node=(\S+) pod=', stand.agent.curl(BURST).stdout, re.MULTILINE))


def destroy(stand):
    with stand.steps.step('the curl line for destroying is answered'):
        operation = stand.agent.order(clusters.SEED_DESTROY)
    with stand.steps.step('the operation says that nothing is left'):
        ended = stand.done(operation)
    assert not ended['audit'].get('refused'), ended['audit']
    with stand.steps.step('openstack finds nothing, and the host has no route any more'):
        assert stand.left_over() == []
        routes = subprocess.run(['ip', 'route', 'show', 'proto', '109'], check=True, text=True, stdout=subprocess.PIPE)
        assert routes.stdout == '', routes.stdout
    assert clusters.status_of(stand.agent, CLUSTER, TENANT) is None
