"""Certificates that the agent orders by itself: the real lego against a real authority (Pebble)."""
import pathlib
import stat

import pytest
import requests

from harness.certificates import Certificates
from harness.free_port import free_port
from harness.pebble import Pebble
from harness.tls_client import connect, describe, served_certificate
from harness.visitors import Visitors
from harness.waiting import wait_until

NAME = 'agent1.test'
EXTERNAL_KEY = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W'
EXTERNAL_ACCOUNT = {'externalAccountBindingRequired': True, 'externalAccountMACKeys': {'kid-1': EXTERNAL_KEY}}


@pytest.fixture
def directory(tmp_path):
    return tmp_path / 'certificates'


@pytest.fixture
def authority(tmp_path):
    """A function that starts an authority; all end with the test."""
    made = []

    def make(**settings):
        made.append(Pebble(tmp_path / ('pebble-%d' % len(made)), **settings))
        return made[-1]
    yield make
    for each in made:
        each.close()


@pytest.fixture
def ordering_agent(new_agent, directory):
    """A function that makes an agent which orders from an authority; not started yet."""
    def make(pebble, *flags, environment=()):
        agent = new_agent(certificates=Certificates(directory), environment=environment)
        agent.proxy_port = pebble.tls_port
        agent.flags = ['-fqdn', NAME, '-acme_email', 'you@agent1.test', '-acme_server', pebble.url,
                       '-acme_ca', str(pebble.authority), *flags]
        return agent
    return make


def certificate(agent):
    return agent.get('/v1/certificates/default')


def is_issued(agent):
    shown = certificate(agent)
    return shown['source'] == 'ACME' and shown


def issued(agent):
    return wait_until(lambda: is_issued(agent), lambda: 'a certificate is issued: %s' % certificate(agent), every=0.05)


def failed(agent, failures=1):
    def has_failed():
        renewal = certificate(agent)['renewal']
        return renewal.get('failures', 0) >= failures and renewal['state'] == 'BACKING_OFF' and renewal
    return wait_until(has_failed, lambda: 'the order fails: %s' % certificate(agent), every=0.05)


def renew(agent):
    before = certificate(agent)['fingerprint']
    agent.post('/v1/certificates/default:renew', {})
    return wait_until(lambda: certificate(agent)['fingerprint'] != before and is_issued(agent),
                      lambda: 'the next certificate is served: %s' % certificate(agent), every=0.05)


def children_of(agent):
    tasks = pathlib.Path('/proc/%d/task' % agent.process.pid).iterdir()
    return {int(child) for task in tasks for child in (task / 'children').read_text().split()}


def test_by_tls_alpn_from_nothing_to_the_next_authority(authority, ordering_agent, directory):
    """One order takes lego six seconds, so several things are shown of each."""
    pebble = authority()
    agent = ordering_agent(pebble).start()
    # The first one.
    first = issued(agent)
    assert first['names'] == [NAME] and first['issuer'].startswith('CN=Pebble Intermediate')
    assert first['renewal']['challenge'] == 'tls-alpn-01' and first['renewal']['state'] == 'WAITING'
    assert first['renewal']['next_attempt_at'] > first['not_before']
    with connect(agent, NAME, pebble.root()) as connection:
        assert connection.version() == 'TLSv1.3'
    assert agent.rest('GET', '/readyz').status_code == 200
    assert stat.S_IMODE((directory / 'key.pem').stat().st_mode) == 0o600
    assert stat.S_IMODE((directory / 'acme').stat().st_mode) == 0o700
    # Kept over a restart, and not ordered again.
    agent.restart()
    assert certificate(agent) == first
    assert 'certificate ordered' not in agent.log().split('mexosagent starts')[-1]
    # The next one when asked, with another key; the account's key is lost meanwhile. Visitors notice nothing,
    # though the authority's own greeting passes the proxy among theirs.
    key = (directory / 'key.pem').read_text()
    [account_key] = (directory / 'acme' / 'accounts').glob('*/*/keys/*.key')
    account_key.unlink()
    with Visitors(agent, NAME, pebble.root(), connections=2000, handshakes_per_second=200) as visitors:
        second = renew(agent)
        visitors.until_more_handshakes(200)
    assert visitors.failures == [] and visitors.handshakes >= 200
    assert second['serial'] != first['serial'] and (directory / 'key.pem').read_text() != key
    assert 'the key of the ACME account is lost' in agent.log()
    # From another authority, as from staging to the real one.
    agent.kill()
    other = authority(tls_port=agent.proxy_port)
    agent.flags[agent.flags.index('-acme_server') + 1] = other.url
    agent.flags[agent.flags.index('-acme_ca') + 1] = str(other.authority)
    agent.start()
    wait_until(lambda: is_issued(agent) and certificate(agent)['issuer'] != second['issuer'],
               'the other authority issues', every=0.05)


