"""What the ports that speak TLS agree to, asked from outside as scanners of TLS ask."""
import subprocess
import xml.etree.ElementTree as xml

import pytest

from harness import tls_hello as tls
from harness.certificates import Authority, Certificates
from harness.tls_client import connect
from harness.waiting import LIMIT, wait_until

# (number, name) of what no profile has, a few of each kind.
BAD_CIPHERS = [
    (0x0000, 'NULL-NULL'), (0x0001, 'NULL-MD5'), (0x003b, 'NULL-SHA256'), (0xc006, 'ECDHE-ECDSA-NULL-SHA'),
    (0xc010, 'ECDHE-RSA-NULL-SHA'), (0x0003, 'EXP-RC4-MD5'), (0x0008, 'EXP-DES-CBC-SHA'), (0x0014, 'EXP-EDH-RSA-DES-CBC-SHA'),
    (0x0004, 'RC4-MD5'), (0x0005, 'RC4-SHA'), (0xc011, 'ECDHE-RSA-RC4-SHA'), (0xc007, 'ECDHE-ECDSA-RC4-SHA'),
    (0x0009, 'DES-CBC-SHA'), (0x000a, 'DES-CBC3-SHA'), (0xc012, 'ECDHE-RSA-DES-CBC3-SHA'), (0x0016, 'EDH-RSA-DES-CBC3-SHA'),
    (0x0018, 'ADH-RC4-MD5'), (0x0034, 'ADH-AES128-SHA'), (0x00a6, 'ADH-AES128-GCM-SHA256'), (0xc018, 'AECDH-AES128-SHA'),
    (0xc015, 'AECDH-NULL-SHA'), (0x002f, 'AES128-SHA'), (0x0035, 'AES256-SHA'), (0x003c, 'AES128-SHA256'),
    (0x009c, 'AES128-GCM-SHA256'), (0x009d, 'AES256-GCM-SHA384'), (0xc09c, 'AES128-CCM'), (0x0096, 'SEED-SHA'),
    (0x0007, 'IDEA-CBC-SHA'), (0x0041, 'CAMELLIA128-SHA'), (0x0033, 'DHE-RSA-AES128-SHA'), (0x009e, 'DHE-RSA-AES128-GCM-SHA256'),
    (0xccaa, 'DHE-RSA-CHACHA20-POLY1305'), (0xc013, 'ECDHE-RSA-AES128-SHA'), (0xc014, 'ECDHE-RSA-AES256-SHA'),
    (0xc027, 'ECDHE-RSA-AES128-SHA256'), (0xc028, 'ECDHE-RSA-AES256-SHA384'), (0xc009, 'ECDHE-ECDSA-AES128-SHA'),
    (0xc023, 'ECDHE-ECDSA-AES128-SHA256'), (0xc0ac, 'ECDHE-ECDSA-AES128-CCM'), (0xc031, 'ECDH-RSA-AES128-GCM-SHA256'),
    (0x008c, 'PSK-AES128-CBC-SHA'), (0x00a8, 'PSK-AES128-GCM-SHA256'), (0xc035, 'ECDHE-PSK-AES128-CBC-SHA'),
    (0x0080, 'GOST94-GOST89'), (0xc021, 'SRP-RSA-AES-256-CBC-SHA'), (0xc060, 'ECDHE-RSA-ARIA128-GCM-SHA256'),
]
OLD = [(tls.SSL3, 'SSLv3'), (tls.TLS10, 'TLSv1.0'), (tls.TLS11, 'TLSv1.1')]
OLD_CIPHERS = [0xc013, 0xc014, 0x002f, 0x0035, 0x000a, 0x0005, tls.RENEGOTIATION_SCSV]


@pytest.fixture(scope='module')
def directory(tmp_path_factory):
    """An ECDSA certificate, and an RSA one for the same names, so that each cipher could be agreed to."""
    made = Certificates.make(tmp_path_factory.mktemp('profile'))
    authority = Authority(made.directory)
    for kind, pair in (('ecdsa', authority.sign()), ('rsa', authority.sign(key=('-newkey', 'rsa:2048', '-nodes')))):
        (made.directory / kind).mkdir()
        for name, text in zip(('cert.pem', 'key.pem'), pair):
            (made.directory / kind / name).write_text(text)
    return made


@pytest.fixture(params=['intermediate', 'modern'])
def profile(request):
    return request.param


@pytest.fixture
def agent(new_agent, directory, profile):
    flags = [] if profile == 'intermediate' else ['-tls_profile', profile]
    return new_agent(certificates=directory, flags=[*flags, '-api_tls', 'proxy', '-trust_loopback=false']).launch()


