"""The program that renews a node's certificates (src/kubernetes/node/certificates.sh), on a master whose other programs
are stand-ins. The real ones are in test/e2e.

The power is cut at so many calls by chance as MEX_CUTS says; MEX_CUTS=1000 is all of them. MEX_CUT_SEED chooses the
same ones again.
"""
import os
import random
import time

import pytest

from harness import matrix
from harness.renewing_master import ADDRESS, COMPONENTS, DAY, NAME, Master, is_pair, openssl

_CUTS = int(os.environ.get('MEX_CUTS') or 4)
OTHERS = ('10.0.0.11', '10.0.0.12')


@pytest.fixture
def master(tmp_path):
    return Master(tmp_path)


@pytest.fixture
def one_of_three(tmp_path):
    return Master(tmp_path, (ADDRESS, *OTHERS))


def assert_renewed(master, before):
    after = master.serials()
    assert all(after[name] != before[name] for name in before), master.output
    assert all(is_pair(path) for path in master.files().values())
    assert master.restarted() == set(COMPONENTS)
    assert not (master.state / 'lease').exists()
    assert not list(master.kubernetes.rglob('*.new'))


def assert_untouched(master, before):
    assert master.serials() == before, master.output
    assert master.restarted() == set()
    assert not list(master.kubernetes.rglob('*.new'))


@pytest.mark.parametrize('left, is_due', [(365, False), (70, False), (63, True), (0, True)])
def test_certificates_are_renewed_when_less_than_two_fifths_of_their_life_are_left(master, left, is_due):
    master.sign(days=left)
    before = master.serials()
    assert master.run() == 0, master.output
    if not is_due:
        assert_untouched(master, before)
        return
    assert_renewed(master, before)
    assert 'certificates: renewed, until ' in master.console()
    stopped = [line.split()[1] for line in (master.state / 'stopped').read_text().splitlines()]
    assert stopped.index('kube-apiserver-1') < stopped.index('etcd-1')


def test_one_that_kubeadm_dated_back_is_not_renewed_again_and_again(master):
    master.sign(days=30)
    master.written(days_ago=0)
    before = master.serials()
    assert master.run() == 0, master.output
    assert_untouched(master, before)


def test_a_second_run_finds_nothing_to_do(master):
    master.sign(days=30)
    assert master.run() == 0, master.output
    before, containers = master.serials(), master.restarted()
    assert master.run() == 0, master.output
    assert master.serials() == before and master.restarted() == containers


def test_what_is_asked_for_now_is_renewed_whatever_the_ends(master):
    before = master.serials()
    assert master.run('--now') == 0, master.output
    assert_renewed(master, before)


@pytest.mark.parametrize('when', ['before', 'after'])
def test_a_cut_of_the_power_at_any_call_is_healed_by_the_next_run(tmp_path, when):
    template = Master(tmp_path / 'template')
    template.sign(days=30)
    before = template.serials()
    uncut = template.copy(tmp_path / 'uncut')
    assert uncut.run() == 0, uncut.output
    calls = len(uncut.calls())
    assert calls > 20
    seed = matrix.seed_of('MEX_CUT_SEED')
    for number in random.Random(seed).sample(range(1, calls + 1), min(_CUTS, calls)):
        master = template.copy(tmp_path / str(number))
        assert master.run(cut=(number, when)) != 0, (number, master.output)
        assert master.run() == 0, (number, master.output)
        assert_renewed(master, before)


@pytest.mark.parametrize('kubeadm, words', [('fails', 'no space left on device'), ('idle', 'it did not renew apiserver'),
                                            ('mixed', 'apiserver has a key that is not its own')])
def test_a_kubeadm_that_fails_or_lies_changes_nothing_and_is_tried_again(master, kubeadm, words):
    master.sign(days=30)
    before = master.serials()
    assert master.run(KUBEADM=kubeadm) == 1
    assert_untouched(master, before)
    assert words in master.console() and words in master.annotation('certificates-problem')
    assert master.run() == 0, master.output
    assert_renewed(master, before)
    assert master.annotation('certificates-problem') == ''


def test_a_full_disk_changes_nothing(master):
    master.sign(days=30)
    before = master.serials()
    (master.directory / 'programs/cp').unlink()
    (master.directory / 'programs/cp').write_text('#!/bin/sh\necho "cp: No space left on device" >&2\nexit 1\n')
    (master.directory / 'programs/cp').chmod(0o755)
    assert master.run() == 1
    assert_untouched(master, before)
    assert master.annotation('certificates-problem')


