"""Waiting for a condition of another process, with a deadline that only a defect ever meets."""
import time

# Seconds. It ends what hangs, and says nothing about how fast anything has to be: a machine that is a third
# as fast as a developer's and has eight other programs at work stays far below it.
LIMIT = 1200.0


class Timeout(AssertionError):
    pass


def wait_until(condition, what, seconds=LIMIT, every=0.1):
    """Calls condition until its answer is true, and returns that answer.

    `what` names what was waited for; a function is called for its text when the time is over.
    """
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Timeout('after %.0f s still not: %s' % (seconds, what() if callable(what) else what))
        time.sleep(every)
