"""Clients that ask for one path of the reverse proxy again and again, each on a kept connection."""
import collections
import http.client
import json
import ssl
import threading

from harness.waiting import LIMIT, wait_until


class SteadyLoad:
    """Counts what was answered; `failures` has everything that was not a whole answer with status 200."""

    def __init__(self, agent, path, clients=4, method='GET', body=None):
        self.served_by = collections.Counter()
        self.failures = []
        self._request = (method, path, body)
        self._agent = agent
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        for thread in self._threads:
            thread.join(LIMIT)

    def await_more(self, count):
        """Until so many more requests have ended."""
        reached = self._ended() + count
        wait_until(lambda: self._ended() >= reached, '%d more requests' % count)

    def _ended(self):
        return sum(self.served_by.values()) + len(self.failures)

    def _run(self):
        context = ssl.create_default_context(cafile=str(self._agent.certificates.authority))
        connection = None
        while not self._ends.is_set():
            try:
                connection = connection or http.client.HTTPSConnection(
                    'localhost', self._agent.proxy_port, context=context, timeout=LIMIT)
                connection.request(*self._request)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status == 200:
                    self.served_by[json.loads(text)['origin']] += 1
                else:
                    self.failures.append((answer.status, text))
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(error)
                connection = None
