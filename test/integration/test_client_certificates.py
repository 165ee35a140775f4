"""Hosts of the proxy that ask their clients for a certificate."""
import json
import socket
import ssl
import subprocess

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from harness import stored_records
from harness.client_authority import ClientAuthority
from harness.origin import Origin
from harness.waiting import LIMIT

GUARDED, OPEN = 'guarded.example', 'open.example'
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
PATH = '/v1/client-authentications/'


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    return ClientAuthority(tmp_path_factory.mktemp('clients'))


@pytest.fixture(scope='module')
def origin():
    server = Origin()
    yield server
    server.close()


@pytest.fixture
def agent(new_agent, origin):
    made = new_agent(flags=['-shards', '2']).start()
    made.add_route('/', origin.url)
    return made


def ask(agent, host=GUARDED, **body):
    answer = agent.rest('PUT', PATH + host, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def context_of(holder=None, version=None):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    if holder:
        context.load_cert_chain(str(holder.file))
    return context


def exchange(connection, host, headers=''):
    """Status and body; (0, b'') if the connection ends instead."""
    connection.sendall(('GET /echo HTTP/1.1\r\nHost: %s\r\n%s\r\n' % (host, headers)).encode())
    with connection.makefile('rb') as stream:
        line = stream.readline()
        length = 0
        while (header := stream.readline().strip()):
            if header.lower().startswith(b'content-length:'):
                length = int(header.split(b':')[1])
        return (int(line.split()[1]), stream.read(length)) if line else (0, b'')


def visit(agent, name=GUARDED, holder=None, version=None, host=None, headers=''):
    """What the origin was told of the request, a status that is not 200, or the alert that ended the handshake."""
    try:
        with socket.create_connection(('127.0.0.1', agent.proxy_port), timeout=LIMIT) as plain:
            with context_of(holder, version).wrap_socket(plain, server_hostname=name) as connection:
                status, body = exchange(connection, host or name, headers)
                return {key.lower(): value for key, value in json.loads(body)['headers'].items()} if status == 200 else status
    except ssl.SSLError as problem:
        return problem.reason


@pytest.mark.parametrize('version', VERSIONS)
def test_who_gets_in(agent, root, version):
    assert ask(agent, ca=root.pem, crl='')['authorities'] == ['CN=device authority']
    good = root.issue()
    told = visit(agent, holder=good, version=version)
    assert told['client-cert'] == good.sequence and told['client-cert-chain'] == root.sequence
    # A host of its own, and the others.
    assert 'client-cert' not in visit(agent, OPEN, good, version)
    nothing = 'TLSV13_ALERT_CERTIFICATE_REQUIRED' if version == VERSIONS[1] else 'SSLV3_ALERT_HANDSHAKE_FAILURE'
    elsewhere = ClientAuthority(root.directory, 'device authority')
    rows = [(None, nothing), (elsewhere.issue(), ('TLSV1_ALERT_UNKNOWN_CA', 'TLSV1_ALERT_DECRYPT_ERROR')),
            (root.issue(has_expired=True), 'SSLV3_ALERT_CERTIFICATE_EXPIRED'),
            (root.issue(usage=ExtendedKeyUsageOID.SERVER_AUTH), 'SSLV3_ALERT_UNSUPPORTED_CERTIFICATE')]
    for holder, expected in rows:
        alert = visit(agent, holder=holder, version=version)
        assert alert in (expected if isinstance(expected, tuple) else (expected,)), (alert, expected)


def test_optional_lets_in_who_shows_nothing_and_no_one_who_shows_what_is_not_good(agent, root):
    assert ask(agent, ca=root.pem, mode='OPTIONAL')['mode'] == 'OPTIONAL'
    assert 'client-cert' not in visit(agent)
    good = root.issue()
    assert visit(agent, holder=good)['client-cert'] == good.sequence
    assert visit(agent, holder=root.issue(has_expired=True)) == 'SSLV3_ALERT_CERTIFICATE_EXPIRED'


def test_what_was_taken_back_does_not_get_in(agent, root):
    kept, lost = root.issue('kept'), root.issue('lost')
    ask(agent, ca=root.pem, crl=root.revocations(lost))
    assert 'client-cert' in visit(agent, holder=kept)
    assert visit(agent, holder=lost) == 'SSLV3_ALERT_CERTIFICATE_REVOKED'
    ask(agent, ca=root.pem, crl=root.revocations(has_expired=True))
    assert visit(agent, holder=kept) == 'SSLV3_ALERT_CERTIFICATE_EXPIRED'
    ask(agent, ca=root.pem)
    assert 'client-cert' in visit(agent, holder=lost)


def test_depth_and_authorities_between(agent, root):
    below = ClientAuthority(root.directory, 'factory', root)
    device = ClientAuthority(root.directory, 'line 1', below).issue()
    ask(agent, ca=root.pem, depth=2)
    told = visit(agent, holder=device)
    assert told['client-cert-chain'].count(', ') == 2 and below.sequence in told['client-cert-chain']
    ask(agent, ca=root.pem)
    assert visit(agent, holder=device) == 'TLSV1_ALERT_UNKNOWN_CA'
    # An authority that is given is trusted by itself.
    ask(agent, ca=below.pem)
    assert 'client-cert' in visit(agent, holder=device)
    assert visit(agent, holder=root.issue()) == 'TLSV1_ALERT_UNKNOWN_CA'


@pytest.mark.parametrize('version', VERSIONS)
def test_a_connection_for_another_host_gets_no_way_around(agent, root, version):
    ask(agent, ca=root.pem)
    ask(agent, host='*.deep.example', ca=root.pem, mode='OPTIONAL')
    good = root.issue()
    for host in (GUARDED, GUARDED.upper(), GUARDED + '.', GUARDED + ':443', 'a.deep.example', 'b.a.deep.example'):
        assert visit(agent, OPEN, good, version, host=host) == 421, host
    # Also without any name, also with a certificate for a host that asks for another one.
    assert visit(agent, None, good, version, host=GUARDED) == 421
    assert visit(agent, 'a.deep.example', good, version, host=GUARDED) == 421
    # What asks for nothing may be asked on any connection, and is told nothing of the certificate it did not ask for.
    assert visit(agent, GUARDED, good, version, host=OPEN) != 421


def curl(agent, *arguments):
    return subprocess.run(['curl', '-sk', '--http2', '--max-time', str(int(LIMIT)), '--connect-to', '::127.0.0.1:%d' % agent.proxy_port,
                           '-w', '\n%{http_code} %{http_version} %{num_connects}', *arguments], stdout=subprocess.PIPE,
                          check=False).stdout.decode().splitlines()


def test_http2_coalesced_onto_another_hosts_connection(agent, root):
    good = root.issue()
    ask(agent, ca=root.pem)
    assert curl(agent, '-E', str(good.file), 'https://%s/echo' % GUARDED)[-1] == '200 2 1'
    said = curl(agent, '-E', str(good.file), '-H', 'Host: ' + GUARDED, 'https://%s/echo' % OPEN)
    assert said[-1] == '421 2 1' and 'client certificate' in said[0]


def test_clients_cannot_say_it_themselves(new_agent, origin, root):
    agent = new_agent(flags=['-trusted_peers', '127.0.0.1']).start()
    agent.add_route('/', origin.url)
    ask(agent, ca=root.pem, mode='OPTIONAL')
    lies = 'Client-Cert: :AAAA:\r\nclient-cert-chain: :AAAA:\r\nClient_Cert: :AAAA:\r\n'
    for name in (OPEN, GUARDED):
        told = visit(agent, name, headers=lies)
        assert not [key for key in told if key.replace('_', '-').startswith('client-cert')], told
    good = root.issue()
    assert visit(agent, holder=good, headers=lies)['client-cert'] == good.sequence


def test_a_ticket_of_another_host_lets_no_one_in(agent, root):
    ask(agent, ca=root.pem)
    for version in VERSIONS:
        context = context_of(version=version)

        def connect(name, session=None):
            plain = socket.create_connection(('127.0.0.1', agent.proxy_port), timeout=LIMIT)
            connection = context.wrap_socket(plain, server_hostname=name, session=session)
            return connection, exchange(connection, name)[0]
        first, status = connect(OPEN)
        assert status == 200
        again, status = connect(OPEN, first.session)
        assert status == 200 and again.session_reused
        with pytest.raises(ssl.SSLError):
            connect(GUARDED, first.session)
        first.close(), again.close()


def test_a_change_touches_no_other_connection_and_lasts(agent, root):
    with socket.create_connection(('127.0.0.1', agent.proxy_port), timeout=LIMIT) as plain:
        with context_of().wrap_socket(plain, server_hostname=OPEN) as kept:
            assert exchange(kept, OPEN)[0] == 200
            assert visit(agent) != 421
            ask(agent, ca=root.pem)
            assert exchange(kept, OPEN)[0] == 200
            assert exchange(kept, GUARDED)[0] == 421, 'what asks from now on asks of old connections, too'
    agent.restart()
    assert visit(agent) == 'TLSV13_ALERT_CERTIFICATE_REQUIRED'
    listed, = agent.get(PATH[:-1])['client_authentications']
    assert (listed['host'], listed['mode'], listed['depth']) == (GUARDED, 'REQUIRED', 1)
    assert agent.rest('DELETE', PATH + GUARDED).status_code == 200
    assert isinstance(visit(agent), dict)
    assert agent.rest('DELETE', PATH + GUARDED).status_code == 404


def test_what_is_wrong_is_said_and_changes_nothing(agent, root):
    for host, body, field in ((GUARDED, {'ca': 'x'}, 'ca'), (GUARDED, {'ca': root.pem, 'crl': 'x'}, 'crl'),
                              (GUARDED, {'ca': root.issue().pem}, 'ca'), (GUARDED, {'ca': root.pem, 'depth': 11}, 'depth'),
                              ('a..b', {'ca': root.pem}, 'host'), (GUARDED, {'ca': root.pem, 'host': OPEN}, 'host')):
        answer = agent.rest('PUT', PATH + host, body)
        assert answer.status_code == 400 and answer.json()['message'].startswith(field + ': '), answer.text
    assert agent.get(PATH[:-1]).get('client_authentications', []) == []


def test_a_host_whose_record_cannot_be_read_is_closed(agent, root):
    ask(agent, ca=root.pem)
    agent.kill()
    stored_records.write(agent, '/client-authentications/' + GUARDED, b'{"host":')
    agent.start()
    assert isinstance(visit(agent, OPEN), dict)
    assert visit(agent, holder=root.issue()) == 'TLSV1_ALERT_UNKNOWN_CA'
    assert visit(agent) == 'TLSV13_ALERT_CERTIFICATE_REQUIRED'
