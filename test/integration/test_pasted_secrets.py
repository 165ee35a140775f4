"""Keys and tokens as people paste them: what is around them goes, what cannot be one is refused at the start with the
flag or variable that has it, and no part of it is in any message."""
import subprocess

import pytest

from harness.waiting import LIMIT, wait_until

NAME = 'agent1.zone.test'
SECRET = 'Hidden-Secret-Word-0123456789'
AROUND = ['{}\n', '{}\r\n', ' {} ', '\ufeff{}', '\ufeff{}\r\n', '\n{}\n\n', '{}\t']
# What the text is, and a part of what is said of it.
CANNOT_BE = [('CF_Token={}', 'looks like a line of a shell'), ('export CF_Token={}', 'looks like a line of a shell'),
             ('Bearer {}', 'looks like a header'), ('"{}"', 'is in quotation marks'), ("'{}'", 'is in quotation marks'),
             ('{}\n{}', 'has more than one line'), ('a {}', 'has a blank in it'), ('', 'holds nothing'), (' \r\n', 'holds nothing'),
             ('-----BEGIN PRIVATE KEY-----\n{}\n', 'looks like a PEM file'), ('\ufeff', 'holds nothing'),
             ('{}\u201d', 'not ASCII'), ('{{"token": "{}"}}', 'looks like JSON')]


def text_of(form, secret):
    return form.replace('{}', secret).replace('{{', '{').replace('}}', '}')


def refusal(agent):
    """The one line with which the start fails."""
    agent.launch()
    assert agent.process.wait(LIMIT) == 1, agent.log()
    errors = [line for line in agent.log().splitlines() if ' error ' in line]
    assert len(errors) == 1, agent.log()
    assert 'Hidden' not in agent.log() and 'Word' not in agent.log()
    return errors[0]


def dns_agent(new_agent, service, environment=(), *flags):
    return new_agent(environment={'CLOUDFLARE_API_URL': service.url, **dict(environment)}, flags=[
        '-fqdn', NAME, '-dns', 'cloudflare', '-public_address', '203.0.113.5', '-dns_interval', '1s', *flags])


def leads_here(service):
    wait_until(lambda: service.records(NAME, 'A') == ['203.0.113.5'], 'the name is registered', every=0.05)


@pytest.mark.parametrize('form', AROUND)
def test_what_is_around_a_token_in_a_file_goes(new_agent, cloudflare, tmp_path, form):
    file = tmp_path / 'token'
    file.write_text(text_of(form, 'good-token'))
    dns_agent(new_agent, cloudflare, (), '-dns_token', str(file)).start()
    leads_here(cloudflare)


@pytest.mark.parametrize('form', ['{}\n', '{}\r', ' {} ', '\ufeff{}\r\n'])
def test_what_is_around_a_token_in_a_variable_goes(new_agent, cloudflare, form):
    dns_agent(new_agent, cloudflare, {'CF_Token': text_of(form, 'good-token')}).start()
    leads_here(cloudflare)


@pytest.mark.parametrize('form, says', CANNOT_BE)
def test_what_cannot_be_a_token_ends_the_start(new_agent, cloudflare, tmp_path, form, says):
    file = tmp_path / 'token'
    file.write_text(text_of(form, SECRET))
    line = refusal(dns_agent(new_agent, cloudflare, (), '-dns_token', str(file)))
    assert '-dns_token: %s %s' % (file, says) in line or says in line and '-dns_token: %s' % file in line
    assert cloudflare.calls == []


@pytest.mark.parametrize('variable', ['CF_Token', 'CF_API_TOKEN', 'CLOUDFLARE_API_TOKEN'])
def test_a_variable_is_named(new_agent, cloudflare, variable):
    assert variable + ' looks like a header' in refusal(dns_agent(new_agent, cloudflare, {variable: 'Bearer ' + SECRET}))


def test_a_global_key_is_judged_too(new_agent, cloudflare):
    line = refusal(dns_agent(new_agent, cloudflare, {'CF_Key': 'X-Auth-Key: ' + SECRET, 'CF_Email': 'you@zone.test'}))
    assert 'CF_Key looks like a header' in line


def test_a_token_is_replaced_without_a_restart(new_agent, cloudflare, tmp_path):
    file = tmp_path / 'token'
    file.write_text('weak-token\n')
    agent = dns_agent(new_agent, cloudflare, (), '-dns_token', str(file)).start()
    wait_until(lambda: agent.get('/v1/dns-records').get('problem'), 'the token is too weak', every=0.05)
    file.write_text('good-token\n')
    agent.post('/v1/dns-records:register', {})
    leads_here(cloudflare)
    file.write_text('Bearer ' + SECRET)
    wait_until(lambda: 'looks like a header' in agent.get('/v1/dns-records').get('problem', ''), 'it is said', every=0.05)
    assert SECRET not in agent.log() and cloudflare.records(NAME, 'A') == ['203.0.113.5']


# TSIG.

