"""Names in public DNS: against a real name server (Knot, RFC 2136), and against a double of Cloudflare's API that
another client of it, certbot's own, takes for the real one."""
import subprocess

import pytest

from harness.certificates import Certificates
from harness.cloudflare import Cloudflare
from harness.pebble import Pebble
from harness.waiting import LIMIT, wait_until

NAME = 'agent1.zone.test'
OURS, THEIRS, NEXT, FOREIGN = '203.0.113.5', '203.0.113.6', '203.0.113.9', '198.51.100.1'


@pytest.fixture
def register(new_agent):
    """A function that starts an agent which registers its name at `zone`."""
    def start(zone, address, *flags):
        return new_agent(environment=zone.environment(), flags=[
            '-fqdn', NAME, *zone.flags(), '-public_address', address, '-dns_interval', '1s', *flags]).start()
    return start


def addresses(zone, name=NAME):
    return zone.records(name, 'A')


def claims(zone):
    return zone.records('_mexosagent.' + NAME, 'TXT')


def until(zone, expected, name=NAME):
    wait_until(lambda: addresses(zone, name) == sorted(expected),
               lambda: '%s leads to %s, not %s' % (name, expected, addresses(zone, name)), every=0.05)


def shown(agent):
    return agent.get('/v1/dns-records')


def problem(agent, text):
    return wait_until(lambda: text in shown(agent).get('problem', '') and shown(agent),
                      lambda: 'the problem %s is told: %s' % (text, shown(agent)), every=0.05)


def test_a_name_lives_from_registration_to_withdrawal(zone, register):
    agent = register(zone, OURS + ',2001:db8::5')
    until(zone, [OURS])
    until(zone, [OURS], '*.' + NAME)
    wait_until(lambda: zone.records(NAME, 'AAAA') == zone.records('*.' + NAME, 'AAAA') == ['2001:db8::5'],
               'it leads to IPv6, too', every=0.05)
    [claim] = claims(zone)
    records = wait_until(lambda: shown(agent).get('records'), 'the records are shown')
    assert {(record['name'], record['type'], record['content'], record['state']) for record in records} == {
        (name, kind, content, 'IN_FORCE') for name in (NAME, '*.' + NAME)
        for kind, content in (('A', OURS), ('AAAA', '2001:db8::5'))}
    # It says that it lives.
    wait_until(lambda: claims(zone) != [claim] and len(claims(zone)) == 1, 'the claim has another beat', every=0.05)
    # Drift is repaired.
    zone.remove(NAME, 'A', OURS)
    until(zone, [OURS])
    # Another address, after a restart.
    agent.flags[agent.flags.index('-public_address') + 1] = NEXT
    agent.restart()
    until(zone, [NEXT])
    wait_until(lambda: zone.records(NAME, 'AAAA') == [], 'the former one is gone', every=0.05)
    # Taken out, and it stays out.
    assert agent.post('/v1/dns-records:withdraw', {})['withdrawn']
    until(zone, [])
    until(zone, [], '*.' + NAME)
    wait_until(lambda: claims(zone) == [], 'nothing is claimed', every=0.05)
    agent.restart()
    assert shown(agent)['withdrawn']
    wait_until(lambda: shown(agent).get('checked_at'), 'it has looked', every=0.05)
    assert addresses(zone) == []
    agent.post('/v1/dns-records:register', {})
    until(zone, [NEXT])


def test_agents_share_a_name_and_take_out_the_dead(knot, register):
    zone = knot
    first, second = register(zone, OURS), register(zone, THEIRS)
    until(zone, [OURS, THEIRS])
    assert len(claims(zone)) == 2
    second.kill()
    until(zone, [OURS])
    wait_until(lambda: len(claims(zone)) == 1, 'its claim is gone', every=0.05)
    second.start()
    until(zone, [OURS, THEIRS])
    first.post('/v1/dns-records:withdraw', {})
    until(zone, [THEIRS])


def test_what_is_foreign_is_left_alone(knot, register):
    zone = knot
    zone.add(NAME, 'A', FOREIGN)
    zone.add('_mexosagent.' + NAME, 'TXT', '"somebody else"')
    agent = register(zone, OURS)
    records = problem(agent, '%s A %s is there and was not made by an agent' % (NAME, FOREIGN))['records']
    assert ('FOREIGN', FOREIGN) in {(record['state'], record['content']) for record in records}
    assert addresses(zone) == [FOREIGN] and claims(zone) == ['somebody else']
    zone.remove(NAME, 'A', FOREIGN)
    until(zone, [OURS])
    agent.post('/v1/dns-records:withdraw', {})
    until(zone, [])
    wait_until(lambda: claims(zone) == ['somebody else'], 'only ours is gone', every=0.05)


def test_a_name_server_that_refuses_the_key_or_is_down(knot, register):
    agent = register(knot, OURS)
    until(knot, [OURS])
    agent.flags[agent.flags.index('-dns_key') + 1] = str(knot.wrong_key)
    agent.restart()
    problem(agent, 'the TSIG key is refused')
    agent.flags[agent.flags.index('-dns_key') + 1] = str(knot.key)
    knot.stop()
    agent.restart()
    assert [record['state'] for record in problem(agent, 'RFC 2136')['records']] == ['PENDING'] * 2
    knot.start()
    wait_until(lambda: 'problem' not in shown(agent), 'all is well again', every=0.05)


