"""Backup and restore, as docs/operations.md says: its commands are taken from the page and run as they stand there."""
import json
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

from harness import stored_records
from harness.agent import binary
from harness.own_machine import OwnMachine

ROOT = pathlib.Path(__file__).resolve().parents[2]
STATE = pathlib.Path(__file__).parent / 'states' / '0.1.0-8c8b1f1'
STATE_DIR = '/var/lib/mexosagent'
CERTIFICATES = '/var/www/.cache'


def commands(heading):
    """The commands below that heading of the page, in their order."""
    page = (ROOT / 'docs' / 'operations.md').read_text()
    section = page.split('\n## %s\n' % heading)[1].split('\n## ')[0]
    return [line for block in re.findall(r'```\n(.*?)```', section, re.DOTALL) for line in block.splitlines()]


def documented_files():
    """Of the state directory, by the first column of the page's first table."""
    page = (ROOT / 'docs' / 'operations.md').read_text()
    table = page.split('Of the state directory')[1].split('Of others')[0]
    names = set()
    for row in re.findall(r'^\| (`.*?) \|', table, re.MULTILINE):
        names.update(name.split('/')[0] for name in re.findall(r'`([^`]+)`', row))
    return names


@pytest.fixture
def machine(tmp_path):
    own = OwnMachine(tmp_path)
    yield own
    own.close()


def use_recorded_state(machine):
    """A cluster with keys, routes, flavors: of an earlier version."""
    machine.done('mkdir -m 0700 %s' % STATE_DIR)
    machine.done('install -m 0600 %s %s' % (' '.join(str(STATE / name) for name in ('state.db', 'sealing.key', 'api.token')),
                                            STATE_DIR))


def readiness(machine):
    return machine.done('curl -s http://localhost:18889/readyz').splitlines()


def digests(machine, directory):
    return machine.done('cd %s; find . -type f | sort | xargs -r sha256sum' % directory)


def test_the_backup_that_the_page_describes_restored_has_every_key_and_every_mode(machine, certificates):
    back_up, restore = commands('Backup and restore')
    use_recorded_state(machine)
    machine.done('install -m 0644 %s/cert.pem %s' % (certificates.directory, CERTIFICATES))
    machine.done('install -m 0600 %s/key.pem %s' % (certificates.directory, CERTIFICATES))
    machine.done('install -D -m 0600 /dev/null %s/acme/accounts/ca/keys/account.key' % CERTIFICATES)
    machine.start_agent('-fqdn', 'agent.example.net')
    machine.done("curl -sf http://localhost:18889/v1/proxy -d "
                 "'{\"message\":\"add\",\"proxies\":[{\"path\":\"/late\",\"origin\":\"http://10.9.9.9\"}]}'")
    said = machine.done(back_up)
    assert 'read again and found whole' in said
    assert machine.done('stat -c %a /var/backups/mexosagent.backup') == '600\n'
    # It is not overwritten, and the agent has not noticed.
    again = machine.run(back_up)
    assert again.returncode == 1 and 'exists already' in again.stderr
    assert readiness(machine)[0] == 'store: ok'
    questions = ('/v1/clusters', '/v1/flavors', '/v1/proxies', '/v1/tenants/tenant-2/clusters/half/kubeconfig')
    before = [machine.done('curl -sf http://localhost:18889' + question) for question in questions]
    # While the agent runs its directory is not empty.
    refused = machine.run(restore)
    assert refused.returncode == 1 and 'is not empty' in refused.stderr
    machine.stop_agent()
    token = machine.done('cat %s/api.token' % STATE_DIR)
    certificate = digests(machine, CERTIFICATES)

    # Everything is lost.
    machine.done('rm -r %s; rm -r %s/*' % (STATE_DIR, CERTIFICATES))
    assert 'restored' in machine.done(restore)
    assert machine.done('stat -c %%a %s' % STATE_DIR) == '700\n'
    modes = machine.done('cd %s; stat -c "%%n %%a" *' % STATE_DIR).split()
    assert set(modes[1::2]) == {'600'} and {'state.db', 'sealing.key', 'api.token'} <= set(modes[::2])
    assert machine.done('cat %s/api.token' % STATE_DIR) == token
    assert digests(machine, CERTIFICATES) == certificate
    assert machine.done('cd %s; stat -c %%a cert.pem key.pem acme acme/accounts/ca/keys/account.key' % CERTIFICATES).split() == [
        '644', '600', '700', '600']
    machine.start_agent('-fqdn', 'agent.example.net')
    # The machine of the test has no cloud.
    assert [line for line in readiness(machine) if not line.endswith(': ok')] == [
        'cloud: not configured (see /v1/cloud)']
    after = [machine.done('curl -sf http://localhost:18889' + question) for question in questions]
    for question, was, now in zip(questions, before, after):
        if question.endswith('kubeconfig'):
            assert 'client-key-data' in now
            assert [line for line in now.splitlines() if 'certificate-authority-data' in line] == [
                line for line in was.splitlines() if 'certificate-authority-data' in line]
        else:
            assert names_in(now) == names_in(was), question
    assert '/late' in after[2]
    machine.stop_agent()


