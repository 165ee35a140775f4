"""The access log of the proxy: what it says, where it goes, and what goes wrong there."""
import json
import os
import signal
import socket
import ssl
import subprocess
import threading

import pytest

from harness.agent import Agent
from harness.origin import Origin
from harness.waiting import wait_until


@pytest.fixture
def log(tmp_path):
    return tmp_path / 'access.log'


@pytest.fixture
def agent(tmp_path, certificates, log, request):
    made = Agent(tmp_path / 'agent', certificates, flags=['-access_log', str(log)] + getattr(request, 'param', [])).start()
    yield made
    made.close()


@pytest.fixture
def origin(agent):
    made = Origin()
    agent.add_route('/app', made.url)
    yield made
    made.close()


def lines(log):
    return [json.loads(line) for line in log.read_text().splitlines()]


def wait_for_lines(log, count):
    wait_until(lambda: log.exists() and len(lines(log)) >= count, lambda: 'lines are there: ' + (log.read_text() if log.exists() else 'no file'))
    return lines(log)


def metric(agent, name):
    for line in agent.rest('GET', '/metrics').text.splitlines():
        if line.startswith(name + ' '):
            return float(line.split()[-1])
    return None


def reopen(agent):
    agent.process.send_signal(signal.SIGHUP)


def test_a_request_of_https_has_its_line(agent, origin, log):
    assert agent.browse('GET', '/app/x?token=secret', headers={'Authorization': 'secret', 'Cookie': 'secret', 'User-Agent': 'tests'}).status_code == 200
    line, = wait_for_lines(log, 1)
    assert line['method'] == 'GET' and line['path'] == '/app/x' and line['status'] == 200
    assert line['route'] == '/app' and line['origin'] == origin.url
    assert line['client'] == '127.0.0.1' and line['protocol'] == 'HTTP/1.1'
    assert line['tls_version'] == 'TLSv1.3' and line['tls_cipher'].startswith('TLS_')
    assert line['user_agent'] == 'tests' and line['total_ms'] >= line['first_byte_ms'] > 0
    assert 'secret' not in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o640


def test_a_name_of_the_api_is_the_routes(agent, log):
    made = agent.rest('POST', '/v1/proxies', json={'name': 'closed', 'path': '/closed', 'answer': {'status': 403, 'body': 'no'}})
    assert made.status_code == 200, made.text
    assert agent.browse('GET', '/closed').status_code == 403
    assert agent.browse('GET', '/nowhere').status_code == 404
    first, second = wait_for_lines(log, 2)
    assert first['route'] == 'closed' and first['status'] == 403 and first['bytes_out'] == 2
    assert second['error'] == 'no_route' and 'route' not in second


@pytest.mark.parametrize('agent', [['-access_log_query', '-request_ids']], indirect=True)
def test_queries_and_ids_where_they_are_asked_for(agent, origin, log):
    assert agent.browse('GET', '/app/x?a=1').status_code == 200
    line, = wait_for_lines(log, 1)
    assert line['query'] == 'a=1' and len(line['trace_id']) == 32 and line['request_id']


def test_what_speaks_no_http_is_logged(agent, log):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(('127.0.0.1', agent.proxy_port)) as raw, context.wrap_socket(raw, server_hostname='edge.example') as client:
        client.sendall(b'GET / HTTP/1.1\r\nHost: "\r\n\xff: \x01\r\n\r\n')
        while client.recv(4096):
            pass
    line, = wait_for_lines(log, 1)
    assert line['status'] == 400 and line['error'] == 'refused' and line['reason']
    assert line['server_name'] == 'edge.example' and 'path' not in line


