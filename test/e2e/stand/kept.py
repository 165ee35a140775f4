"""What `--keep` leaves: the agent of a run, and its files. They are there until `./dev e2e down`."""
import pathlib
import shutil
import sys

from . import TEST

sys.path.insert(0, str(TEST / 'nodes'))
from node_runner import process  # noqa: E402
from node_runner.site import Site  # noqa: E402


def _agent():
    return Site().run / 'kept-agent'


def _directory():
    return Site().run / 'kept-directory'


def keep(agent, directory):
    """The agent's process id, and where its files are."""
    _directory().write_text(str(directory))
    process.remember(_agent(), agent)


def is_there():
    return _directory().exists()


def clear():
    process.stop(_agent())
    if is_there():
        shutil.rmtree(pathlib.Path(_directory().read_text()), ignore_errors=True)
        _directory().unlink()


if __name__ == '__main__':
    clear()
