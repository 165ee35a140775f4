"""What is wrong with the cloud is said at the start, in /readyz, in status and in /v1/cloud, without any request for it."""
import http.server
import json
import shlex
import threading

from harness import clusters
from harness import recording_proxy as fates
from harness.free_port import free_port
from harness.waiting import wait_until

PASSWORD = 'h u$h'


def write(path, text):
    path.write_text(text)
    return {'MEX_K8SOS_ENV': str(path)}


def settings(url, **more):
    return ''.join('export OS_%s=%s\n' % (name, shlex.quote(value)) for name, value in dict(
        AUTH_URL=url, USERNAME='demo', PASSWORD=PASSWORD, PROJECT_NAME='edge', **more).items())


def state_is(agent, state):
    return lambda: agent.get('/v1/cloud')['state'] == state


class Keystone:
    """Answers every login with one status."""

    def __init__(self, status):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(200, {'version': {'id': 'v3.14'}})

            def do_POST(self):
                self.rfile.read(int(self.headers['Content-Length']))
                self.answer(status, {'error': {'message': 'No.', 'code': status, 'title': 'Unauthorized'}})

            def answer(self, code, body):
                content = json.dumps(body).encode()
                self.send_response(code)
                self.send_header('Content-Length', str(len(content)))
                self.send_header('x-openstack-request-id', 'req-of-keystone')
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = 'http://127.0.0.1:%d' % self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def check_everywhere(agent, state, line, why):
    """The fault is in all places, and the agent serves."""
    wait_until(state_is(agent, state), state)
    cloud = agent.get('/v1/cloud')
    assert why in cloud['reason']['message']
    assert why in agent.post('/v1/status', {})['cloud']
    ready = agent.rest('GET', '/readyz')
    assert ready.status_code == 200, 'the proxy works without a cloud'
    assert 'cloud: %s (see /v1/cloud)' % line in ready.text.splitlines()
    assert any('warn' in entry and why in entry for entry in agent.log().splitlines())
    assert PASSWORD not in json.dumps(cloud) + agent.log() + ready.text
    return cloud


def test_an_environment_file_that_is_not_there(new_agent):
    agent = new_agent(environment={'MEX_K8SOS_ENV': '/nope'}).start()
    cloud = check_everywhere(agent, 'NOT_CONFIGURED', 'not configured', '/nope')
    assert 'settings' not in cloud


def test_a_file_that_asks_for_the_password(new_agent, tmp_path):
    text = settings('http://127.0.0.1:1').replace(
        'export OS_PASSWORD=%s\n' % shlex.quote(PASSWORD), 'read -sr IN\nexport OS_PASSWORD=$IN\n')
    agent = new_agent(environment=write(tmp_path / 'openrc.sh', text)).start()
    check_everywhere(agent, 'NOT_CONFIGURED', 'not configured', 'OS_PASSWORD is asked for at a terminal')


def test_a_dead_keystone(new_agent, tmp_path):
    url = 'http://127.0.0.1:%d' % free_port()
    agent = new_agent(environment=write(tmp_path / 'os.env', settings(url))).start()
    cloud = check_everywhere(agent, 'UNAVAILABLE', 'it does not answer', '127.0.0.1')
    assert cloud['settings']['source'] == str(tmp_path / 'os.env')
    assert 'OS_PASSWORD' in cloud['settings']['names']
    assert cloud['login']['user'] == 'demo' and cloud['login']['auth_url'] == url + '/v3'
    assert cloud['last_error']['at'] and 'last_answer_at' not in cloud


def test_a_wrong_password(new_agent, tmp_path):
    keystone = Keystone(401)
    agent = new_agent(environment=write(tmp_path / 'os.env', settings(keystone.url))).start()
    cloud = check_everywhere(agent, 'REFUSED', 'the login is refused', "user 'demo'")
    assert cloud['reason']['openstack_request_id'] == 'req-of-keystone'
    assert cloud['last_answer_at']
    keystone.close()


