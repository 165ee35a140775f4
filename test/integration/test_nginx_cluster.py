"""A password in front of a cluster's API: from /v1/nginx-kcp with the agent's own identity to its masters.

The cloud's hypervisors boot nothing: harness/api_server.py stands for the API servers, with certificates of the
authority that the machines were told. ../e2e has the case `password` with real ones.
"""
import base64
import email
import gzip
import json
import os
import pathlib
import subprocess
import sys

import pytest
import requests
import yaml

from harness import clusters, nginx
from harness.agent_elsewhere import AgentElsewhere
from harness.certificates import Authority
from harness.namespace import ITS_ADDRESS, OUR_ADDRESS, Namespace
from harness.platform_files import write_platform_files
from harness.recording_proxy import RecordingProxy
from harness.waiting import LIMIT, wait_until

FLAVOR = {'name': 'three-masters', 'masters': {'count': 3}, 'kubernetes': {'image_style': 'BAKED'},
          'care': {'api_server_deadline': '3600s'}}
MASTERS = ('master-1', 'master-2', 'master-3')
RESOURCE = '/v1/nginx-kubernetes-proxies/kcp'
WISH = {'external': 8443, 'tenant': 'tenant-1', 'cluster': 'test-1'}
PASSWORD = ('ann', 'a long password')
POD = '/api/v1/namespaces/default/pods/web'

LOOKING = [
    '/version', '/api', '/apis', '/healthz', '/readyz/etcd', '/openapi/v2?timeout=32s', '/api/v1', '/apis/apps/v1',
    '/apis/apps', '/api/v1/nodes', '/api/v1/pods?limit=500&watch=true', '/api/v1/watch/pods', POD, POD + '/log?follow=true',
    POD + '/status', '/api/v1/namespaces', '/api/v1/namespaces/secrets', '/api/v1/namespaces/default/pods/',
    '/apis/apps/v1/namespaces/default/deployments/web/scale',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node', '/apis/metrics.k8s.io/v1beta1/nodes',
]
SECRETS = [
    '/api/v1/secrets', '/api/v1/secrets?watch=1', '/api/v1/watch/secrets', '/api/v1/namespaces/default/secrets',
    '/api/v1/namespaces/default/secrets/', '/api/v1/namespaces/default/secrets/token',
    '/api/v1/watch/namespaces/default/secrets/token', '/api/v1/namespaces/status/secrets',
]
# Into pods and machines, past what a path says, and files and memory of the API server.
REFUSED = [
    POD + '/exec?command=sh', POD + '/attach', POD + '/portforward', POD + '/proxy', POD + '/proxy/x', POD + '/log/x',
    '/api/v1/nodes/n/proxy/logs/', '/api/v1/proxy/nodes/n', '/api/v1/namespaces/default/services/https:web:443/proxy/',
    '/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachineinstances/vm/vnc', '/logs/', '/metrics',
    '/debug/pprof/cmdline', '/', '/nothing',
    '/api/v1/namespaces/default/sec%72ets', '/api/v1/namespaces/default//secrets', '/api/v1/namespaces/default/./secrets',
    '/api/v1/namespaces/default/pods/../secrets', '/api/v1/secrets/..', '/api/v1/secrets/%2e%2e/pods',
    '/api/v1/namespaces/default/pods/web%2Fexec', '//api/v1/nodes', '/api/v1/pods/..;/secrets',
]


@pytest.fixture
def host():
    namespace = Namespace()
    yield namespace
    namespace.close()


class ApiServers:
    """The masters' addresses are the agent's machine's own here."""

    def __init__(self, host, directory, authority):
        self._host, self._directory, self._running = host, directory, {}
        self.authority = authority
        subprocess.run(['ip', '-n', host.name, 'link', 'set', 'lo', 'up'], check=True)

    def start(self, slot, address, authority=None):
        self.stop(slot)
        subprocess.run(['ip', '-n', self._host.name, 'address', 'replace', address + '/32', 'dev', 'lo'], check=True)
        certificate, key = (authority or self.authority).sign(['DNS:api.cluster.internal', 'IP:' + address])
        files = [self._directory / ('%s.%s' % (slot, kind)) for kind in ('pem', 'key')]
        for file, text in zip(files, (certificate, key)):
            file.write_text(text)
        self._running[slot] = subprocess.Popen(
            ['ip', 'netns', 'exec', self._host.name, sys.executable, '-m', 'harness.api_server', address, *files,
             self.authority.certificate], cwd=pathlib.Path(__file__).parent)

    def stop(self, slot):
        if slot in self._running:
            process = self._running.pop(slot)
            process.kill()
            process.wait()

    def close(self):
        for slot in list(self._running):
            self.stop(slot)


