"""The process as an operator meets it: signals, probes, logs, flags, who may call."""
import json
import pathlib
import re
import signal
import stat
import threading
import time

import grpc
import pytest
import requests

from harness import clusters
from harness.namespace import OUR_ADDRESS, Namespace
from harness.origin import Origin
from harness.waiting import LIMIT, wait_until


# Start and end.

@pytest.mark.parametrize('signal_number', [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_zero(agent, signal_number):
    agent.process.send_signal(signal_number)
    assert agent.process.wait(LIMIT) == 0


def test_sigterm_lets_requests_in_flight_finish(agent):
    origin = Origin()
    agent.add_route('/p', origin.url)
    answers = []
    browsing = threading.Thread(target=lambda: answers.append(agent.browse('GET', '/p/slow?seconds=2')))
    browsing.start()
    wait_until(lambda: origin.requests, 'the request is at the origin')
    assert agent.terminate() == 0
    browsing.join()
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, 'slow')]
    origin.close()


def test_sigterm_does_not_wait_for_idle_connections(agent):
    with requests.Session() as session:
        session.trust_env = False
        session.get(agent.url('/healthz'))  # keeps its connection
        began = time.monotonic()
        assert agent.terminate() == 0
        assert time.monotonic() - began < 5


# Probes and pages.

def test_probes(agent):
    assert agent.rest('GET', '/healthz').status_code == 200
    assert agent.rest('GET', '/readyz').status_code == 200


def test_metrics_are_prometheus_text(agent):
    answer = agent.rest('GET', '/metrics')
    assert answer.headers['Content-Type'].startswith('text/plain')
    samples = [line for line in answer.text.splitlines() if line and not line.startswith('#')]
    assert samples
    for sample in samples:
        assert re.fullmatch(r'[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? [-+0-9.eEInfNa]+', sample), sample
    assert any(sample.startswith('mex') for sample in samples)


def test_metrics_count_proxied_requests(agent):
    origin = Origin()
    agent.add_route('/p', origin.url)
    before = agent.rest('GET', '/metrics').text
    agent.browse('GET', '/p')
    assert agent.rest('GET', '/metrics').text != before
    origin.close()


def test_swagger_names_every_documented_path(agent):
    swagger = agent.rest('GET', '/swagger.json').json()
    assert swagger['swagger'] == '2.0'
    for path in ('/v1/provision', '/v1/destroy', '/v1/proxy', '/v1/status', '/v1/operations/{id}', '/v1/proxies'):
        assert path in swagger['paths']


def test_docs_need_nothing_from_elsewhere(agent):
    page = agent.rest('GET', '/docs')
    assert page.status_code == 200 and page.headers['Content-Type'].startswith('text/html')
    links = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert links
    for link in links:
        assert not link.startswith(('http:', 'https:', '//')), link
        path = link if link.startswith('/') else page.url.removeprefix(agent.url('')).rstrip('/') + '/' + link
        assert agent.rest('GET', path).status_code == 200, path


def test_grpc_reflection_and_health(agent):
    """Asked with raw messages: Debian has no Python stubs of these two services."""
    channel = grpc.insecure_channel('127.0.0.1:%d' % agent.grpc_port, [('grpc.enable_http_proxy', 0)])
    health = channel.unary_unary('/grpc.health.v1.Health/Check')
    assert health(b'', timeout=LIMIT) == b'\x08\x01'  # status = SERVING
    reflect = channel.stream_stream('/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo')
    answers = b''.join(reflect(iter([b'\x3a\x00']), timeout=LIMIT))  # list_services = ""
    for service in (b'api.MexOSAgent', b'mexosagent.v1.Clusters', b'mexosagent.v1.Operations', b'mexosagent.v1.Proxies'):
        assert service in answers


# Logs and flags.

def test_json_log_lines_are_json(new_agent):
    agent = new_agent(flags=['-log_format=json']).start()
    agent.post('/v1/status', {'message': 'a "quoted"\nline'})
    agent.terminate()
    lines = [json.loads(line) for line in agent.log().splitlines()]
    assert lines and all(line['level'] and line['message'] for line in lines)


def test_debug_says_more(new_agent):
    quiet, talkative = new_agent(flags=['-debug=false']).start(), new_agent(flags=['-debug']).start()
    for agent in (quiet, talkative):
        agent.post('/v1/status', {})
        agent.terminate()
    assert len(talkative.log().splitlines()) > len(quiet.log().splitlines())