def names_in(answer):
    entries = next(iter(json.loads(answer).values()))
    return sorted((entry.get('name') or entry.get('path'), entry.get('id')) for entry in entries)


def test_every_file_of_a_state_directory_is_on_the_page(machine):
    use_recorded_state(machine)
    machine.start_agent('-fqdn', 'agent.example.net')
    present = set(machine.done('ls %s' % STATE_DIR).split())
    machine.stop_agent()
    assert present - documented_files() == set()


def test_what_cannot_be_read_is_looked_at_and_removed_as_the_page_says(machine):
    look, give_up = commands('Records that cannot be read')
    use_recorded_state(machine)
    machine.done('''python3 -c "import sqlite3; c = sqlite3.connect('%s/state.db'); c.execute('UPDATE entries SET value = ? '''
                 '''WHERE key = ?', (b'{cut', '/proxies/%%2Ftest2')); c.commit()"''' % STATE_DIR)
    machine.start_agent()
    records = json.loads(machine.done(look))['records']
    assert [record['key'] for record in records] == ['/proxies/%2Ftest2']
    machine.done(give_up)
    assert json.loads(machine.done(look)) == {}
    assert 'records: ok' in readiness(machine)
    machine.stop_agent()


# On the machine of the test, without an agent that runs.

def mexosagent(*arguments):
    return subprocess.run([str(binary()), *map(str, arguments)], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={'PATH': '/usr/bin:/bin'}, check=False)


@pytest.fixture
def kept(tmp_path):
    """A state directory, one of certificates, and a backup of both."""
    state = tmp_path / 'state'
    state.mkdir(mode=0o700)
    for name in ('state.db', 'sealing.key', 'api.token'):
        shutil.copyfile(STATE / name, state / name)
        (state / name).chmod(0o600)
    (tmp_path / 'certificates').mkdir()
    made = mexosagent('-backup', tmp_path / 'file', '-state_dir', state, '-cert', tmp_path / 'certificates')
    assert made.returncode == 0, made.stderr
    return tmp_path


def restored(kept, name='new'):
    return mexosagent('-restore', kept / 'file', '-state_dir', kept / name, '-cert', kept / 'new-certificates')


def test_a_backup_that_is_cut_foreign_or_newer_gets_a_clear_answer(kept):
    whole = (kept / 'file').read_bytes()
    for spoilt, said in ((whole[:len(whole) // 2], 'file'), (whole[:100], 'file'), (b'', 'is not a backup of mexosagent'),
                         (b'PK\x03\x04' * 1000, 'is not a backup of mexosagent'),
                         ((kept / 'state' / 'state.db').read_bytes(), 'is not a backup of mexosagent'),
                         (whole[:60] + (9).to_bytes(4, 'big') + whole[64:], 'was written by a newer agent (backup format 9')):
        (kept / 'file').write_bytes(spoilt)
        refused = restored(kept)
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1 and said in refused.stderr, refused.stderr
        assert not (kept / 'new').exists()


def test_a_backup_without_its_sealing_key_is_not_made(kept):
    (kept / 'state' / 'sealing.key').unlink()
    refused = mexosagent('-backup', kept / 'other', '-state_dir', kept / 'state', '-cert', kept / 'certificates')
    assert refused.returncode == 1 and 'sealing.key is missing' in refused.stderr
    assert not (kept / 'other').exists()


def test_root_restores_for_the_user_that_the_agent_runs_as(kept):
    (kept / 'new').mkdir(mode=0o700)
    shutil.chown(kept / 'new', 'nobody')
    assert restored(kept).returncode == 0
    for path in (kept / 'new').iterdir():
        assert path.owner() == 'nobody', path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_backup_and_restore_are_not_given_together(kept):
    refused = mexosagent('-backup', kept / 'a', '-restore', kept / 'b')
    assert refused.returncode == 1 and '-backup and -restore: give one of them' in refused.stderr


def test_a_restored_store_has_the_same_records(kept):
    assert restored(kept).returncode == 0

    class Restored:
        state_dir = kept / 'new'

    class Before:
        state_dir = kept / 'state'
    assert stored_records.all_of(Restored) == stored_records.all_of(Before)
