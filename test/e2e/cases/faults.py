"""What goes wrong on the way to nodes that are Ready ends in a reason that tells the operator what to do."""
import threading

from harness import clusters
from harness.waiting import wait_until

from stand import nodes
from stand.stand import LONG

ONE_WORKER = [{'name': 'worker', 'count': 1}]
BROKEN_MANIFEST = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: [broken\n'


def run(stand):
    for each in (a_manifest_that_is_none, a_server_in_error, an_image_without_kubernetes, an_api_server_that_never_comes,
                 a_worker_that_never_joins):
        with stand.steps.step(each.__name__.replace('_', ' ')):
            each(stand)
            stand.done(stand.destroy())
            assert stand.cloud.inventory() == {}
            assert stand.agent.rest('DELETE', '/v1/flavors/faulty').status_code == 200


def reason_of_failure(stand, flavor):
    """Makes a cluster of the flavor, which must fail; why it did, as every view tells it."""
    stand.make_flavor(dict(flavor, name='faulty'))
    operation = clusters.ended(stand.agent, stand.provision('faulty'), seconds=LONG)
    assert operation['state'] == 'FAILED', operation['state']
    reason = operation['reason']
    cluster = stand.cluster()
    assert cluster['state'] == 'FAILED' and cluster['reason'] == reason
    stand.steps.say('           %s: %s\n           -> %s' % (reason['code'], reason['message'], reason.get('next')))
    return reason


def a_manifest_that_is_none(stand):
    manifest = stand.directory / 'broken.yaml'
    manifest.write_text(BROKEN_MANIFEST)
    reason = reason_of_failure(stand, {'kubernetes': {'cni': str(manifest)}})
    assert str(manifest) in reason['message'] and 'line ' in reason['message'], reason
    assert stand.cloud.inventory() == {}, 'nothing is made before it is known what can be'


def a_server_in_error(stand):
    with stand.cloud.fault('spawn_fail'):
        reason = reason_of_failure(stand, {'worker_pools': ONE_WORKER})
    assert reason['code'] == 'ServerError', reason


def an_image_without_kubernetes(stand):
    reason = reason_of_failure(stand, {'masters': {'count': 1, 'image': 'debian-12-bare'}})
    assert reason['code'] == 'NodeGaveUp' and 'kubeadm' in reason['message'], reason
    assert 'kubeadm' in reason['console'], 'the end of what the machine says'


def an_api_server_that_never_comes(stand):
    reason = reason_of_failure(stand, {
        'kubernetes': {'api_server_arguments': {'no-such-argument': 'true'}},
        'care': {'api_server_deadline': '90s'}})
    assert reason['code'] in ('ApiServerNotReady', 'NodeGaveUp') and reason['console'], reason


def a_worker_that_never_joins(stand):
    """Its cable is pulled as soon as it is there."""
    def cut():
        name = wait_until(lambda: next((each for each in nodes.running() if each.endswith('-worker-1')), None),
                          'the runner has the worker', LONG, every=0.1)
        nodes.cut(name)
    cutter = threading.Thread(target=cut)
    cutter.start()
    reason = reason_of_failure(stand, {'worker_pools': ONE_WORKER, 'care': {'nodes_ready_deadline': '60s'}})
    cutter.join()
    assert reason['code'] in ('NodeNotJoined', 'NodeGaveUp') and 'worker-1' in reason['message'], reason
    assert reason['console']
