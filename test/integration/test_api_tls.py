"""TLS on the API's ports: the proxy's certificate, or one of their own, replaced while they are served."""
import subprocess

import grpc
import pytest
import requests

from harness.agent import binary
from harness.certificates import Authority, Certificates
from harness.waiting import LIMIT, wait_until


@pytest.fixture
def launch(new_agent, tmp_path):
    """A function that starts an agent whose API speaks TLS with a certificate of `authority`."""
    def start(authority, *flags, **more):
        agent = new_agent(flags=list(flags), **more).launch()
        wait_until(lambda: agent.process.poll() is not None or rest(agent, authority) == 200,
                   lambda: 'the API answers; log:\n' + agent.log(), every=0.05)
        assert agent.is_running(), agent.log()
        return agent
    return start


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / 'authority')


def put(directory, pair):
    directory.mkdir(exist_ok=True)
    (directory / 'cert.pem').write_text(pair[0])
    (directory / 'key.pem').write_text(pair[1])


def rest(agent, authority, scheme='https'):
    """The status, or None if there is no answer to trust."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get('%s://127.0.0.1:%d/v1/proxies' % (scheme, agent.rest_port), verify=str(authority.certificate),
                               timeout=LIMIT).status_code
        except requests.ConnectionError:
            return None


def grpc_answers(agent, authority):
    """Asked with raw messages, over a connection of its own."""
    credentials = grpc.ssl_channel_credentials(authority.certificate.read_bytes())
    with grpc.secure_channel('127.0.0.1:%d' % agent.grpc_port, credentials,
                             [('grpc.enable_http_proxy', 0), ('grpc.use_local_subchannel_pool', 1)]) as channel:
        try:
            return channel.unary_unary('/grpc.health.v1.Health/Check')(b'', timeout=LIMIT) == b'\x08\x01'
        except grpc.RpcError:
            return False


def test_the_proxys_certificate_is_the_apis_and_follows_it(launch, authority, tmp_path):
    directory, another = tmp_path / 'certificates', Authority(tmp_path / 'another')
    put(directory, authority.sign())
    agent = launch(authority, '-api_tls', 'proxy', certificates=Certificates(directory))
    assert grpc_answers(agent, authority)
    assert rest(agent, authority, 'http') == 400 and rest(agent, another) is None
    put(directory, another.sign())
    wait_until(lambda: rest(agent, another) == 200, 'REST shows the next one', every=0.05)
    assert grpc_answers(agent, another) and not grpc_answers(agent, authority)
    assert agent.terminate() == 0


def test_a_directory_of_its_own(launch, authority, tmp_path):
    directory = tmp_path / 'api'
    put(directory, authority.sign())
    agent = launch(authority, '-api_tls', str(directory), '-proxy', '')
    assert grpc_answers(agent, authority)
    another = Authority(tmp_path / 'another')
    put(directory, another.sign())
    wait_until(lambda: rest(agent, another) == 200, 'the next one is shown', every=0.05)
    assert grpc_answers(agent, another)
    assert agent.terminate() == 0


def test_without_a_certificate_it_is_self_signed_and_said(new_agent, tmp_path):
    agent = new_agent(flags=['-api_tls', str(tmp_path / 'nothing')]).launch()

    def ready():
        with requests.Session() as session:
            session.trust_env = False
            try:
                return session.get('https://127.0.0.1:%d/readyz' % agent.rest_port, verify=False, timeout=LIMIT).text
            except requests.ConnectionError:
                return None
    text = wait_until(ready, lambda: 'the API answers; log:\n' + agent.log(), every=0.05)
    [line] = [each for each in text.splitlines() if each.startswith('API certificate')]
    assert 'self-signed' in line and str(tmp_path / 'nothing' / 'cert.pem') in line


def test_the_health_check_finds_it(launch, authority, tmp_path):
    put(tmp_path / 'api', authority.sign())
    agent = launch(authority, '-api_tls', str(tmp_path / 'api'))
    check = [str(binary()), '-check_health', '-rest', '127.0.0.1:%d' % agent.rest_port]
    assert subprocess.run(check, env=agent.clean_environment(), timeout=LIMIT).returncode == 0
    agent.kill()
    assert subprocess.run(check, env=agent.clean_environment(), timeout=LIMIT, stderr=subprocess.PIPE).returncode == 1


@pytest.mark.parametrize('flags', [['-api_tls', 'proxy', '-proxy', ''], ['-api_tls', 'yes']])
def test_what_cannot_be_meant_ends_the_start(new_agent, flags):
    agent = new_agent(flags=flags).launch()
    assert agent.process.wait(LIMIT) == 1
    assert '-api_tls: ' in agent.log()
