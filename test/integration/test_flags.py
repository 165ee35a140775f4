"""The command line as a person meets it."""
import subprocess

import pytest

from harness.agent import binary
from harness.waiting import LIMIT


def run(*words):
    return subprocess.run([str(binary()), *words], text=True, timeout=LIMIT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize('word', ['-h', '-help', '--help'])
def test_help_is_in_groups_and_shows_nothing_of_the_build(word):
    done = run(word)
    assert done.returncode == 0 and done.stderr == ''
    for group in ('Where it listens', 'Who may call the API', 'Certificates of the proxy', 'Names in public DNS'):
        assert '\n%s\n' % group in done.stdout
    assert '  -rest\n' in done.stdout and '(default :18889)' in done.stdout
    assert 'command_line' not in done.stdout and '/src/' not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 100


@pytest.mark.parametrize('word, meant', [('-prxoy', '-proxy'), ('--state-dir', '-state_dir'), ('-acme-email=x', '-acme_email')])
def test_an_unknown_flag_is_answered_with_the_one_that_was_meant(word, meant):
    done = run(word, 'x')
    assert done.returncode == 1
    assert done.stderr.count('\n') == 1 and 'did you mean %s?' % meant in done.stderr


def test_flags_that_change_nothing_are_said(new_agent):
    agent = new_agent(flags=['-dns_token', '/nowhere', '-acme_names', 'a.example.net']).start()
    warnings = [line for line in agent.log().splitlines() if ' warning ' in line and 'has no effect' in line]
    assert len(warnings) == 2
    assert '-dns_token has no effect without -dns' in warnings[0]
    assert '-acme_names has no effect without -acme_email' in warnings[1]


def test_lists_take_blanks_and_durations_are_written_as_in_the_api(new_agent):
    new_agent(flags=['-audit_interval', '1d', '-acme_email', 'you@example.net', '-acme_names', 'a.example.net, b.example.net',
                     '-acme_server', 'https://127.0.0.1:9/dir']).start()