def tsig_agent(new_agent, knot, file):
    return new_agent(flags=['-fqdn', NAME, '-dns', 'rfc2136', '-dns_server', knot.address, '-dns_key', str(file),
                            '-public_address', '203.0.113.5', '-dns_interval', '1s'])


def broken_keys(whole):
    secret = whole.split('"')[3]
    return {'empty': ('', 'is empty'), 'half': (whole[:len(whole) // 2], 'does not end'),
            'no base64': (whole.replace(secret, '***'), 'not base64'),
            'cut secret': (whole.replace(secret, secret[:21]), 'not base64, or is cut short'),
            'secret alone': (secret + '\n', 'name and algorithm are missing'), 'text': ('nothing here\n', 'has no key in it')}


@pytest.mark.parametrize('fault', ['empty', 'half', 'no base64', 'cut secret', 'secret alone', 'text'])
def test_a_key_file_without_a_whole_key_ends_the_start(new_agent, knot, tmp_path, fault):
    text, says = broken_keys(knot.key.read_text())[fault]
    file = tmp_path / 'broken'
    file.write_text(text)
    agent = tsig_agent(new_agent, knot, file).launch()
    assert agent.process.wait(LIMIT) == 1, agent.log()
    assert '-dns_key: %s ' % file in agent.log() and says in agent.log()
    assert knot.key.read_text().split('"')[3] not in agent.log()
    assert knot.records(NAME, 'A') == []


def test_a_key_file_that_breaks_later_leads_to_no_update_that_is_not_signed(new_agent, knot, tmp_path):
    file = tmp_path / 'key'
    whole = knot.key.read_text()
    file.write_text(whole)
    agent = tsig_agent(new_agent, knot, file).start()
    wait_until(lambda: knot.records(NAME, 'A') == ['203.0.113.5'], 'the name is registered', every=0.05)
    for text, says in broken_keys(whole).values():
        file.write_text(text)
        wait_until(lambda: says in agent.get('/v1/dns-records').get('problem', ''),
                   lambda: '%s is said: %s' % (says, agent.get('/v1/dns-records').get('problem')), every=0.05)
    # Knot says of an update without a key that its access is denied.
    assert 'denied' not in knot.log().lower(), knot.log()
    file.write_text('\ufeff' + whole.replace('\n', '\r\n'))
    wait_until(lambda: 'problem' not in agent.get('/v1/dns-records'), 'all is well again', every=0.05)


def test_knots_own_form_of_a_key_is_read(new_agent, knot, tmp_path):
    secret = knot.key.read_text().split('"')[3]
    file = tmp_path / 'key'
    file.write_text('# hmac-sha256:agent:%s\nkey:\n  - id: agent\n    algorithm: hmac-sha256\n    secret: %s\n' % (secret, secret))
    tsig_agent(new_agent, knot, file).start()
    wait_until(lambda: knot.records(NAME, 'A') == ['203.0.113.5'], 'the name is registered', every=0.05)
    # No argument of a program has it.
    assert secret not in subprocess.run(['ps', '-eo', 'args'], stdout=subprocess.PIPE, text=True).stdout


# The external account of an authority, found out at the start and not at the first order.

@pytest.mark.parametrize('form, says', [
    ('{}$', 'not base64'), ('MEX_ACME_EAB_HMAC={}', 'looks like a line of a shell'), ('"{}"', 'is in quotation marks'),
    ('{}\n{}', 'has more than one line'), ('QUJDR', 'not base64, or is cut short')])
def test_what_cannot_be_the_key_of_an_external_account_ends_the_start(new_agent, form, says):
    agent = new_agent(environment={'MEX_ACME_EAB_KID': 'kid-1', 'MEX_ACME_EAB_HMAC': text_of(form, 'HiddenWord012345')},
                      flags=['-fqdn', NAME, '-acme_email', 'you@zone.test', '-acme_server', 'https://127.0.0.1:9/dir'])
    line = refusal(agent)
    assert 'MEX_ACME_EAB_HMAC ' in line and says in line


# OpenStack.

def test_a_carriage_return_is_not_part_of_a_password(new_agent):
    environment = {'OS_AUTH_URL': 'http://127.0.0.1:9/v3\r', 'OS_USERNAME': 'u\r', 'OS_PASSWORD': 'hidden-word\r',
                   'OS_PROJECT_NAME': 'p\r', 'OS_REGION_NAME': 'RegionOne\r'}
    agent = new_agent(environment=environment).start()
    assert 'OpenStack configured' in agent.log() and 'auth_url=http://127.0.0.1:9/v3' in agent.log()
    assert agent.get('/v1/cloud')['state'] != 'NOT_CONFIGURED'


def test_a_password_in_quotation_marks_is_pointed_out(new_agent):
    agent = new_agent(environment={'OS_AUTH_URL': 'http://127.0.0.1:9/v3', 'OS_USERNAME': 'u', 'OS_PROJECT_NAME': 'p',
                                   'OS_PASSWORD': '"hidden-word"'}).start()
    assert 'OS_PASSWORD is in quotation marks, which are taken for a part of it' in agent.log()
    assert 'hidden' not in agent.log()