def test_without_its_programs_the_agent_says_what_to_install(new_agent):
    agent = new_agent(environment={'PATH': '/nowhere'},
                      flags=['-fqdn', NAME, '-dns', 'rfc2136', '-dns_server', '127.0.0.1', '-public_address', OURS]).launch()
    assert agent.process.wait(LIMIT) == 1
    assert '-dns=rfc2136: nsupdate: there is no such program; install the package bind9-dnsutils' in agent.log()


def test_cloudflare_without_rights_busy_and_out_of_order(cloudflare, new_agent, register):
    # A token that may not write.
    weak = register(cloudflare, OURS)
    weak.environment['CF_Token'] = 'weak-token'
    until(cloudflare, [OURS])
    weak.restart()
    told = problem(weak, '10000: Authentication error; the token needs the rights Zone:Read and DNS:Edit')
    assert 'weak-token' not in weak.log() and told['provider'] == 'Cloudflare'
    # The original's way to say who we are; a busy service, then one that is out of order.
    del weak.environment['CF_Token']
    weak.environment.update(MEX_CF_KEY='good-key', MEX_CF_USER='you@zone.test')
    cloudflare.faults = [(429, {'Retry-After': '0'}), (503, {}), (500, {}), (500, {}), (500, {})]
    cloudflare.page = 1
    weak.restart()
    wait_until(lambda: cloudflare.faults == [] and 'checked_at' in shown(weak) and 'problem' not in shown(weak),
               lambda: 'all is well again: %s' % shown(weak), every=0.05)
    assert 'good-key' not in weak.log()
    # None at all.
    agent = new_agent(environment={'CLOUDFLARE_API_URL': cloudflare.url}, flags=['-fqdn', NAME, '-dns', 'cloudflare'])
    agent.launch()
    assert agent.process.wait(LIMIT) == 1 and 'no credentials: set CF_Token' in agent.log()


def test_cloudflare_proxies_what_it_is_asked_to(cloudflare, register):
    register(cloudflare, OURS, '-dns_proxied', '-dns_names', 'host')
    until(cloudflare, [OURS])
    [record] = cloudflare.find(NAME, 'A')
    assert record['proxied'] and cloudflare.records('*.' + NAME, 'A') == []
    # What somebody changed by hand is put right.
    record['proxied'] = False
    wait_until(lambda: cloudflare.find(NAME, 'A')[0]['proxied'], 'it is proxied again', every=0.05)


def test_a_wildcard_certificate_by_the_agents_own_dns(knot, new_agent, tmp_path):
    pebble = Pebble(tmp_path / 'pebble', dns=knot.address)
    agent = new_agent(certificates=Certificates(tmp_path / 'certificates'), flags=[
        '-fqdn', NAME, *knot.flags(), '-public_address', OURS, '-acme_email', 'you@zone.test', '-acme_server', pebble.url,
        '-acme_ca', str(pebble.authority), '-acme_names', '*.' + NAME, '-acme_resolvers', knot.address]).start()

    def issued():
        shown_now = agent.get('/v1/certificates/default')
        return shown_now['source'] == 'ACME' and shown_now
    certificate = wait_until(issued, lambda: 'issued: %s' % agent.get('/v1/certificates/default'), every=0.1)
    assert sorted(certificate['names']) == ['*.' + NAME, NAME] and certificate['renewal']['challenge'] == 'dns-01'
    assert knot.records('_acme-challenge.' + NAME, 'TXT') == []
    pebble.close()


def test_the_double_of_cloudflare_is_like_the_real_one(tmp_path):
    """For certbot's own client of it."""
    pebble = Pebble(tmp_path / 'pebble')
    service = Cloudflare(mirror=pebble.set_txt)
    credentials = tmp_path / 'cloudflare.ini'
    credentials.write_text('dns_cloudflare_api_token = good-token\n')
    credentials.chmod(0o600)
    folders = [word for name in ('config', 'work', 'logs') for word in ('--%s-dir' % name, str(tmp_path / name))]
    done = subprocess.run(
        ['certbot', 'certonly', *folders, '-n', '--agree-tos', '-m', 'you@zone.test', '--server', pebble.url,
         '--dns-cloudflare', '--dns-cloudflare-credentials', str(credentials), '--dns-cloudflare-propagation-seconds', '1',
         '-d', '*.certbot.zone.test'],
        env={'PATH': '/usr/bin:/bin', 'REQUESTS_CA_BUNDLE': str(pebble.authority), 'CLOUDFLARE_API_URL': service.url},
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    changes = [method for method, path in service.calls if path.endswith('dns_records') and method != 'GET']
    assert changes == ['POST'] and service.records('_acme-challenge.certbot.zone.test', 'TXT') == []
    service.close()
    pebble.close()
