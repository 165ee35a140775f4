"""A client that asks for the same page all the time."""
import contextlib
import threading
import time

import requests


class Client:

    def __init__(self, agent, path):
        self._agent = agent
        self._path = path
        self.answers = 0
        self.failures = []

    @contextlib.contextmanager
    def asking(self):
        over = threading.Event()
        asker = threading.Thread(target=self._ask_until, args=(over,))
        asker.start()
        try:
            yield self
        finally:
            over.set()
            asker.join()

    def _ask_until(self, over):
        while not over.wait(0.05):
            try:
                answer = self._agent.browse('GET', self._path, timeout=20)
                failure = answer.status_code != 200 and '%d %s' % (answer.status_code, answer.text.strip())
            except requests.RequestException as error:
                failure = str(error)
            if failure:
                self.failures.append('%s %s' % (time.strftime('%H:%M:%S'), failure))
            else:
                self.answers += 1
