"""Killing an agent with SIGKILL at chosen calls to the cloud, and starting it again.

A point is (n, moment): the n-th call since the killing began, counted over all lives of the agent (but
not what a dead one still had on the wire), and where that call is when the agent dies:

unsent    it never reaches OpenStack
late      sent, but it reaches OpenStack only a while after the next life has begun
lost      done by OpenStack, its answer never reached the agent
answered  its answer has just been handed to the agent
"""
import threading
import time

from harness import recording_proxy as fates
from harness.waiting import LIMIT, wait_until

UNSENT, LATE, LOST, ANSWERED = 'unsent', 'late', 'lost', 'answered'
# Of several points at one call first those after which it is made again.
_IN_ORDER = (UNSENT, LATE, LOST, ANSWERED)
# Long enough for a new life to log in and look around before the dead one's call arrives.
_LATE_SECONDS = 4.0


class Killer:
    """Waits at a recording proxy for points and kills the agent there."""

    def __init__(self, agent, proxy, points, which, asked):
        """`which` says of a Call whether it counts. Calls wait until `asked`, an event, is set: an agent begins to
        work before its answer has left it, and would die before it has said that it accepts what was asked for."""
        self._agent = agent
        self._asked = asked
        self._points = sorted(points, key=lambda point: (point[0], _IN_ORDER.index(point[1])),
                              reverse=True)  # the next one is the last
        self._lock = threading.Lock()
        self._seen = 0
        self.killed_at = []  # texts for messages
        proxy.always(self._meet, when=which)

    def _meet(self, exchange):
        self._asked.wait(LIMIT)
        with self._lock:
            is_alive = self._agent.is_running()
            self._seen += is_alive
            moment = None
            if is_alive and self._points and self._seen >= self._points[-1][0]:
                moment = self._points.pop()[1]
                self.killed_at.append('%s %s, %s' % (exchange.call.method, exchange.call.path, moment))
        if moment == UNSENT:
            self._agent.kill()
            exchange.reset()
        elif moment == LATE:
            self._agent.kill()
            time.sleep(_LATE_SECONDS)
            exchange.forward()
        elif moment == LOST:
            exchange.forward()
            self._agent.kill()
        elif moment == ANSWERED:
            fates.pass_on(exchange)
            self._agent.kill()
        else:
            fates.pass_on(exchange)

    @property
    def points_left(self):
        """Those that were not met with yet, the next one last."""
        return list(self._points)


def live_on(agent, is_over, what, seconds=LIMIT):
    """Starts the agent again whenever it is dead, until is_over() says that its work is done."""
    def step():
        if not agent.is_running():
            # A kill may come while the new life is still getting up.
            agent.launch()
            time.sleep(0.05)
            return False
        try:
            return is_over()
        except OSError:  # requests' errors are OSErrors: just killed, or not yet up
            return False
    wait_until(step, what, seconds, every=0.1)
