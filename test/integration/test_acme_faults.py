"""Orders on bad days: whatever authority, lego, clock or account do, what is served goes on, and is told."""
import datetime
import os
import pathlib
import signal

import pytest

from harness.authority_front import AuthorityFront
from harness.free_port import free_port
from harness.orders import NAME, certificate, children_of, failed, is_issued, issued, renew
from harness.tls_client import describe, served_certificate
from harness.waiting import wait_until

EXTERNAL_KEY = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W'
EXTERNAL_ACCOUNT = {'externalAccountBindingRequired': True, 'externalAccountMACKeys': {'kid-1': EXTERNAL_KEY}}


@pytest.fixture
def new_front():
    """A function that puts something before an authority."""
    made = []

    def make(pebble):
        made.append(AuthorityFront(pebble))
        return made[-1]
    yield make
    for each in made:
        each.close()


def order_from(agent, front):
    agent.flags[agent.flags.index('-acme_server') + 1] = front.url


def processes():
    return [int(each.name) for each in pathlib.Path('/proc').glob('[0-9]*')]


def command_of(process):
    try:
        return pathlib.Path('/proc/%d/cmdline' % process).read_bytes()
    except OSError:
        return b''  # gone


def seconds_of(time):
    return datetime.datetime.fromisoformat(time.replace('Z', '+00:00')).timestamp()


def reasons(agent):
    """Of what was told, newest first."""
    return [event['reason'] for event in agent.get('/v1/events?kind=Certificate').get('events', [])]


def test_an_authority_that_is_down_then_rejects_nonces_and_forgets_us(new_authority, new_ordering_agent):
    pebble = new_authority()
    pebble.stop()
    agent = new_ordering_agent(pebble).start()
    directory = agent.certificates.directory
    renewal = failed(agent)
    assert 'connection refused' in renewal['problem']
    assert renewal['next_attempt_at'] > renewal['last_attempt_at']
    assert 'not trusted' in describe(served_certificate(agent, NAME), '-subject')
    agent.restart()  # forgets nothing, and does not hammer
    assert certificate(agent)['renewal'] == renewal
    pebble.start(nonce_rejections=20)
    agent.post('/v1/certificates/default:renew', {})
    first = issued(agent)
    # It keeps accounts in memory.
    pebble.stop()
    pebble.start()
    agent.post('/v1/certificates/default:renew', {})
    assert 'accountDoesNotExist' in failed(agent)['problem']
    assert certificate(agent)['serial'] == first['serial']
    assert not list((directory / 'acme' / 'accounts').glob('*/*/account.json'))  # the next order begins with another


def test_orders_without_end_are_refused(new_authority, new_ordering_agent):
    pebble = new_authority()
    pebble.stop()
    agent = new_ordering_agent(pebble).start()
    failed(agent)
    for failures in range(2, 6):
        agent.post('/v1/certificates/default:renew', {})
        failed(agent, failures)
    refused = agent.rest('POST', '/v1/certificates/default:renew', {})
    assert refused.status_code == 429 and 'the next order may be made at' in refused.json()['message']


def test_a_validation_that_fails_is_told_in_the_authoritys_words(new_authority, new_ordering_agent):
    pebble = new_authority(http_port=free_port())
    # The authority looks on another port than the agent's.
    agent = new_ordering_agent(pebble, '-http', '127.0.0.1:%d' % free_port()).start()
    problem = failed(agent)['problem']
    assert 'urn:ietf:params:acme:error:connection' in problem and NAME in problem


def test_killed_in_the_middle_of_an_order_it_goes_on(new_authority, new_ordering_agent):
    pebble = new_authority()
    pebble.pause()
    agent = new_ordering_agent(pebble).start()
    lego = wait_until(lambda: children_of(agent), 'lego is at work')
    assert certificate(agent)['renewal']['state'] == 'ORDERING'
    agent.kill()
    wait_until(lambda: not any(pathlib.Path('/proc/%d/cmdline' % each).exists() for each in lego),
               'lego ends with the agent')
    agent.start()
    wait_until(lambda: children_of(agent), 'lego is at work again')
    assert agent.terminate() == 0  # a stop does not wait for an order
    agent.start()
    pebble.go_on()
    assert issued(agent)['renewal'].get('failures', 0) == 0
    assert 'OrderInterrupted' in reasons(agent)


def test_without_lego_the_log_says_what_to_install(new_authority, new_ordering_agent):
    agent = new_ordering_agent(new_authority(), '-lego', '/nowhere/lego').start()
    assert failed(agent)['problem'].startswith('/nowhere/lego: there is no such program; install the package lego')
    assert 'not trusted' in describe(served_certificate(agent, NAME), '-subject')