@pytest.mark.parametrize('form', [['-shards', '2'], ['-shards=2'], ['--shards', '2'], ['--shards=2']])
def test_every_form_of_a_flag(new_agent, form):
    agent = new_agent(flags=form).start()
    # REST has a shard of its own, number 0 like the first of the proxy's.
    assert {name for name in thread_names(agent) if name.startswith('shard')} == {'shard-0', 'shard-1'}


def thread_names(agent):
    tasks = pathlib.Path('/proc/%d/task' % agent.process.pid)
    return [(task / 'comm').read_text().strip() for task in tasks.iterdir()]


def test_state_directory_by_environment(new_agent, tmp_path):
    agent = new_agent(environment={'MEX_STATE_DIR': str(tmp_path / 'other')})
    command = agent.command()
    at = command.index('-state_dir')
    agent.command = lambda: command[:at] + command[at + 2:]
    agent.start()
    assert list((tmp_path / 'other').iterdir())


def test_state_is_for_its_owner_only(agent):
    assert stat.S_IMODE(agent.state_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((agent.state_dir / 'api.token').stat().st_mode) == 0o600


# Who may call.

@pytest.fixture(scope='module')
def elsewhere():
    namespace = Namespace()
    yield namespace
    namespace.close()


def open_to_the_network(new_agent, *flags):
    agent = new_agent()
    agent.flags = ['-rest', '0.0.0.0:%d' % agent.rest_port, '-grpc', '0.0.0.0:%d' % agent.grpc_port, *flags]
    return agent.start()


def test_from_elsewhere_the_token_is_needed(new_agent, elsewhere):
    agent = open_to_the_network(new_agent)
    url = 'http://%s:%d/v1/status' % (OUR_ADDRESS, agent.rest_port)
    token = (agent.state_dir / 'api.token').read_text().strip()
    status, body = elsewhere.curl('-d', '{}', url)
    assert status == 401 and json.loads(body)['code'] == 16
    assert elsewhere.curl('-d', '{}', '-H', 'Authorization: Bearer wrong', url)[0] == 401
    assert elsewhere.curl('-d', '{}', '-H', 'X-Forwarded-For: 127.0.0.1', url)[0] == 401
    status, body = elsewhere.curl('-d', '{}', '-H', 'Authorization: Bearer ' + token, url)
    assert status == 200 and json.loads(body)['message'].startswith('OK')
    assert agent.post('/v1/status', {})['message'].startswith('OK')  # loopback needs none
    assert token not in agent.log()


def test_from_elsewhere_grpc_needs_the_token_too(new_agent, elsewhere):
    """A raw HTTP/2 call by curl: an empty StatusRequest."""
    agent = open_to_the_network(new_agent)
    frame = agent.directory / 'empty-message'
    frame.write_bytes(bytes(5))
    call = ['--http2-prior-knowledge', '-H', 'Content-Type: application/grpc', '-H', 'TE: trailers', '-D', '-',
            '-o', '/dev/null', 'http://%s:%d/api.MexOSAgent/Status' % (OUR_ADDRESS, agent.grpc_port)]
    message = ['--data-binary', '@%s' % frame]
    # Without the message, for which the refusal does not wait: curl 7.88 takes it for a failure that an answer comes
    # before all was sent (RST_STREAM with NO_ERROR behind it: RFC 9113 section 8.1).
    assert 'grpc-status: 16' in elsewhere.curl('-X', 'POST', *call)[1]
    token = (agent.state_dir / 'api.token').read_text().strip()
    assert 'grpc-status: 0' in elsewhere.curl('-H', 'Authorization: Bearer ' + token, *message, *call)[1]


def test_auth_none_opens_it_and_warns_at_every_start(new_agent, elsewhere):
    agent = open_to_the_network(new_agent, '-auth=none')
    url = 'http://%s:%d/v1/status' % (OUR_ADDRESS, agent.rest_port)
    assert elsewhere.curl('-d', '{}', url)[0] == 200
    agent.terminate()
    agent.start()
    warnings = [line for line in agent.log().splitlines() if ' warning ' in line and '-auth=none' in line]
    assert len(warnings) == 2


def test_a_page_in_a_browser_may_not_call(agent):
    answer = agent.rest('POST', '/v1/status', {}, headers={'Origin': 'https://evil.example'})
    assert answer.status_code == 403
    answer = agent.rest('POST', '/v1/status', {}, headers={'Host': 'evil.example:18889'})
    assert answer.status_code == 403