def test_a_blocked_create_says_why_in_cluster_and_status(new_agent, tmp_path):
    toml = tmp_path / 'defaults.toml'
    toml.write_text('[defaults]\nimage = "debian-12"\nflavor = "m1.small"\nregion = "RegionOne"\n')
    text = settings('http://127.0.0.1:%d' % free_port(), REGION_NAME='RegionOne')
    environment = write(tmp_path / 'os.env', text)
    agent = new_agent(environment=dict(environment, MEX_K8SOS_CONFIG=str(toml)), flags=['-fqdn', 'agent.example.net']).start()
    operation = clusters.provision(agent)
    wait_until(lambda: agent.get('/v1/operations/' + operation)['state'] == 'BLOCKED', 'the create is blocked')
    attempts = set()

    def has_gone_on():
        shown = agent.get('/v1/operations/' + operation)
        attempts.add(shown['steps'][0]['attempts'])
        cluster = agent.get('/v1/tenants/tenant-1/clusters/test-1')
        status, = agent.post('/v1/status', {})['provisions']
        assert shown['state'] == 'BLOCKED' and '127.0.0.1' in shown['reason']['message']
        assert cluster['state'] == 'CREATING' and '127.0.0.1' in cluster['reason']['message']
        assert '127.0.0.1' in status['reason']
        return len(attempts) > 2
    wait_until(has_gone_on, 'several attempts')
    answer = agent.rest('GET', '/v1/tenants/tenant-1/clusters/test-1/kubeconfig')
    assert answer.status_code == 400
    assert 'none of its masters has a server; ' in answer.json()['message']
    assert '127.0.0.1' in answer.json()['message']


# With the real OpenStack.

def test_a_cloud_that_works_is_shown_with_services_and_quotas(cloud_agent, cloud):
    wait_until(state_is(cloud_agent, 'AVAILABLE'), 'the cloud is there')
    shown = cloud_agent.get('/v1/cloud')
    assert [service['type'] for service in shown['services']] == ['identity', 'compute', 'network', 'image']
    assert all('reason' not in service for service in shown['services'])
    assert shown['services'][0]['version'].startswith('v3.')
    assert float(shown['services'][1]['version']) >= 2.52
    quotas = {quota['name']: quota for quota in shown['quotas']}
    assert int(quotas['instances']['limit']) != 0 and 'ports' in quotas
    assert shown['login']['project'] == cloud.name and shown['login']['user_domain'] == 'Default'
    assert cloud_agent.post('/v1/status', {})['cloud'] == 'OK'
    assert 'cloud: ok' in cloud_agent.rest('GET', '/readyz').text.splitlines()


def test_an_unknown_region_names_those_that_are_there(new_cloud_agent):
    agent = new_cloud_agent(openstack_environment={'OS_REGION_NAME': 'Atlantis'}).start()
    check_everywhere(agent, 'MISCONFIGURED', 'it is not what the settings say',
                     "in region 'Atlantis' (it has: admin in RegionOne, internal in RegionOne, public in RegionOne)")


def test_a_cloud_that_dies_and_comes_back(cloud_agent, recording_proxy):
    wait_until(state_is(cloud_agent, 'AVAILABLE'), 'the cloud is there')
    recording_proxy.always(fates.refuse_connection)
    operation = clusters.provision(cloud_agent)  # its failure makes the agent look at once
    check_everywhere(cloud_agent, 'UNAVAILABLE', 'it does not answer', '127.0.0.1')
    recording_proxy.no_more_faults()
    wait_until(state_is(cloud_agent, 'AVAILABLE'), 'the cloud is back')
    clusters.done(cloud_agent, operation)


def test_the_demo_rc_of_the_local_openstack_works_as_it_is(new_agent, cloud):
    rc = cloud.openstack.state / 'demo.rc'
    agent = new_agent(environment={'MEX_K8SOS_ENV': str(rc)}).start()
    wait_until(state_is(agent, 'AVAILABLE'), 'the cloud is there')
    assert agent.get('/v1/cloud')['settings']['source'] == str(rc)
