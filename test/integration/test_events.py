"""What happened (/v1/events): told by the parts that know it, kept over a kill. Clusters' are in test_provision.py."""
import os
import signal

import grpc
import pytest

from harness import nginx
from harness.certificates import Authority, Certificates
from harness.free_port import free_port
from harness.own_network import OwnNetwork
from harness.waiting import LIMIT, wait_until

NAME = 'agent1.zone.test'
ADDRESS = '203.0.113.5'


@pytest.fixture(scope='module', autouse=True)
def own_network():
    with OwnNetwork():
        yield


@pytest.fixture
def directory(tmp_path):
    made = tmp_path / 'certificates'
    made.mkdir()
    return made


@pytest.fixture
def agent(new_agent, knot, directory):
    made = new_agent(certificates=Certificates(directory), flags=[
        '-fqdn', NAME, *knot.flags(), '-dns_names', 'host', '-public_address', ADDRESS, '-dns_interval', '1s',
        '-nginx_runtime', 'process'])
    yield made.start()
    made.close()
    nginx.end_all(made)


def listed(agent, query=''):
    return agent.get('/v1/events' + query).get('events', [])


def told(agent, kind, name, reason, count='1'):
    def found():
        return [event for event in listed(agent, '?kind=%s&name=%s' % (kind, name))
                if event['reason'] == reason and event['count'] == count]
    [event] = wait_until(found, lambda: '%s of %s %s is told: %s' % (reason, kind, name, listed(agent)), every=0.05)
    return event


def put(directory, pair):
    (directory / 'cert.pem').write_text(pair[0])
    (directory / 'key.pem').write_text(pair[1])


def check_certificates(agent, directory, authority):
    assert told(agent, 'Certificate', 'default', 'SelfSigned')['type'] == 'WARNING'
    good = authority.sign()
    put(directory, good)
    assert 'issued by CN=test authority' in told(agent, 'Certificate', 'default', 'Replaced')['message']
    (directory / 'key.pem').write_text(authority.sign()[1])
    refused = told(agent, 'Certificate', 'default', 'PairRefused')
    assert refused['type'] == 'WARNING' and refused['message'].startswith('the one that is there serves on: ')
    put(directory, good)
    # Once since the first pair came, once now.
    assert told(agent, 'Certificate', 'default', 'InOrder', count='2')['type'] == 'NORMAL'


def check_names(agent, knot):
    assert told(agent, 'DnsName', NAME, 'Registered')['message'] == '%s A %s' % (NAME, ADDRESS)
    knot.remove(NAME, 'A', ADDRESS)
    assert 'was removed by somebody else' in told(agent, 'DnsName', NAME, 'DriftRepaired')['message']
    knot.remove(NAME, 'A', ADDRESS)
    again = told(agent, 'DnsName', NAME, 'DriftRepaired', count='2')
    assert again['first_at'] < again['last_at']
    knot.stop()
    assert told(agent, 'DnsName', NAME, 'NotInForce')['type'] == 'WARNING'
    knot.start()
    told(agent, 'DnsName', NAME, 'InForce')


def check_instances(agent):
    port = free_port()
    nginx.added(agent, 'test1', nginx.port('LProtoTCP', port, '127.0.0.1:1'))
    told(agent, 'NginxProxy', 'test1', 'Added')
    os.kill(nginx.master(agent, 'test1'), signal.SIGKILL)
    assert told(agent, 'NginxProxy', 'test1', 'Restarted')['type'] == 'WARNING'


def check_that_they_are_kept(agent):
    before = listed(agent)
    agent.kill()
    agent.start()
    assert listed(agent)[-len(before):] == before


def check_the_pages(agent):
    everything, pages, token = listed(agent), [], ''
    while True:
        answer = agent.get('/v1/events?page_size=2&page_token=' + token)
        pages += answer['events']
        token = answer.get('next_page_token', '')
        if not token:
            break
    assert pages == everything
    numbers = [int(event['number']) for event in everything]
    assert numbers == sorted(numbers, reverse=True)


def check_grpc(agent):
    with grpc.insecure_channel('127.0.0.1:%d' % agent.grpc_port, [('grpc.enable_http_proxy', 0)]) as channel:
        answer = channel.unary_unary('/mexosagent.v1.Events/ListEvents')(b'', timeout=LIMIT)
    assert b'PairRefused' in answer and b'DriftRepaired' in answer and b'Restarted' in answer


def test_what_happened_is_told_counted_and_kept(agent, knot, directory, tmp_path):
    check_certificates(agent, directory, Authority(tmp_path / 'authority'))
    check_names(agent, knot)
    check_instances(agent)
    check_that_they_are_kept(agent)
    check_the_pages(agent)
    check_grpc(agent)
    assert agent.rest('GET', '/v1/events?page_token=x').status_code == 400
