"""Certificates that others put into the agent's directory."""
import re
import shutil
import socket
import time

import pytest

from harness.certificates import Authority, Certificates
from harness.origin import Origin
from harness.tls_client import connect, der, describe, served_certificate
from harness.waiting import LIMIT, wait_until


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp('authority'))


@pytest.fixture
def directory(tmp_path):
    """The agent's directory of certificates, empty."""
    made = tmp_path / 'certificates'
    made.mkdir()
    return made


@pytest.fixture
def start(new_agent, directory):
    return lambda *flags: new_agent(certificates=Certificates(directory), flags=['-fqdn', 'agent1.test', *flags]).start()


def put(directory, pair):
    """As `install` does it: each file is written in place."""
    (directory / 'cert.pem').write_text(pair[0])
    (directory / 'key.pem').write_text(pair[1])


def serves(agent, pair, name='localhost'):
    wait_until(lambda: served_certificate(agent, name) == der(pair[0]), 'the certificate is served', every=0.02)


def shown(agent, name='default'):
    return {each['name']: each for each in agent.get('/v1/certificates')['certificates']}[name]


def test_with_nothing_the_port_answers_with_what_says_that_it_is_not_to_be_trusted(start, directory):
    agent = start()
    assert 'acme/README.md' in agent.log() and str(directory / 'cert.pem') in agent.log()
    text = describe(served_certificate(agent, 'agent1.test'), '-subject', '-ext', 'subjectAltName')
    assert 'self-signed by mexosagent, not trusted' in text and 'DNS:agent1.test' in text
    ready = agent.rest('GET', '/readyz')
    assert ready.status_code == 503 and str(directory / 'cert.pem') in ready.text
    assert agent.post('/v1/status', {})['message'].startswith('OK')


def test_the_first_real_one_is_served_without_a_restart(start, directory, authority):
    agent = start()
    pair = authority.sign()
    put(directory, pair)
    serves(agent, pair)
    origin = Origin()
    agent.add_route('/p', origin.url)
    with connect(agent, authority=authority.certificate) as connection:
        connection.sendall(b'GET /p HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
        assert connection.recv(100).startswith(b'HTTP/1.1 200')
    assert agent.rest('GET', '/readyz').status_code == 200
    origin.close()


def test_every_way_of_replacing_files_is_seen(start, directory, authority, tmp_path):
    put(directory, authority.sign())
    agent = start()
    # In place.
    pair = authority.sign()
    put(directory, pair)
    serves(agent, pair)
    # Renamed over.
    pair = authority.sign()
    for name, text in zip(('cert.pem', 'key.pem'), pair):
        (directory / ('.new-' + name)).write_text(text)
        (directory / ('.new-' + name)).rename(directory / name)
    serves(agent, pair)
    # A mounted secret of Kubernetes: files are links through a link that is exchanged.
    versions = [authority.sign(), authority.sign()]
    for number, version in enumerate(versions):
        (directory / ('..%d' % number)).mkdir()
        put(directory / ('..%d' % number), version)
    (directory / '..data').symlink_to('..0')
    for name in ('cert.pem', 'key.pem'):
        (directory / name).unlink()
        (directory / name).symlink_to('..data/' + name)
    serves(agent, versions[0])
    (directory / '..data_tmp').symlink_to('..1')
    (directory / '..data_tmp').rename(directory / '..data')
    serves(agent, versions[1])
    # Certbot's directory: links elsewhere, which are replaced there.
    live = tmp_path / 'live'
    live.mkdir()
    put(live, authority.sign())
    for name in ('cert.pem', 'key.pem'):
        (directory / name).unlink()
        (directory / name).symlink_to(live / name)
    pair = authority.sign()
    put(live, pair)
    serves(agent, pair)


def test_a_bad_pair_leaves_the_old_one_serving_and_is_told(start, directory, authority):
    good = authority.sign()
    put(directory, good)
    agent = start()
    told = 'a certificate needs attention'
    for name, text, reason in (('key.pem', authority.sign()[1], 'is not the key'),
                               ('cert.pem', 'nonsense', 'holds no certificate')):
        before = agent.log().count(told)
        (directory / name).write_text(text)
        wait_until(lambda: reason in shown(agent).get('problem', ''), 'the reason is shown', every=0.05)
        wait_until(lambda: agent.log().count(told) == before + 1, 'it is logged once', every=0.05)
        assert served_certificate(agent) == der(good[0])
        assert agent.rest('GET', '/readyz').status_code == 200
        put(directory, good)
        wait_until(lambda: 'problem' not in shown(agent), 'it is in order again', every=0.05)
    put(directory, authority.sign(days=-1))
    wait_until(lambda: 'expired at' in shown(agent).get('problem', ''), 'the reason is told', every=0.05)
    assert served_certificate(agent) == der(good[0])


def test_names_choose_among_several(start, directory, authority):
    default, apps = authority.sign(), authority.sign(names=['DNS:*.apps.test', 'DNS:apps.test'])
    put(directory, default)
    agent = start()
    (directory / 'apps').mkdir()
    put(directory / 'apps', apps)
    for name, pair in (('a.apps.test', apps), ('apps.test', apps), ('localhost', default), ('other.test', default)):
        serves(agent, pair, name)
    assert shown(agent, 'apps')['names'] == ['*.apps.test', 'apps.test']
    shutil.rmtree(directory / 'apps')
    serves(agent, default, 'a.apps.test')


def test_the_list_and_the_metrics_tell_the_end(start, directory, authority):
    pair = authority.sign()
    put(directory, pair)
    agent = start()
    certificate = shown(agent)
    assert certificate['source'] == 'FILES'
    assert certificate['issuer'] == 'CN=test authority'
    assert certificate['names'] == ['localhost', 'agent1.medge.gq', '127.0.0.1']
    assert certificate['serial'] == describe(der(pair[0]), '-serial').strip().removeprefix('serial=')
    assert certificate['files'] == {'certificate': str(directory / 'cert.pem'), 'key': str(directory / 'key.pem')}
    [end] = re.findall(r'^mex_certificate_not_after_seconds\{certificate="default"\} (\d+)$',
                       agent.rest('GET', '/metrics').text, re.MULTILINE)
    assert time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(int(end))) == certificate['not_after']


def test_connections_go_on_while_the_certificate_changes(start, directory, authority):
    put(directory, authority.sign())
    agent = start()
    origin = Origin()
    agent.add_route('/p', origin.url)
    connections = [connect(agent, authority=authority.certificate) for _ in range(50)]
    pair = authority.sign()
    put(directory, pair)
    serves(agent, pair)
    for connection in connections:
        connection.sendall(b'GET /p HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
        assert connection.recv(100).startswith(b'HTTP/1.1 200')
        connection.close()
    origin.close()


def test_with_the_proxy_off_there_are_none(start):
    agent = start('-proxy', '')
    assert agent.get('/v1/certificates') == {}
    with pytest.raises(OSError):
        socket.create_connection(('127.0.0.1', agent.proxy_port), timeout=LIMIT).close()
