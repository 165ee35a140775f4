"""A program that is compared: started on one CPU, its CPU time read from /proc."""
import os
import pathlib
import subprocess

from harness.free_port import is_listening
from harness.waiting import wait_until

_TICKS = os.sysconf('SC_CLK_TCK')


class Process:
    """A running program and its children, kept on one CPU."""

    def __init__(self, name, command, cpu, port, directory, environment=None):
        self.name = name
        self.port = port
        self._log = directory / (name + '.log')
        with open(self._log, 'wb') as log:
            self._process = subprocess.Popen(['taskset', '-c', str(cpu), *map(str, command)], cwd=directory,
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        try:
            wait_until(self._listens, lambda: '%s listens; its log:\n%s' % (name, self.log()), 30, every=0.05)
        except BaseException:
            self.stop()
            raise

    def _listens(self):
        assert self._process.poll() is None, '%s ended:\n%s' % (self.name, self.log())
        return is_listening(self.port)

    def log(self):
        return self._log.read_text(errors='replace')[-2000:]

    def _process_ids(self):
        own = self._process.pid
        children = pathlib.Path('/proc/%d/task/%d/children' % (own, own)).read_text().split()
        return [own, *map(int, children)]

    def cpu_seconds(self):
        """User and system time of all its threads and children so far."""
        total = 0
        for process_id in self._process_ids():
            fields = pathlib.Path('/proc/%d/stat' % process_id).read_text().rpartition(')')[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / _TICKS

    def memory_megabytes(self):
        """Proportional set size: pages shared by its processes count once."""
        total = 0
        for process_id in self._process_ids():
            for line in pathlib.Path('/proc/%d/smaps_rollup' % process_id).read_text().splitlines():
                if line.startswith('Pss:'):
                    total += int(line.split()[1])
        return total / 1024

    def stop(self):
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
