"""The site's nodes, by the runner's commands (../nodes)."""
import subprocess

from . import TEST


def runner(*words, check=True):
    done = subprocess.run([TEST / 'nodes' / 'runner', *words], text=True, capture_output=True, check=False)
    assert done.returncode == 0 or not check, 'runner %s: %s' % (' '.join(words), done.stderr.strip())
    return done.stdout


def kill(node):
    runner('kill', node)


def cut(node):
    runner('cut', node)


def run(node, *command, check=True):
    """What a command inside the node prints."""
    return runner('exec', node, *command, check=check)


def running():
    """The names of those that have booted so far that they have a first process."""
    return {name for *_, state, name in map(str.split, runner('list').splitlines()) if state == 'running'}