@pytest.fixture
def ports(agent):
    """All ports that speak TLS, once they do."""
    def is_up():
        try:
            return all(not tls.greet(port, tls.client_hello(tls.TLS13, tls.CIPHERS_OF_13)).is_refused for port in made)
        except OSError:
            return False
    made = [agent.proxy_port, agent.rest_port, agent.grpc_port]
    wait_until(is_up, lambda: 'the ports speak TLS:\n' + agent.log(), every=0.05)
    return made


def test_what_is_too_old_or_too_weak_is_refused_at_every_port(ports, profile):
    for port in ports:
        for version, name in OLD:
            answer = tls.greet(port, tls.client_hello(version, OLD_CIPHERS))
            assert answer.alert in ('protocol_version', 'handshake_failure'), (name, vars(answer))
        # SSLv2's greeting: length, type 1, version 2, ciphers RC4 and 3DES.
        sslv2 = bytes.fromhex('802e0100020015000000100100800200800300800400800500800600400700c0') + bytes(16)
        assert tls.greet(port, sslv2).is_refused
        for number, name in BAD_CIPHERS:
            answer = tls.greet(port, tls.client_hello(ciphers=[number, tls.RENEGOTIATION_SCSV]))
            expected = {'handshake_failure', 'illegal_parameter', 'protocol_version'}
            assert answer.is_refused and answer.alert in expected, (name, vars(answer))
            # Nor by 1.3, which has numbers of its own.
            assert tls.greet(port, tls.client_hello(tls.TLS13, [number])).is_refused, name


def test_tls_1_2_belongs_to_intermediate(ports, profile):
    for port in ports:
        for name, number in tls.GOOD_CIPHERS.items():
            answer = tls.greet(port, tls.client_hello(ciphers=[number, tls.RENEGOTIATION_SCSV], compressions=b'\1\0'))
            if profile == 'modern':
                assert answer.alert == 'protocol_version', name
                continue
            assert (answer.version, answer.cipher, answer.compression) == (tls.TLS12, number, 0), (name, vars(answer))
            assert answer.random[-8:] == tls.DOWNGRADE_TO_12
            # RFC 5746 and RFC 7627.
            assert answer.extensions[0xff01] == b'\0'
            assert answer.session == b'', 'sessions are in tickets'
        for number in tls.CIPHERS_OF_13:
            answer = tls.greet(port, tls.client_hello(tls.TLS13, [number], session=bytes(32)))
            assert (answer.version, answer.cipher) == (tls.TLS13, number)
            assert answer.random[-8:] != tls.DOWNGRADE_TO_12
            assert answer.session == bytes(32), 'the middlebox form of RFC 8446 appendix D.4'


def test_curves_signatures_and_fallbacks(ports, profile):
    for port in ports:
        for curve in (tls.X25519, tls.P256, tls.P384):
            answer = tls.greet(port, tls.client_hello(curves=[curve]))
            assert answer.is_refused if profile == 'modern' else answer.curve == curve
        for curve in (tls.P521, tls.X448, 0x0016, 0x0013, 0x001a, 0x0100):
            assert tls.greet(port, tls.client_hello(curves=[curve])).is_refused, hex(curve)
        for version, ciphers in ((tls.TLS12, list(tls.GOOD_CIPHERS.values())), (tls.TLS13, tls.CIPHERS_OF_13)):
            for signatures in (tls.SHA1_ONLY, [0x0303, 0x0301], []):
                assert tls.greet(port, tls.client_hello(version, ciphers, signatures=signatures)).is_refused, signatures
        if profile == 'intermediate':
            # RFC 7507: a client that tries an older version than it has, although the server has the newer one, too.
            answer = tls.greet(port, tls.client_hello(ciphers=[0xc02b, 0xc02f, tls.FALLBACK_SCSV]))
            assert answer.alert == 'inappropriate_fallback'
        # Heartbeats (RFC 6520), NPN and early data are not agreed to.
        more = tls.extension(15, b'\1') + tls.extension(13172, b'') + tls.extension(42, b'')
        answer = tls.greet(port, tls.client_hello(tls.TLS13, tls.CIPHERS_OF_13, more=more))
        assert not {15, 13172, 42} & set(answer.extensions)


def s_client(port, *arguments, typed=b'', **more):
    return subprocess.run(['openssl', 's_client', '-connect', '127.0.0.1:%d' % port, '-servername', 'localhost', *arguments],
                          input=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT, **more).stdout.decode()