def test_an_external_account_is_bound_and_its_key_is_shown_to_nobody(new_authority, new_ordering_agent):
    pebble = new_authority(**EXTERNAL_ACCOUNT)
    agent = new_ordering_agent(pebble).start()
    assert 'requires External Account Binding' in failed(agent)['problem']
    # Another one's key.
    agent.environment.update(MEX_ACME_EAB_KID='kid-1', MEX_ACME_EAB_HMAC='A' + EXTERNAL_KEY[1:])
    agent.restart()
    agent.post('/v1/certificates/default:renew', {})
    assert 'could not be bound to the external one' in failed(agent, 2)['problem']
    # The right one; stopped in the middle.
    agent.environment['MEX_ACME_EAB_HMAC'] = EXTERNAL_KEY
    pebble.pause()
    agent.restart()
    agent.post('/v1/certificates/default:renew', {})
    assert agent.terminate() == 0
    agent.start()
    agent.post('/v1/certificates/default:renew', {})
    pebble.go_on()
    shown = []

    def is_over():
        shown.extend(command for command in map(command_of, processes()) if EXTERNAL_KEY.encode() in command)
        return is_issued(agent)
    wait_until(is_over, lambda: 'a certificate is issued: %s' % certificate(agent), every=0.02)
    renew(agent)  # by the account that there is
    assert shown == []
    assert EXTERNAL_KEY not in agent.log()
    files = [file for file in agent.certificates.directory.rglob('*') if file.is_file()]
    assert len(files) > 3 and not any(EXTERNAL_KEY in file.read_text() for file in files)


def test_an_authority_that_is_slow_and_then_limits_the_rate(new_authority, new_ordering_agent, new_front):
    front = new_front(new_authority())
    agent = new_ordering_agent(front.pebble)
    order_from(agent, front)
    front.delay = 0.5
    agent.start()
    wait_until(lambda: len(front.asked) > 3, 'the order is under way')
    assert certificate(agent)['renewal']['state'] == 'ORDERING'
    assert 'not trusted' in describe(served_certificate(agent, NAME), '-subject')
    first = issued(agent)
    assert first['renewal'].get('failures', 0) == 0
    # It has had enough: at least an hour of peace, also after a restart; what is served goes on.
    front.delay, front.refused = 0, 'order'
    agent.post('/v1/certificates/default:renew', {})
    renewal = failed(agent)
    assert 'rateLimited' in renewal['problem']
    pause = seconds_of(renewal['next_attempt_at']) - seconds_of(renewal['last_attempt_at'])
    assert pause >= 3600, pause
    agent.restart()
    assert certificate(agent)['serial'] == first['serial']
    assert certificate(agent)['renewal'] == renewal
    assert 'RateLimited' in reasons(agent)


def test_a_lego_that_is_killed_is_told_and_the_next_one_succeeds(new_authority, new_ordering_agent):
    pebble = new_authority()
    pebble.pause()
    agent = new_ordering_agent(pebble).start()
    orders = wait_until(lambda: [child for child in children_of(agent) if b'--domains' in command_of(child)],
                        'lego is at work', every=0.02)
    os.kill(orders[0], signal.SIGKILL)
    renewal = failed(agent)
    assert renewal['problem'] and agent.rest('GET', '/healthz').status_code == 200
    assert 'not trusted' in describe(served_certificate(agent, NAME), '-subject')
    pebble.go_on()
    agent.post('/v1/certificates/default:renew', {})
    assert issued(agent)['renewal'].get('failures', 0) == 0


@pytest.mark.parametrize('shift', ['-3y', '+3y'])
def test_a_clock_that_was_wrong_holds_nothing_up(new_authority, new_ordering_agent, shift):
    agent = new_ordering_agent(new_authority())
    agent.clock = {'FAKETIME': shift, 'DONT_FAKE_MONOTONIC': '1'}
    agent.start()
    if shift.startswith('-'):
        # What is issued is of the future.
        assert 'not valid before' in failed(agent)['problem']
        assert 'not trusted' in describe(served_certificate(agent, NAME), '-subject')
    else:
        issued(agent)
    agent.clock = {}
    agent.restart()
    shown = issued(agent)
    assert 'problem' not in shown and 'problem' not in shown['renewal']
    assert seconds_of(shown['renewal']['next_attempt_at']) > seconds_of(shown['not_before'])
    assert agent.rest('GET', '/readyz').status_code == 200
    renew(agent)
