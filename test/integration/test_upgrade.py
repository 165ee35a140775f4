"""What an earlier version of the agent left behind is opened and goes on: states/README.md."""
import json
import pathlib
import shutil

import pytest

from harness import nginx
from harness.own_network import ADDRESS, OwnNetwork
from harness.upgrade import QUESTIONS, as_known_then, lasting
from harness.waiting import wait_until

STATES = sorted(path for path in (pathlib.Path(__file__).parent / 'states').iterdir() if path.is_dir())


@pytest.fixture(scope='module', autouse=True)
def own_network():
    """The nginx instances of the recorded state find their ports free, and its routes touch nobody's."""
    with OwnNetwork():
        yield


@pytest.fixture(params=STATES, ids=lambda path: path.name)
def state(request):
    return request.param


@pytest.fixture
def agent(new_agent, state):
    """An agent of today, not started yet, with the state directory of another day."""
    made = new_agent(flags=['-nginx_runtime', 'process', '-fqdn', 'agent.example.net'])
    made.state_dir.mkdir(mode=0o700)
    for name in ('state.db', 'sealing.key', 'api.token'):
        shutil.copyfile(state / name, made.state_dir / name)
        (made.state_dir / name).chmod(0o600)
    yield made
    made.close()
    nginx.end_all(made)


def test_everything_is_answered_as_the_version_that_wrote_it_did(agent, state):
    recorded = json.loads((state / 'answers.json').read_text())
    agent.start()
    nginx_is_back(agent)
    for _ in range(2):
        for question in QUESTIONS:
            if question != '/v1/events':
                answer = as_known_then(agent.get(question), recorded[question])
                assert lasting(answer) == lasting(recorded[question]), question
        missing = [event for event in lasting(recorded['/v1/events'])['events']
                   if event not in lasting(agent.get('/v1/events'))['events']]
        assert missing == []
        # What this version has written is read by it just as well.
        agent.restart()
        nginx_is_back(agent)


def test_sealed_keys_open(agent):
    agent.start()
    kubeconfig = agent.rest('GET', '/v1/tenants/tenant-2/clusters/half/kubeconfig')
    assert kubeconfig.status_code == 200, kubeconfig.text
    assert 'client-key-data' in kubeconfig.text
    assert 'half.tenant-2.agent.example.net' in kubeconfig.text


def test_routes_of_the_host_are_put_back(agent):
    agent.start()
    wait_until(lambda: '10.102.0.0/16' in agent.post('/v1/route', {'message': 'list'})['status'], 'the route is there')


def nginx_is_back(agent):
    def answers():
        try:
            return nginx.fetch(agent, ADDRESS, 8888, '/other')[0] == 'HTTP/1.1 404 Not Found'
        except OSError:
            return False
    wait_until(answers, 'the instance answers')
