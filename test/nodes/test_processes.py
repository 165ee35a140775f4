"""Nothing that was started is ever lost, and nothing else is ever stopped."""
import os
import subprocess

import pytest

from node_runner import cgroups, process
from node_runner.machine import clone_store
from node_runner.site import Site

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason='control groups take root')


@pytest.fixture
def sleeper():
    child = subprocess.Popen(['sleep', '60'])
    yield child
    child.kill()
    child.wait()


def test_a_process_that_was_written_down_is_killed(tmp_path, sleeper):
    process.remember(tmp_path / 'it', sleeper.pid)
    assert process.recall(tmp_path / 'it') == sleeper.pid
    process.kill(tmp_path / 'it')
    assert sleeper.wait() == -9
    assert not (tmp_path / 'it').exists()


def test_another_process_of_the_same_number_is_left_alone(tmp_path, sleeper):
    (tmp_path / 'it').write_text('%d 1\n' % sleeper.pid)
    assert process.recall(tmp_path / 'it') is None
    process.stop(tmp_path / 'it')
    assert sleeper.poll() is None


def test_stopping_what_never_ran_is_no_error(tmp_path):
    process.stop(tmp_path / 'it')


def test_a_zombie_is_gone(tmp_path, sleeper):
    process.remember(tmp_path / 'it', sleeper.pid)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert process.recall(tmp_path / 'it') is None


@needs_root
def test_a_group_goes_with_everything_that_was_started_in_it():
    name = 'mextest-%d.server-a' % os.getpid()
    groups = cgroups.create(name)
    assert all(group.is_dir() for group in groups) and groups
    cgroups.create(name)
    # The shell leaves a child behind that nobody waits for.
    child = subprocess.Popen(['sh', '-c', 'for g; do echo 0 >$g/cgroup.procs; done; sleep 60 & sleep 60', 'sh',
                              *map(str, groups)])
    while len(cgroups.processes(name)) < 3:
        pass
    assert cgroups.names(name) == {name}
    cgroups.kill(name)
    # Killed itself, or after the child that it waited for, whose end it then tells (128 + 9).
    assert child.wait() in (-9, 137)
    assert cgroups.names(name) == set()
    cgroups.kill(name)


def test_a_cloned_store_shares_blobs_but_not_databases(tmp_path):
    source = tmp_path / 'store'
    (source / 'blobs').mkdir(parents=True)
    (source / 'blobs' / 'one').write_text('blob')
    (source / 'link').symlink_to('blobs/one')
    (source / 'meta.db').write_text('old')
    (tmp_path / 'clone').mkdir()
    clone_store(source, tmp_path / 'clone')
    assert (tmp_path / 'clone/blobs/one').samefile(source / 'blobs/one')
    assert os.readlink(tmp_path / 'clone/link') == 'blobs/one'
    (tmp_path / 'clone/meta.db').write_text('new')
    assert (source / 'meta.db').read_text() == 'old'


def test_one_sites_parts_are_never_anothers(monkeypatch):
    monkeypatch.setenv('MEX_SITE', 'edge')
    edge = Site().part('net', '5b1f2c6e-0001-4000-8000-000000000001')
    assert edge == 'edge.net-5b1f2c6e0001'
    monkeypatch.setenv('MEX_SITE', 'edge-2')
    assert not Site().part('net', 'x').startswith('edge.')
    monkeypatch.setenv('MEX_SITE', 'edge.2')
    with pytest.raises(SystemExit):
        Site()
