"""SIGHUP: what lies in files is read again, and nothing ends."""
import hashlib
import signal
import threading

import pytest

from harness.certificates import Authority, Certificates
from harness.origin import Origin
from harness.platform_files import write_platform_files
from harness.tls_client import der, served_certificate
from harness.waiting import LIMIT, wait_until

REREAD = 'SIGHUP: tokens and certificates are read again'
TOKEN = 'a-token-of-a-program-that-calls'


def reload(agent, times=1):
    before = agent.log().count(REREAD)
    agent.process.send_signal(signal.SIGHUP)
    wait_until(lambda: agent.log().count(REREAD) >= before + times, lambda: 'it has read again; log:\n' + agent.log(), every=0.02)


def status_with(agent, token):
    return agent.rest('GET', '/v1/proxies', headers={'Authorization': 'Bearer ' + token}).status_code


def write_tokens(agent, *lines):
    path = agent.state_dir / 'api.tokens'
    path.touch(mode=0o600)
    path.write_text('\n'.join(lines) + '\n')


def digest(token):
    return 'sha256:' + hashlib.sha256(token.encode()).hexdigest()


def test_it_never_ends_the_process(agent):
    origin = Origin()
    agent.add_route('/p', origin.url)
    for _ in range(3):
        reload(agent)
    for _ in range(200):
        agent.process.send_signal(signal.SIGHUP)
    assert agent.browse('GET', '/p/x').status_code == 200
    assert agent.is_running()
    assert agent.terminate() == 0
    assert agent.log().rstrip().endswith('ended')
    origin.close()


def test_while_it_starts_it_waits(new_agent):
    agent = new_agent().launch()
    # From the moment that it has taken over its signals.
    wait_until(lambda: 'mexosagent starts' in agent.log(), 'it begins', every=0.001)
    agent.process.send_signal(signal.SIGHUP)
    wait_until(lambda: REREAD in agent.log(), lambda: 'it has read again; log:\n' + agent.log(), every=0.02)
    assert agent.is_running()


def test_while_it_drains_it_lets_requests_finish(agent):
    origin = Origin()
    agent.add_route('/p', origin.url)
    answers = []
    browsing = threading.Thread(target=lambda: answers.append(agent.browse('GET', '/p/slow?seconds=2')))
    browsing.start()
    wait_until(lambda: origin.requests, 'the request is at the origin')
    agent.process.send_signal(signal.SIGTERM)
    wait_until(lambda: 'ending' in agent.log(), 'it drains', every=0.02)
    agent.process.send_signal(signal.SIGHUP)
    assert agent.process.wait(LIMIT) == 0
    browsing.join()
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, 'slow')]
    origin.close()


def test_a_certificate_is_served_from_then_on(new_agent, tmp_path):
    authority, directory = Authority(tmp_path / 'authority'), tmp_path / 'certificates'
    directory.mkdir()
    agent = new_agent(certificates=Certificates(directory)).start()
    certificate, key = authority.sign()
    (directory / 'cert.pem').write_text(certificate)
    (directory / 'key.pem').write_text(key)
    reload(agent)
    wait_until(lambda: served_certificate(agent, 'localhost') == der(certificate), 'the certificate is served', every=0.02)


def test_what_takes_a_restart_is_named(new_agent, tmp_path):
    environment = write_platform_files(tmp_path / 'k8s', {'OS_AUTH_URL': 'http://127.0.0.1:9/v3', 'OS_USERNAME': 'u',
                                                          'OS_PASSWORD': 'secret-word', 'OS_PROJECT_NAME': 'p'})
    agent = new_agent(environment=environment).start()
    reload(agent)
    assert 'a restart reads it' not in agent.log()
    path = environment['MEX_K8SOS_CONFIG']
    with open(path, 'a') as file:
        file.write('\n# changed\n')
    reload(agent)
    wait_until(lambda: 'a restart reads it' in agent.log(), 'it is named')
    assert 'MEX_K8SOS_CONFIG: ' + path in agent.log()
    assert 'secret-word' not in agent.log()


# Tokens need no signal.

def test_named_tokens_come_and_go_without_a_restart(agent):
    assert status_with(agent, TOKEN) == 401
    write_tokens(agent, '# programs', 'ci ' + digest(TOKEN))
    assert status_with(agent, TOKEN) == 200
    write_tokens(agent, 'ci ' + digest(TOKEN) + ' until 2020-01-01T00:00:00Z')
    refused = agent.rest('GET', '/v1/proxies', headers={'Authorization': 'Bearer ' + TOKEN})
    assert refused.status_code == 401 and 'the token ci has ended at 2020-01-01' in refused.text
    write_tokens(agent, '# none')
    assert status_with(agent, TOKEN) == 401
    assert TOKEN not in agent.log()


def test_the_own_token_is_replaced_while_the_agent_runs(agent):
    path = agent.state_dir / 'api.token'
    first = path.read_text().strip()
    assert status_with(agent, first) == 200
    path.write_text('the-next-token-of-this-agent\r\n')
    assert status_with(agent, first) == 401
    assert status_with(agent, 'the-next-token-of-this-agent') == 200
    path.unlink()
    reload(agent)
    third = path.read_text().strip()
    assert third != first and status_with(agent, third) == 200
    assert status_with(agent, 'the-next-token-of-this-agent') == 401


@pytest.mark.parametrize('line, says', [
    ('ci ' + TOKEN, 'must be given as sha256:'), ('ci', 'must be NAME sha256:HEX'),
    ('ci ' + digest(TOKEN) + ' until soon', 'until 2027-01-31T00:00:00Z')])
def test_a_line_that_is_wrong_is_named_and_the_others_count(agent, line, says):
    write_tokens(agent, line, 'good ' + digest('another-token-of-a-program'))
    assert status_with(agent, 'another-token-of-a-program') == 200
    assert status_with(agent, TOKEN) == 401
    [ready] = [text for text in agent.rest('GET', '/readyz').text.splitlines() if text.startswith('API token')]
    assert 'api.tokens:1: ' in ready and says in ready
    assert TOKEN not in ready and TOKEN not in agent.log()
