"""A client that asks for the same page all the time."""
import contextlib
import dataclasses
import time

import requests

from stand.background import in_background


@dataclasses.dataclass
class Failure:
    begin: float
    end: float
    is_answer: bool  # somebody was there and said no
    text: str


class Client:

    def __init__(self, agent, path):
        self._agent = agent
        self._path = path
        self.answers = 0
        self.failures = []

    @contextlib.contextmanager
    def asking(self):
        with in_background(self._ask_until):
            yield self

    def unexplained(self):
        """Failures other than that nobody was there: an answer that is none of the app's is one at any time, a
        broken connection only while the agent lived."""
        absences = self._agent.absences
        return [failure for failure in self.failures
                if failure.is_answer or not absences.meet(failure.begin, failure.end)]

    def _ask_until(self, over):
        while not over.wait(0.05):
            begin = time.monotonic()
            failure = is_answer = None
            try:
                answer = self._agent.browse('GET', self._path, timeout=20)
                if answer.status_code != 200:
                    is_answer, failure = True, '%d %s' % (answer.status_code, answer.text.strip())
            except requests.RequestException as error:
                is_answer, failure = False, str(error)
            if failure is None:
                self.answers += 1
            else:
                self.failures.append(Failure(begin, time.monotonic(), is_answer,
                                             '%s %s' % (time.strftime('%H:%M:%S'), failure)))
