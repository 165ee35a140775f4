"""Calls that start as soon as those they need have ended, on threads."""
import concurrent.futures


class CallOrder:
    """`add` in an order in which nothing needs what is added later; `run` gives name -> result."""

    def __init__(self):
        self._calls = []

    def add(self, name, call, after=()):
        """`call` is given the results of the names in `after`, in that order."""
        self._calls.append((name, call, after))

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(max_workers=len(self._calls)) as threads:
            futures = {}
            for name, call, after in self._calls:
                futures[name] = threads.submit(self._wait_and_call, call, [futures[needed] for needed in after])
            return {name: future.result() for name, future in futures.items()}

    @staticmethod
    def _wait_and_call(call, needed):
        return call(*[future.result() for future in needed])