def test_logrotate_loses_nothing(agent, origin, log, tmp_path):
    """Debian's logrotate, under requests that never stop."""
    settings = tmp_path / 'logrotate.conf'
    settings.write_text('%s {\n  rotate 9\n  create 0640\n  postrotate\n    kill -HUP %d\n  endscript\n}\n' % (log, agent.process.pid))
    os.chmod(tmp_path, 0o755)
    settings.chmod(0o644)
    enough = threading.Event()
    asked = []

    def ask():
        while not enough.is_set():
            asked.append(agent.browse('GET', '/app/%d' % len(asked)).status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for times in range(3):
            wait_until(lambda: log.exists() and log.stat().st_size > 0, 'something to rotate')
            subprocess.run(['/usr/sbin/logrotate', '--force', '--state', str(tmp_path / 'state'), str(settings)], check=True)
            wait_until(lambda: len(list(tmp_path.glob('access.log*'))) == times + 2, 'it is rotated')
    finally:
        enough.set()
        asking.join()
    assert set(asked) == {200}
    seen = lambda: sorted(line['path'] for file in tmp_path.glob('access.log*') for line in lines(file))
    wait_until(lambda: len(seen()) == len(asked), lambda: 'all %d lines are there: %s' % (len(asked), len(seen())))
    assert seen() == sorted('/app/%d' % i for i in range(len(asked)))


def test_a_rename_and_a_signal(agent, origin, log):
    agent.browse('GET', '/app/old')
    wait_for_lines(log, 1)
    log.rename(log.with_suffix('.1'))
    reopen(agent)
    wait_until(lambda: agent.browse('GET', '/app/new').status_code == 200 and log.exists() and lines(log), 'the new file is written')
    assert lines(log.with_suffix('.1'))[0]['path'] == '/app/old'


def test_a_directory_in_its_place(agent, origin, log):
    log.unlink(missing_ok=True)
    log.mkdir()
    reopen(agent)
    assert agent.browse('GET', '/app/x').status_code == 200
    wait_until(lambda: metric(agent, 'mex_proxy_access_log_failing{reason="is_directory"}') == 1, 'the metric says so')
    assert 'the access log cannot be written' in agent.log() and 'is_directory' in agent.log()
    log.rmdir()
    assert wait_for_lines(log, 1)[0]['path'] == '/app/x'
    wait_until(lambda: metric(agent, 'mex_proxy_access_log_failing{reason="is_directory"}') == 0, 'the metric says so')


def test_a_pipe_that_nobody_reads_stops_nothing(tmp_path, certificates):
    pipe = tmp_path / 'pipe'
    os.mkfifo(pipe)
    agent = Agent(tmp_path / 'agent', certificates, flags=['-access_log', str(pipe)]).start()
    origin = Origin()
    try:
        agent.add_route('/app', origin.url)
        assert agent.browse('GET', '/app/1').status_code == 200
        wait_until(lambda: metric(agent, 'mex_proxy_access_log_failing{reason="no_reader"}') == 1, 'nobody reads')
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            for i in range(300):
                assert agent.browse('GET', '/app/' + 'x' * 1500).status_code == 200
            wait_until(lambda: metric(agent, 'mex_proxy_access_log_failing{reason="blocked"}') == 1, 'its buffer is full')
            assert agent.browse('GET', '/app/2').status_code == 200
            assert agent.terminate() == 0
        finally:
            os.close(reader)
    finally:
        agent.close()
        origin.close()


def test_a_full_disk_costs_lines_only(tmp_path, certificates):
    agent = Agent(tmp_path / 'agent', certificates, flags=['-access_log', '/dev/full']).start()
    try:
        assert agent.browse('GET', '/none').status_code == 404
        wait_until(lambda: metric(agent, 'mex_proxy_access_log_failing{reason="no_space"}') == 1, 'the metric says so')
        assert agent.browse('GET', '/none').status_code == 404
        assert agent.terminate() == 0
    finally:
        agent.close()


def test_the_standard_output(tmp_path, certificates):
    agent = Agent(tmp_path / 'agent', certificates, flags=['-access_log', '-']).start()
    try:
        assert agent.browse('GET', '/none').status_code == 404
        wait_until(lambda: '"path":"/none"' in agent.log(), lambda: 'it is there: ' + agent.log())
    finally:
        agent.close()


def test_without_the_flag_nothing_is_logged(tmp_path, certificates):
    agent = Agent(tmp_path / 'agent', certificates).start()
    try:
        assert agent.browse('GET', '/none').status_code == 404
        assert '/none' not in agent.log()
    finally:
        agent.close()
