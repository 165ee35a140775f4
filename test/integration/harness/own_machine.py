"""A machine of its own for documented commands: every port is free, and /var has nothing but what they put there."""
import contextlib
import os
import signal
import subprocess

from harness.agent import binary
from harness.waiting import LIMIT, wait_until

_PREPARE = '''
mount --make-rprivate /
mount -t tmpfs tmpfs /var
mkdir -p /var/lib /var/backups /var/www/.cache /var/tmp
ip link set lo up
echo ready
exec sleep infinity
'''


class OwnMachine:

    def __init__(self, directory):
        self._directory = directory
        self._holder = subprocess.Popen(['unshare', '--mount', '--net', 'sh', '-ec', _PREPARE], text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self._holder.stdout.readline() == 'ready\n'
        self._agent = None

    def _enter(self):
        return ['nsenter', '--target', str(self._holder.pid), '--mount', '--net']

    def _environment(self):
        return {'PATH': '%s:/usr/sbin:/usr/bin:/sbin:/bin' % binary().parent, 'HOME': str(self._directory)}

    def run(self, line):
        """As a shell runs it that stops at the first failure."""
        return subprocess.run([*self._enter(), 'bash', '-ec', line], text=True, timeout=LIMIT, env=self._environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    def done(self, line):
        """What it writes."""
        ran = self.run(line)
        assert ran.returncode == 0, '%s\n%s%s' % (line, ran.stdout, ran.stderr)
        return ran.stdout

    def start_agent(self, *flags):
        with open(self._directory / 'agent.log', 'ab') as log:
            self._agent = subprocess.Popen([*self._enter(), 'mexosagent', '-shards', '1', '-nginx_runtime', 'process', *flags],
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment())
        wait_until(self._answers, lambda: 'the API answers:\n' + self.log())

    def _answers(self):
        assert self._agent.poll() is None, self.log()
        return self.run('curl -sf http://localhost:18889/healthz').returncode == 0

    def log(self):
        return (self._directory / 'agent.log').read_text(errors='replace')

    def stop_agent(self):
        self._agent.send_signal(signal.SIGTERM)
        assert self._agent.wait(LIMIT) == 0
        self._agent = None

    def close(self):
        """nginx outlives the agent that started it: whatever is on this machine ends."""
        for pid in list(self._processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in (self._agent, self._holder):
            if process is not None:
                process.wait()

    def _processes(self):
        own = os.readlink('/proc/%d/ns/net' % self._holder.pid)
        for name in filter(str.isdigit, os.listdir('/proc')):
            try:
                if os.readlink('/proc/%s/ns/net' % name) == own:
                    yield int(name)
            except OSError:  # it has just ended
                pass
