"""An app behind the name of its service: it is rolled out anew, grows, shrinks and loses a worker, while clients ask
over HTTP/1 and HTTP/2 without a pause."""
import contextlib
import re

from stand import life, nodes
from stand.background import in_background
from stand.client import Client
from stand.stand import CLUSTER, TENANT
from stand.web import web

SERVICE = 'k8s://%s/%s/default/web' % (TENANT, CLUSTER)
ADD = """\
curl  http://agent1.medge.gq:18889/v1/proxy -H "Content-Type: application/json" -d '{ "message": "add", "proxies": [  {"path": "/app", "origin":"%s" } ] }'"""
CLIENTS = 2  # of HTTP/1, each asks twenty times a second
OVER_HTTP2 = """\
curl -s --http2 -Z --parallel-max 10 -o /dev/null -w '%{http_version} %{http_code}\\n' "https://agent1.medge.gq/app?[1-10]" """


class Http2Client:
    """Ten streams at once over one connection, again and again."""

    def __init__(self, agent):
        self._agent = agent
        self.answers = 0
        self.failures = []

    def ask_until(self, over):
        while not over.wait(1):
            for version, status in re.findall(r'^(\S+) (\d+)$', self._agent.curl(OVER_HTTP2).stdout, re.MULTILINE):
                if (version, status) == ('2', '200'):
                    self.answers += 1
                else:
                    self.failures.append('HTTP/%s %s' % (version, status))


@contextlib.contextmanager
def asked(stand, what, in_flight=0):
    """At most `in_flight` requests may fail meanwhile: those that a killed worker had."""
    clients = [Client(stand.agent, '/app') for _ in range(CLIENTS)]
    http2 = Http2Client(stand.agent)
    with contextlib.ExitStack() as all_of_them:
        for client in clients:
            all_of_them.enter_context(client.asking())
        all_of_them.enter_context(in_background(http2.ask_until))
        yield
    failures = [failure for client in clients for failure in client.unexplained()] + http2.failures
    stand.steps.say('           %s: %d requests answered over HTTP/1, %d over HTTP/2, %d failed'
                    % (what, sum(client.answers for client in clients), http2.answers, len(failures)))
    assert http2.answers and all(client.answers for client in clients)
    assert len(failures) <= in_flight, failures[:10]


def origin(stand):
    return stand.agent.get('/v1/proxies/app')['origins'][0]


def app():
    """Pods that serve on for as long as it takes until no one sends them requests any more."""
    manifest = web(replicas=3)
    spec = manifest['items'][0]['spec']
    spec['strategy'] = {'rollingUpdate': {'maxUnavailable': 0, 'maxSurge': 1}}
    spec['template']['spec']['containers'][0]['lifecycle'] = {'preStop': {'exec': {'command': ['/bin/sleep', '5']}}}
    return manifest


def run(stand):
    with stand.steps.step('a route to a service of a cluster that is not there yet'):
        stand.agent.type(ADD % SERVICE)
        stand.wait(lambda: origin(stand)['state'] == 'UNAVAILABLE', 'its state says so')
    with stand.steps.step('a cluster is Ready'):
        stand.done(stand.provision('kubernetes-mini-openstack'))
    kubectl = stand.kubectl()
    kubectl.apply(app())
    stand.wait(lambda: len(life.running_pods(kubectl)) == 3, 'three pods run')
    stand.wait(lambda: origin(stand)['state'] == 'HEALTHY', 'the agent has found the endpoints by itself')
    stand.steps.say('           ' + ', '.join(each['url'] for each in origin(stand)['endpoints']))
    stand.wait(lambda: stand.agent.browse('GET', '/app').status_code == 200, 'the app answers')
    with asked(stand, 'rolled out anew'):
        kubectl('rollout', 'restart', 'deployment', 'web')
        stand.wait(lambda: stand.kubectl().try_to('rollout', 'status', 'deployment', 'web', '--timeout=10s').returncode == 0,
                   'the rollout is over')
    for replicas in (6, 2):
        with asked(stand, '%d replicas' % replicas):
            kubectl('scale', 'deployment', 'web', '--replicas=%d' % replicas)
            stand.wait(lambda count=replicas: len(life.running_pods(kubectl)) == count, '%d pods run' % replicas)
    with asked(stand, 'a worker is killed', in_flight=CLIENTS + 10):
        nodes.kill(stand.nodes()['worker-2']['name'])
        stand.wait(lambda: len(kubectl.ready_nodes()) == 2, 'Kubernetes knows that it is dead')
    if stand.options.keep:
        return
    with stand.steps.step('it is destroyed, and the route says so'):
        stand.done(stand.destroy())
        stand.wait(lambda: origin(stand)['state'] == 'UNAVAILABLE', 'no endpoint is left')
    assert stand.left_over() == []
