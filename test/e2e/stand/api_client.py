"""A client of a cluster's API that reads and writes all the time, each time over a new connection through the agent."""
import base64
import contextlib
import http.client
import json
import ssl
import time

import yaml

from stand.background import in_background

_MAP = '/api/v1/namespaces/default/configmaps'
# What a client waits for one answer.
_PATIENCE = 20


class ApiClient:

    def __init__(self, directory, kubeconfig):
        content = yaml.safe_load(kubeconfig)
        user, cluster = content['users'][0]['user'], content['clusters'][0]['cluster']
        directory.mkdir(parents=True, exist_ok=True)
        for name, data in (('ca', cluster['certificate-authority-data']), ('crt', user['client-certificate-data']),
                           ('key', user['client-key-data'])):
            (directory / name).write_bytes(base64.b64decode(data))
        self._name = cluster['server'].split('://')[1].rsplit(':', 1)[0]
        self._context = ssl.create_default_context(cafile=directory / 'ca')
        self._context.load_cert_chain(directory / 'crt', directory / 'key')
        self.answers = 0
        self.broken = []  # connections that broke, where the next one was answered: a client tries again
        self.failures = []  # (begin, end, what): the API was away

    def call(self, method, path, body=None):
        """Status and body."""
        connection = _Connection(self._name, self._context)
        try:
            kind = 'application/merge-patch+json' if method == 'PATCH' else 'application/json'
            connection.request(method, path, body and json.dumps(body), {'Content-Type': kind})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def get(self, path):
        status, body = self.call('GET', path)
        assert status == 200, (path, status, body[:300])
        return json.loads(body)

    @contextlib.contextmanager
    def asking(self):
        status, body = self.call('POST', _MAP, {'metadata': {'name': 'heartbeat'}})
        assert status == 201, body
        try:
            with in_background(self._ask_until):
                yield self
        finally:
            self.call('DELETE', _MAP + '/heartbeat')

    def longest_absence(self):
        """Seconds, from the first failure after an answer to the last before the next."""
        longest, begin, last = 0, None, None
        for failed_from, failed_until, _ in self.failures:
            if last is None or failed_from - last > 1:
                begin = failed_from
            last = failed_until
            longest = max(longest, last - begin)
        return longest

    def _ask_until(self, over):
        number = 0
        while not over.wait(0.2):
            number += 1
            begin = time.monotonic()
            first = self._ask(number)
            again = first and self._ask(number)
            if again:
                self.failures.append((begin, time.monotonic(), '%s; %s' % (first, again)))
                continue
            self.answers += 1
            if first:
                self.broken.append(first)

    def _ask(self, number):
        """What went wrong, or None."""
        method, body = ('GET', None) if number % 2 else ('PATCH', {'data': {'number': str(number)}})
        try:
            status, answer = self.call(method, _MAP + '/heartbeat', body)
            failure = None if status == 200 else '%d %s' % (status, answer[:200])
        except (OSError, http.client.HTTPException) as error:
            failure = '%s: %s' % (type(error).__name__, error)
        return failure and '%s %s %s' % (time.strftime('%H:%M:%S'), method, failure)


class _Connection(http.client.HTTPSConnection):
    """To the agent's proxy on this machine, by the name of the cluster."""

    def __init__(self, name, context):
        super().__init__('127.0.0.1', 443, timeout=_PATIENCE, context=context)
        self._name, self._tls = name, context

    def connect(self):
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)
