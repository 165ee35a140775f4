"""What a process takes of the machine, measured while something is done to it."""
import os
import pathlib
import re
import threading

_MEGABYTE = 1 << 20


class ProcessUse:
    """Within a with block it looks at the process all the time; `grown_memory` and `most_descriptors` say what it
    took at most."""

    def __init__(self, pid):
        self._directory = pathlib.Path('/proc/%d' % pid)
        self.descriptors_before = self.descriptors()
        self.threads_before = self.threads()
        self.most_descriptors = self.descriptors_before
        self.most_threads = self.threads_before

    def descriptors(self):
        return len(os.listdir(self._directory / 'fd'))

    def threads(self):
        return len(os.listdir(self._directory / 'task'))

    def _status(self, name):
        return int(re.search(r'^%s:\s+(\d+) kB' % name, (self._directory / 'status').read_text(), re.M).group(1)) * 1024

    def _look(self):
        while not self._is_over.wait(0.02):
            self.most_descriptors = max(self.most_descriptors, self.descriptors())
            self.most_threads = max(self.most_threads, self.threads())

    def __enter__(self):
        (self._directory / 'clear_refs').write_text('5')  # the peak begins anew
        self._memory_before = self._status('VmRSS')
        self._is_over = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._looking.join()

    @property
    def grown_memory(self):
        """In MiB, at the peak."""
        return (self._status('VmHWM') - self._memory_before) / _MEGABYTE