def authority_of(cloud, server_id, directory):
    """The cluster's own authority, as its masters are told it."""
    message = email.message_from_bytes(gzip.decompress(base64.b64decode(cloud.user_data(server_id))))
    configs = [yaml.safe_load(part.get_payload(decode=True)) for part in message.walk()
               if part.get_content_type() == 'text/cloud-config']
    files = {file['path']: file['content'] for config in configs for file in config.get('write_files', [])}
    made = Authority(directory)
    made.certificate.write_text(files['/var/lib/mexosagent/pki/ca.crt'])
    made.key.write_text(files['/var/lib/mexosagent/pki/ca.key'])
    return made


@pytest.fixture
def agent(request, host, cloud, tmp_path, certificates):
    proxy = RecordingProxy(OUR_ADDRESS)
    environment = write_platform_files(tmp_path / 'k8sopenstack', cloud.environment())
    made = AgentElsewhere(host, tmp_path / 'agent', certificates, dict(environment, http_proxy=proxy.url),
                          ['-nginx_runtime', 'process'])
    request.node.agents = [made]
    try:
        yield made.start()
    finally:
        made.close()
        nginx.end_all(made)
        proxy.close()


def ask(path, method='GET', auth=PASSWORD, **more):
    """As the bytes are, past what a client makes of a path."""
    with requests.Session() as session:
        session.trust_env = False
        session.auth = auth
        prepared = session.prepare_request(requests.Request(method, 'https://%s:8443/' % ITS_ADDRESS, **more))
        prepared.url = 'https://%s:8443%s' % (ITS_ADDRESS, path)
        return session.send(prepared, verify=False, timeout=LIMIT)


def put(agent, **more):
    return agent.rest('PUT', RESOURCE, dict(WISH, **more))