def test_whole_handshakes_of_openssls_own_client(agent, ports, profile, directory):
    port = agent.proxy_port
    trusted = ['-CAfile', str(directory.authority), '-verify_return_error']
    if profile == 'intermediate':
        for name in tls.GOOD_CIPHERS:
            said = s_client(port, '-tls1_2', '-cipher', name, *trusted)
            assert 'Cipher is ' + name in said and 'Compression: NONE' in said, said
            assert 'Secure Renegotiation IS supported' in said and 'Extended master secret: yes' in said
        # "R" on a line of its own renegotiates.
        said = s_client(port, '-tls1_2', *trusted, typed=b'R\n')
        assert 'RENEGOTIATING' in said and 'no renegotiation' in said, said
    said = s_client(port, '-tls1_3', *trusted)
    assert 'New, TLSv1.3' in said and 'Verify return code: 0 (ok)' in said
    assert 'Early data was not sent' in said


def counted(agent, name, **labels):
    """The sum of a metric's series that have these labels."""
    text = subprocess.run(['curl', '-sk', '-H', 'Authorization: Bearer ' + (agent.state_dir / 'api.token').read_text().strip(),
                           'https://127.0.0.1:%d/metrics' % agent.rest_port], stdout=subprocess.PIPE, check=True).stdout.decode()
    wanted = ['%s="%s"' % item for item in labels.items()]
    return sum(float(line.rsplit(' ', 1)[1]) for line in text.splitlines()
               if line.startswith(name + '{') and all(each in line for each in wanted))


@pytest.mark.parametrize('profile', ['intermediate'], indirect=True)
def test_handshakes_are_counted_by_version_and_by_what_was_wrong(agent, ports, directory):
    port = agent.proxy_port

    def after(action, name, **labels):
        before = counted(agent, name, server='proxy', **labels)
        action()
        wait_until(lambda: counted(agent, name, server='proxy', **labels) == before + 1, str(labels), every=0.05)
    other = Authority(agent.directory / 'other').certificate
    good, bad = 'mex_server_tls_handshakes_total', 'mex_server_tls_failures_by_reason_total'
    for flag, version in (('-tls1_2', '1.2'), ('-tls1_3', '1.3')):
        after(lambda: s_client(port, flag), good, version=version, resumed='false')
    session = str(agent.directory / 'session')
    s_client(port, '-tls1_2', '-sess_out', session)
    after(lambda: s_client(port, '-tls1_2', '-sess_in', session), good, version='1.2', resumed='true')
    after(lambda: tls.greet(port, tls.client_hello(tls.TLS11, OLD_CIPHERS)), bad, reason='version')
    after(lambda: tls.greet(port, tls.client_hello(ciphers=[0x002f])), bad, reason='parameters')
    after(lambda: tls.greet(port, b'GET / HTTP/1.1\r\n\r\n'), bad, reason='clear_text')
    after(lambda: tls.greet(port, tls.client_hello(signatures=tls.SHA1_ONLY)), bad, reason='parameters')
    after(lambda: s_client(port, '-tls1_2', '-verify_return_error', '-CAfile', str(other)), bad, reason='client_alert')
    assert counted(agent, 'mex_server_tls_handshake_failures_total', server='proxy') == counted(agent, bad, server='proxy')


@pytest.mark.parametrize('profile', ['intermediate'], indirect=True)
def test_who_renegotiates_ends_no_other_connection(agent, ports):
    with connect(agent) as other:
        s_client(agent.proxy_port, '-tls1_2', typed=b'R\n')
        other.sendall(b'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
        assert other.recv(100).startswith(b'HTTP/1.1 404')


def test_what_sslscan_finds(agent, ports, profile):
    printed = subprocess.run(['sslscan', '--xml=-', '--no-check-certificate', '--sni-name=localhost',
                              '127.0.0.1:%d' % agent.proxy_port], stdout=subprocess.PIPE, timeout=LIMIT, check=True).stdout
    found = xml.fromstring(printed).find('ssltest')
    on = {(each.get('type'), each.get('version')) for each in found.findall('protocol') if each.get('enabled') == '1'}
    assert on == ({('tls', '1.2'), ('tls', '1.3')} if profile == 'intermediate' else {('tls', '1.3')})
    assert all(each.get('supported') == '0' for each in found.findall('compression'))
    for each in found.findall('heartbleed'):
        assert each.get('vulnerable') == '0'
    for each in found.findall('cipher'):
        assert each.get('strength') in ('acceptable', 'strong') and int(each.get('bits')) >= 128
        assert each.get('cipher') in tls.GOOD_CIPHERS or each.get('sslversion') == 'TLSv1.3', each.attrib
    assert {each.get('name') for each in found.findall('group')} <= {'x25519', 'secp256r1 (NIST P-256)', 'secp384r1 (NIST P-384)'}
