"""Kills of the agent at random moments, each followed by a new start at once."""
import contextlib
import random
import time

from stand.background import in_background


class Chaos:
    """Moments are drawn from a seed, so that a run can be repeated as far as the machine lets it."""

    def __init__(self, agent, steps, kills, seed=None):
        self.seed = seed if seed is not None else random.SystemRandom().randrange(10000)
        self._random = random.Random(self.seed)
        self._agent = agent
        self._steps = steps
        self.kills_left = kills
        if kills:
            steps.say('           the agent is killed at %d moments; --seed %d draws the same again' % (kills, self.seed))
            agent.patience = 120

    @contextlib.contextmanager
    def during(self, kills, seconds):
        """Up to so many kills while the block runs, which usually takes so long. Those that it is too short
        for are left to the_rest()."""
        moments = sorted(self._random.uniform(0, seconds) for _ in range(min(kills, self.kills_left)))
        with in_background(lambda over: self._kill_at(moments, over)):
            yield

    def the_rest(self, seconds):
        return self.during(self.kills_left, seconds)

    def _kill_at(self, moments, over):
        begun = time.monotonic()
        for moment in moments:
            if over.wait(max(0, begun + moment - time.monotonic())):
                return
            self._agent.kill_and_launch()
            self.kills_left -= 1
            self._steps.say('%7.1f s  ... killed and started again, %d to go' % (moment, self.kills_left))