def put_well(agent, **more):
    answer = put(agent, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.filterwarnings('ignore:Unverified HTTPS')
def test_a_password_in_front_of_a_cluster(agent, host, cloud, tmp_path):
    """One flow, because the cluster takes seconds."""
    assert agent.rest('PUT', '/v1/nginx-users/ann', {'password': PASSWORD[1]}).status_code == 200
    refused = put(agent)
    assert refused.status_code == 400
    assert 'cluster: there is no cluster test-1 of tenant tenant-1' in refused.json()['message']

    assert agent.rest('POST', '/v1/flavors', FLAVOR).status_code == 200
    clusters.provision(agent, clusters.wish(kind='three-masters'))
    nodes = wait_until(lambda: with_servers(agent), lambda: 'the masters are there:\n' + agent.log()[-3000:])
    authority = authority_of(cloud, nodes['master-1']['server_id'], tmp_path / 'authority')
    servers = ApiServers(host, tmp_path, authority)
    try:
        addresses = {slot: nodes[slot]['address'] for slot in MASTERS}
        for slot, address in addresses.items():
            servers.start(slot, address)
        check_the_way(agent, set(addresses.values()))
        check_what_passes(agent)
        check_that_masters_are_judged(servers, addresses, Authority(tmp_path / 'foreign'))
    finally:
        servers.close()
    check_that_nothing_is_left(agent)


def with_servers(agent):
    nodes = {node['slot']: node for node in clusters.cluster(agent).get('nodes', [])}
    return nodes if all(nodes.get(slot, {}).get('server_id') for slot in MASTERS) else None


def check_the_way(agent, addresses):
    added = agent.rest('POST', '/v1/nginx-kcp', {'message': 'add', 'name': 'kcp', 'port': '8443', 'tenant': 'tenant-1',
                                                 'cluster': 'test-1'})
    assert added.text == '{"message":"OK"}', added.text
    shown = agent.get(RESOURCE)
    assert (shown['state'], shown['access'], shown['cluster']) == ('RUNNING', 'READ', 'test-1')
    seen = set()
    wait_until(lambda: ask('/version').status_code == 200, 'a master answers')
    wait_until(lambda: seen.add(answered('/api/v1/nodes')['master']) or seen == addresses, lambda: 'all masters: %s' % seen)
    asked = answered('/api/v1/nodes?limit=5')
    assert asked['user'] == 'mexosagent'
    assert asked['path'] == '/api/v1/nodes?limit=5'
    assert asked['headers']['host'] == 'api.cluster.internal'
    assert 'authorization' not in asked['headers'], 'the password does not go on'
    asked = ask('/api/v1/nodes', headers={'Impersonate-User': 'bob', 'Upgrade': 'SPDY/3.1', 'Connection': 'Upgrade'}).json()
    assert not {'impersonate-user', 'upgrade'} & set(asked['headers'])
    assert ask('/api/v1/nodes', auth=None).status_code == 401
    assert ask('/api/v1/nodes', auth=('ann', 'another password')).status_code == 401
    keys = list((agent.state_dir / 'nginx' / 'kcp-nginx-kcproxy').glob('api-key-*.pem'))
    assert [oct(key.stat().st_mode & 0o777) for key in keys] == ['0o600']
    agent.restart()
    assert answered('/version')['path'] == '/version'


def answered(path):
    answer = ask(path)
    assert answer.status_code == 200, '%s: %d %s' % (path, answer.status_code, answer.text)
    return answer.json()


def check_what_passes(agent):
    def verdicts(paths, method='GET'):
        return {path: ask(path, method).status_code for path in paths}
    assert verdicts(LOOKING) == dict.fromkeys(LOOKING, 200)
    assert ask(POD, 'HEAD').status_code == 200
    assert verdicts(SECRETS + REFUSED) == dict.fromkeys(SECRETS + REFUSED, 403)
    for method in ('POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECTED'):
        assert ask(POD, method).status_code == 403, method
    told = ask('/api/v1/secrets')
    assert told.headers['Content-Type'] == 'application/json'
    assert (told.json()['kind'], told.json()['reason'], told.json()['code']) == ('Status', 'Forbidden', 403)

    put_well(agent, access='READ_SECRETS')
    assert verdicts(SECRETS) == dict.fromkeys(SECRETS, 200)
    assert verdicts(REFUSED) == dict.fromkeys(REFUSED, 403)

    assert put_well(agent, access='EVERYTHING')['access'] == 'EVERYTHING'
    asked = ask(POD + '/exec?command=sh', 'POST', data=json.dumps({}), headers={'Upgrade': 'SPDY/3.1'}).json()
    assert (asked['method'], asked['path'], asked['body']) == ('POST', POD + '/exec?command=sh', '{}')
    assert asked['headers']['upgrade'] == 'SPDY/3.1'
    assert 'authorization' not in asked['headers']
    assert put_well(agent)['access'] == 'READ'
    assert ask(POD, 'DELETE').status_code == 403


def check_that_masters_are_judged(servers, addresses, foreign):
    """One that is dead, and one whose certificate another authority signed."""
    servers.stop('master-1')
    servers.start('master-2', addresses['master-2'], foreign)
    seen = {answered('/api/v1/nodes')['master'] for _ in range(12)}
    assert seen == {addresses['master-3']}
    servers.start('master-3', addresses['master-3'], foreign)
    assert ask('/api/v1/nodes').status_code == 502
    servers.start('master-1', addresses['master-1'])
    wait_until(lambda: ask('/api/v1/nodes').status_code == 200, 'one that is back is asked again')


def check_that_nothing_is_left(agent):
    operation = clusters.destroy(agent)
    shown = wait_until(lambda: (lambda one: one if one['state'] == 'FAILED' else None)(agent.get(RESOURCE)),
                       'its cluster is gone')
    assert 'the cluster test-1 of tenant tenant-1 is being destroyed' == shown['reason']
    assert os.listdir(agent.state_dir / 'nginx') == []
    with pytest.raises(requests.ConnectionError):
        ask('/version')
    clusters.done(agent, operation)
    wait_until(lambda: 'there is no cluster' in agent.get(RESOURCE)['reason'], 'it says so')
    assert 'mex_nginx_up{instance="kcp-nginx-kcproxy"} 0' in agent.rest('GET', '/metrics').text
    assert agent.rest('DELETE', RESOURCE).status_code == 200
    assert agent.rest('GET', RESOURCE).status_code == 404