def test_by_http_on_a_port_that_sends_others_to_https(authority, ordering_agent):
    pebble = authority()
    agent = ordering_agent(pebble, '-http', '127.0.0.1:%d' % pebble.http_port).start()
    assert issued(agent)['renewal']['challenge'] == 'http-01'
    answer = requests.get('http://127.0.0.1:%d/a?b=c' % pebble.http_port, allow_redirects=False, timeout=30,
                          proxies={'http': ''})
    assert answer.status_code == 301
    assert answer.headers['Location'] == 'https://127.0.0.1:%d/a?b=c' % agent.proxy_port
    assert not (agent.state_dir / 'acme-http-01').exists()


# What goes wrong.

def test_an_authority_that_is_down_then_rejects_nonces_and_forgets_us(authority, ordering_agent, directory):
    pebble = authority()
    pebble.stop()
    agent = ordering_agent(pebble).start()
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


def test_orders_without_end_are_refused(authority, ordering_agent):
    pebble = authority()
    pebble.stop()
    agent = ordering_agent(pebble).start()
    failed(agent)
    for failures in range(2, 6):
        agent.post('/v1/certificates/default:renew', {})
        failed(agent, failures)
    refused = agent.rest('POST', '/v1/certificates/default:renew', {})
    assert refused.status_code == 429 and 'the next order may be made at' in refused.json()['message']


def test_a_validation_that_fails_is_told_in_the_authoritys_words(authority, ordering_agent):
    pebble = authority(http_port=free_port())
    # The authority looks on another port than the agent's.
    agent = ordering_agent(pebble, '-http', '127.0.0.1:%d' % free_port()).start()
    problem = failed(agent)['problem']
    assert 'urn:ietf:params:acme:error:connection' in problem and NAME in problem


def test_killed_in_the_middle_of_an_order_it_goes_on(authority, ordering_agent):
    """With an external account, which has to be bound anew if the first order did not come to it."""
    pebble = authority(**EXTERNAL_ACCOUNT)
    pebble.pause()
    agent = ordering_agent(pebble, environment={'MEX_ACME_EAB_KID': 'kid-1', 'MEX_ACME_EAB_HMAC': EXTERNAL_KEY}).start()
    lego = wait_until(lambda: children_of(agent), 'lego is at work')
    assert certificate(agent)['renewal']['state'] == 'ORDERING'
    agent.kill()
    wait_until(lambda: not any(pathlib.Path('/proc/%d/cmdline' % each).exists() for each in lego),
               'lego ends with the agent')
    agent.start()
    wait_until(lambda: children_of(agent), 'lego is at work again')
    assert agent.terminate(5) == 0  # a stop does not wait for an order
    agent.start()
    pebble.go_on()
    assert issued(agent)['renewal'].get('failures', 0) == 0
    assert EXTERNAL_KEY not in agent.log()


def test_without_lego_the_log_says_what_to_install(authority, ordering_agent):
    agent = ordering_agent(authority(), '-lego', '/nowhere/lego').start()
    assert failed(agent)['problem'].startswith('/nowhere/lego: there is no such program; install the package lego')
    assert 'not trusted' in describe(served_certificate(agent, NAME), '-subject')


def test_an_authority_that_wants_an_external_account(authority, ordering_agent):
    agent = ordering_agent(authority(**EXTERNAL_ACCOUNT)).start()
    assert 'requires External Account Binding' in failed(agent)['problem']
