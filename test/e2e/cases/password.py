"""kubectl with a password instead of a key: nginx in front of three masters, with the agent's own identity."""
import os

import yaml

from harness import nginx
from stand import nodes
from stand.edge_agent import FQDN
from stand.kubectl import Kubectl
from stand.stand import CLUSTER, TENANT
from stand.web import web

from cases.three_masters import FLAVOR, REQUESTS

PORT = 8443
RESOURCE = '/v1/nginx-kubernetes-proxies/kcp'
SECRET = {'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'hidden'}, 'stringData': {'word': 'open sesame'}}


def run(stand):
    stand.make_flavor(FLAVOR)
    with stand.steps.step('the operation says that four nodes are Ready'):
        stand.done(stand.provision(FLAVOR['name']))
    administrator = stand.kubectl()
    administrator.apply(web(replicas=1))
    administrator.apply(SECRET)
    administrator('rollout', 'status', 'deployment/web', '--timeout=120s')
    assert stand.agent.rest('PUT', '/v1/nginx-users/ann', {'password': 'a long password'}).status_code == 200
    try:
        look_on(stand)
        do_everything(stand)
        a_master_dies(stand)
        the_cluster_goes(stand)
    finally:
        stand.agent.rest('DELETE', RESOURCE)
        nginx.end_all(stand.agent)


def put(stand, **more):
    answer = stand.agent.rest('PUT', RESOURCE, {'external': PORT, 'tenant': TENANT, 'cluster': CLUSTER, **more})
    assert answer.status_code == 200, answer.text


def with_password(stand, password='a long password'):
    config = {'apiVersion': 'v1', 'kind': 'Config', 'current-context': 'c',
              'clusters': [{'name': 'c', 'cluster': {'server': 'https://%s:%d' % (FQDN, PORT),
                                                     'certificate-authority': str(stand.agent.certificates.authority)}}],
              'users': [{'name': 'ann', 'user': {'username': 'ann', 'password': password}}],
              'contexts': [{'name': 'c', 'context': {'cluster': 'c', 'user': 'ann'}}]}
    return Kubectl(os.environ['MEX_KUBECTL'], stand.directory / 'kubectl' / 'password', yaml.safe_dump(config), [FQDN])


def refused(kubectl, *words, saying='this way to the cluster is for looking only', **more):
    done = kubectl.try_to(*words, **more)
    assert done.returncode != 0 and saying in done.stderr, '%s: %s %s' % (words, done.stdout, done.stderr)


def look_on(stand):
    put(stand)
    kubectl = with_password(stand)
    with stand.steps.step('kubectl looks at nodes, pods, logs and a watch by password'):
        assert len(kubectl.ready_nodes()) == 4
        pod = kubectl.get('pods')[0]['metadata']['name']
        kubectl('logs', pod)
        kubectl('describe', 'pod', pod)
        kubectl('api-resources')
        assert 'web' in kubectl('get', 'deployments', '--watch', '--watch-only=false', '--request-timeout=2s', '-o', 'name')
        kubectl('get', '--raw', '/readyz')
    with stand.steps.step('secrets, shells, ways through and changes are refused'):
        refused(kubectl, 'get', 'secrets')
        refused(kubectl, 'get', 'secret', 'hidden', '-o', 'yaml')
        refused(kubectl, 'get', '--raw', '/api/v1/namespaces/default/sec%72ets')
        refused(kubectl, 'exec', pod, '--', '/nothing')
        refused(kubectl, 'port-forward', pod, '18080:8080')
        refused(kubectl, 'get', '--raw', '/api/v1/namespaces/default/pods/%s/proxy/' % pod)
        refused(kubectl, 'get', '--raw', '/logs/')
        refused(kubectl, 'delete', 'pod', pod)
        refused(kubectl, 'scale', 'deployment/web', '--replicas=2')
        assert with_password(stand, 'another password').try_to('get', 'nodes').returncode != 0
    put(stand, access='READ_SECRETS')
    kubectl = with_password(stand)
    assert kubectl('get', 'secret', 'hidden', '-o', 'jsonpath={.data.word}')
    refused(kubectl, 'delete', 'pod', pod)


def do_everything(stand):
    put(stand, access='EVERYTHING')
    kubectl = with_password(stand)
    with stand.steps.step('with access EVERYTHING, changes are made and a shell is asked for in a pod'):
        kubectl('label', 'node', sorted(kubectl.ready_nodes())[0], 'edge=yes')
        pod = kubectl.get('pods')[0]['metadata']['name']
        # The image has no shell: it is the node that says so.
        refused(kubectl, 'exec', pod, '--', '/nothing', saying='/nothing')
    put(stand)
    refused(with_password(stand), 'label', 'node', '--all', 'edge-')


def a_master_dies(stand):
    kubectl = with_password(stand)
    nodes.kill(stand.nodes()['master-1']['name'])
    stand.wait(lambda: kubectl.try_to('get', '--raw', '/readyz').returncode == 0, 'master-1 is dead, and the API answers')
    with stand.steps.step('%d requests of kubectl, every one answered' % REQUESTS):
        for _ in range(REQUESTS):
            kubectl('get', 'nodes')


def the_cluster_goes(stand):
    with stand.steps.step('it is destroyed'):
        stand.done(stand.destroy())
    stand.wait(lambda: 'there is no cluster' in stand.agent.get(RESOURCE)['reason'], 'the instance says that it is gone')
    assert stand.agent.get(RESOURCE)['state'] == 'FAILED'
    assert not list((stand.agent.state_dir / 'nginx').iterdir()), 'its key is gone'
    assert stand.left_over() == []
