"""A second machine in miniature: a network namespace that reaches this one over a veth pair."""
import os
import subprocess

from harness.waiting import LIMIT

OUR_ADDRESS = '198.18.77.1'
ITS_ADDRESS = '198.18.77.2'


def _ip(*arguments):
    done = subprocess.run(['ip', *arguments], text=True, stderr=subprocess.PIPE)
    assert done.returncode == 0, 'ip %s: %s' % (' '.join(arguments), done.stderr)


class Namespace:

    def __init__(self):
        self.name = 'mex-test-%d' % os.getpid()
        self._link = 'mex%d' % os.getpid()
        _ip('netns', 'add', self.name)
        try:
            self._connect()
        except Exception:
            self.close()
            raise

    def _connect(self):
        _ip('link', 'add', self._link, 'type', 'veth', 'peer', 'name', 'there', 'netns', self.name)
        _ip('address', 'add', OUR_ADDRESS + '/30', 'dev', self._link)
        _ip('link', 'set', self._link, 'up')
        _ip('-n', self.name, 'address', 'add', ITS_ADDRESS + '/30', 'dev', 'there')
        _ip('-n', self.name, 'link', 'set', 'there', 'up')

    def close(self):
        # The pair first: left to the namespace, it goes some time after this.
        subprocess.run(['ip', 'link', 'delete', self._link], stderr=subprocess.DEVNULL)
        _ip('netns', 'delete', self.name)

    def curl(self, *arguments):
        """Status code and body of a request that comes from the other machine."""
        done = subprocess.run(['ip', 'netns', 'exec', self.name, 'curl', '-s', '--noproxy', '*', '-m', '%d' % LIMIT,
                               '-w', '\n%{http_code}', *arguments], check=True, text=True, stdout=subprocess.PIPE)
        body, _, status = done.stdout.rpartition('\n')
        return int(status), body
