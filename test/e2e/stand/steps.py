"""The steps of a run as they are told: each with the time it took, and what went wrong."""
import contextlib
import sys
import time
import traceback


class Steps:

    def __init__(self):
        self._begun = time.monotonic()
        self.failed = 0

    def say(self, text):
        print(text, flush=True)

    @contextlib.contextmanager
    def step(self, what):
        begun = time.monotonic()
        try:
            yield
        except BaseException:
            self.say('%7.1f s  FAILED: %s' % (time.monotonic() - begun, what))
            raise
        self.say('%7.1f s  %s' % (time.monotonic() - begun, what))

    @contextlib.contextmanager
    def reported(self):
        """A failure inside is shown, and counted; it goes no further."""
        try:
            yield
        except Exception:
            self.failed += 1
            traceback.print_exc(file=sys.stdout)
        self.say('%7.1f s  %s' % (time.monotonic() - self._begun, 'FAILED' if self.failed else 'all of it'))
