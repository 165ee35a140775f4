"""What certificates' authorities say of them, stapled: openssl's own responder, and one that lies."""
import subprocess

import pytest

from harness.certificates import Authority, Certificates
from harness.ocsp_responder import LyingResponder, RealResponder
from harness.waiting import LIMIT, wait_until

LIES = {'page': 'it is no answer of OCSP', 'unauthorized': 'the responder says: unauthorized',
        'unsigned': 'it is not signed by the certificate\'s issuer', 'another': 'it is about another certificate',
        'expired': 'it was good until', 'early': 'it is not good before', 'timeless': 'it does not say until when',
        'longer': 'it is no answer of OCSP', 'breaks': 'status 500', 'redirects': 'status 302', 'endless': '65536',
        'stalls': ''}


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / 'authority')


@pytest.fixture
def directory(tmp_path):
    made = tmp_path / 'certificates'
    made.mkdir()
    return made


@pytest.fixture
def agent(new_agent, directory):
    return new_agent(certificates=Certificates(directory))


@pytest.fixture
def liar(authority):
    responder = LyingResponder(authority)
    yield responder
    responder.close()


def put(folder, authority, url, name='localhost', *more):
    """A certificate that says to ask at `url`, with its issuer behind it."""
    folder.mkdir(exist_ok=True)
    certificate, key = authority.sign(['DNS:' + name], extensions=['authorityInfoAccess=OCSP;URI:' + url, *more])
    (folder / 'key.pem').write_text(key)
    (folder / 'cert.pem').write_text(certificate + authority.certificate.read_text())
    return certificate


def stapled(agent, name='localhost'):
    """What openssl s_client is shown with the certificate: 'good', 'revoked' or nothing."""
    said = subprocess.run(['openssl', 's_client', '-connect', '127.0.0.1:%d' % agent.proxy_port, '-servername', name, '-status'],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=LIMIT).stdout.decode()
    if 'no response sent' in said:
        return ''
    return said.split('Cert Status: ')[1].split()[0]


def shown(agent, name='default'):
    return agent.get('/v1/certificates/' + name).get('ocsp', {})


@pytest.mark.parametrize('status, word', [('V', 'good'), ('R', 'revoked')])
def test_what_openssls_responder_says_is_stapled(agent, directory, authority, status, word):
    responder = RealResponder(authority.certificate.parent, authority)
    certificate = put(directory, authority, responder.url, 'localhost', 'tlsfeature=status_request')
    try:
        responder.start(certificate, status)
        agent.start()
        wait_until(lambda: stapled(agent) == word, lambda: 'it is stapled; log:\n' + agent.log(), every=0.05)
    finally:
        responder.close()
    view = shown(agent)
    assert view['status'] == word.upper() and view['responder'] == responder.url and 'problem' not in view
    assert ('a certificate is not good' in agent.log()) == (word == 'revoked')
    # curl believes only what is stapled.
    done = subprocess.run(['curl', '-sS', '--cert-status', '--cacert', str(authority.certificate), '--connect-to', '::127.0.0.1:%d' % agent.proxy_port,
                           'https://localhost/'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert (done.returncode == 0) == (word == 'good'), done.stderr


def test_lies_are_not_stapled_and_keep_no_one_from_being_served(agent, directory, authority, liar):
    for lie in LIES:
        put(directory / lie, authority, '%s/%s' % (liar.url, lie), lie + '.example')
    put(directory / 'good', authority, liar.url + '/good', 'good.example')
    put(directory, authority, 'http://127.0.0.1:1/')
    agent.start()
    for lie, problem in LIES.items():
        wait_until(lambda: problem in shown(agent, lie).get('problem', '') and shown(agent, lie).get('problem'),
                   lambda: '%s is seen: %s' % (lie, shown(agent, lie)), every=0.1)
        assert stapled(agent, lie + '.example') == '', lie
        assert 'status' not in shown(agent, lie)
    wait_until(lambda: stapled(agent, 'good.example') == 'good', 'what is good is stapled', every=0.1)
    assert len(liar.asked) == len(set(liar.asked)), 'no one is asked twice at once'


def test_an_answer_is_shown_while_it_is_good_and_no_longer(agent, directory, authority, liar):
    put(directory, authority, liar.url + '/short')
    put(directory / 'long', authority, liar.url + '/good', 'long.example')
    agent.start()
    wait_until(lambda: stapled(agent) == 'good', 'it is stapled', every=0.02)
    liar.is_down = True
    wait_until(lambda: stapled(agent) == '', 'it is dropped when its time is over', every=0.05)
    assert stapled(agent, 'long.example') == 'good'
    assert 'status' not in shown(agent) and shown(agent, 'long')['status'] == 'GOOD'


def test_a_replaced_certificate_gets_its_own_answer(agent, directory, authority, liar):
    put(directory, authority, liar.url + '/good')
    agent.start()
    wait_until(lambda: stapled(agent) == 'good', 'it is stapled', every=0.05)
    assert shown(agent)['status'] == 'GOOD'
    put(directory, authority, liar.url + '/unsigned')
    wait_until(lambda: shown(agent).get('responder', '').endswith('/unsigned'), 'it is served', every=0.05)
    wait_until(lambda: shown(agent).get('problem'), 'it was asked about', every=0.05)
    assert stapled(agent) == ''


def test_a_certificate_that_names_no_responder_is_served_as_it_is(agent, directory, authority):
    certificate, key = authority.sign(['DNS:localhost'], extensions=['tlsfeature=status_request'])
    (directory / 'cert.pem').write_text(certificate)
    (directory / 'key.pem').write_text(key)
    agent.start()
    assert stapled(agent) == '' and shown(agent) == {}
    assert any('RFC 7633' in notice for notice in agent.get('/v1/certificates/default')['notices'])