def test_a_certificate_that_begins_in_the_future_is_made_anew(master):
    before = master.serials()
    master.written(days_ago=-40)
    assert master.run() == 0, master.output
    assert_renewed(master, before)


def test_an_authority_that_ended_is_said_to_have_ended(master):
    path = master.kubernetes / 'pki/ca'
    openssl('req', '-x509', '-new', '-key', '%s.key' % path, '-days', 10, '-subj', '/CN=ca', '-out', '%s.crt' % path,
            at='30 days ago')
    master.sign(days=30)
    before = master.serials()
    assert master.run() == 1
    assert_untouched(master, before)
    assert 'certificate has expired' in master.console()


def test_a_master_waits_while_another_one_is_renewed(one_of_three):
    one_of_three.sign(days=30)
    before = one_of_three.serials()
    (one_of_three.state / 'lease').write_text('demo-master-2 7\n')
    assert one_of_three.run() == 0
    assert_untouched(one_of_three, before)
    assert 'another master is being renewed: demo-master-2' in one_of_three.output
    assert one_of_three.annotation('certificates-problem') == ''


def test_the_turn_of_a_master_that_died_ends_after_an_hour(one_of_three):
    one_of_three.sign(days=30)
    before = one_of_three.serials()
    (one_of_three.state / 'lease').write_text('demo-master-2 7\n')
    up = int(time.clock_gettime(time.CLOCK_BOOTTIME))
    seen = one_of_three.directory / 'lease-seen'
    seen.write_text('%d demo-master-2 7\n' % (up - 3000))
    assert one_of_three.run() == 0
    assert_untouched(one_of_three, before)
    seen.write_text('%d demo-master-2 6\n' % (up - 4000))  # it was touched since
    assert one_of_three.run() == 0
    assert_untouched(one_of_three, before)
    seen.write_text('%d demo-master-2 7\n' % (up - 4000))
    assert one_of_three.run() == 0, one_of_three.output
    assert_renewed(one_of_three, before)


def test_its_own_turn_goes_on_after_a_restart(one_of_three):
    one_of_three.sign(days=30)
    before = one_of_three.serials()
    (one_of_three.state / 'lease').write_text('%s 7\n' % NAME)
    assert one_of_three.run() == 0, one_of_three.output
    assert_renewed(one_of_three, before)


def test_no_master_restarts_its_api_server_while_another_is_away(one_of_three):
    one_of_three.sign(days=30)
    before = one_of_three.serials()
    (one_of_three.state / 'down' / OTHERS[1]).touch()
    assert one_of_three.run() == 1
    assert_untouched(one_of_three, before)
    assert 'waits until the API server of the master %s is ready' % OTHERS[1] in one_of_three.console()
    (one_of_three.state / 'down' / OTHERS[1]).unlink()
    assert one_of_three.run() == 0, one_of_three.output
    assert_renewed(one_of_three, before)


def test_near_the_end_nobody_is_waited_for(one_of_three):
    one_of_three.sign(days=5)
    before = one_of_three.serials()
    (one_of_three.state / 'lease').write_text('demo-master-2 7\n')
    (one_of_three.state / 'down' / OTHERS[1]).touch()
    assert one_of_three.run() == 0, one_of_three.output
    assert set(one_of_three.serials().values()).isdisjoint(before.values())
    assert one_of_three.restarted() == set(COMPONENTS)
    assert (one_of_three.state / 'lease').read_text() == 'demo-master-2 7\n'  # another one's stays


def test_where_no_api_server_answers_there_is_none_to_be_kept(one_of_three):
    one_of_three.sign(days=30)
    before = one_of_three.serials()
    (one_of_three.state / 'api-away').write_text('until this master has renewed certificates')
    assert one_of_three.run() == 0, one_of_three.output
    assert_renewed(one_of_three, before)


def test_the_ends_of_all_certificates_are_told(master):
    master.written(days_ago=0)
    assert master.run() == 0
    told = dict(each.split('=') for each in master.annotation('certificates').split())
    assert set(told) == {*master.files(), 'kubelet-client'}
    for begin, end in (life.split('-') for life in told.values()):
        assert abs(int(begin) - time.time()) < DAY and 364 * DAY < int(end) - int(begin) < 366 * DAY


def test_before_the_node_is_ready_nothing_is_done(master):
    (master.directory / 'var/lib/mexosagent/ready').unlink()
    master.sign(days=1)
    assert master.run() == 0 and master.calls() == []
