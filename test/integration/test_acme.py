"""Certificates that the agent orders by itself: the real lego against a real authority (Pebble)."""
import stat

import requests

from harness.orders import NAME, certificate, is_issued, issued, renew
from harness.tls_client import connect
from harness.visitors import Visitors
from harness.waiting import LIMIT, wait_until


def test_by_tls_alpn_from_nothing_to_the_next_authority(new_authority, new_ordering_agent):
    """One order takes lego six seconds, so several things are shown of each."""
    pebble = new_authority()
    agent = new_ordering_agent(pebble).start()
    directory = agent.certificates.directory
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
    other = new_authority(tls_port=agent.proxy_port)
    agent.flags[agent.flags.index('-acme_server') + 1] = other.url
    agent.flags[agent.flags.index('-acme_ca') + 1] = str(other.authority)
    agent.start()
    wait_until(lambda: is_issued(agent) and certificate(agent)['issuer'] != second['issuer'],
               'the other authority issues', every=0.05)


def test_by_http_on_a_port_that_sends_others_to_https(new_authority, new_ordering_agent):
    pebble = new_authority()
    agent = new_ordering_agent(pebble, '-http', '127.0.0.1:%d' % pebble.http_port).start()
    assert issued(agent)['renewal']['challenge'] == 'http-01'
    answer = requests.get('http://127.0.0.1:%d/a?b=c' % pebble.http_port, allow_redirects=False, timeout=LIMIT,
                          proxies={'http': ''})
    assert answer.status_code == 301
    assert answer.headers['Location'] == 'https://127.0.0.1:%d/a?b=c' % agent.proxy_port
    assert not (agent.state_dir / 'acme-http-01').exists()
