"""The agent's owner, who goes on calling it with the token, over REST and over gRPC, whatever others do."""
import threading

import grpc
import requests

from harness.waiting import LIMIT


class Owner:
    """Calls all the time within a with block. `failures` is what was not answered as it should be."""

    def __init__(self, agent):
        self._agent = agent
        self.token = (agent.state_dir / 'api.token').read_text().strip()
        self.failures = []
        self.answers = {'rest': 0, 'grpc': 0}
        self._is_over = threading.Event()

    @property
    def metadata(self):
        return (('authorization', 'Bearer ' + self.token),)

    def rest(self, method, path, json=None):
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self._agent.url(path), json=json, timeout=LIMIT,
                                   headers={'Authorization': 'Bearer ' + self.token})

    def _call_rest(self):
        while not self._is_over.is_set():
            for method, path in (('POST', '/v1/status'), ('GET', '/v1/proxies'), ('GET', '/healthz')):
                self._try('rest', lambda method=method, path=path: self.rest(method, path).raise_for_status())

    def _call_grpc(self):
        options = [('grpc.enable_http_proxy', 0), ('grpc.use_local_subchannel_pool', 1)]
        with grpc.insecure_channel('127.0.0.1:%d' % self._agent.grpc_port, options) as channel:
            status = channel.unary_unary('/api.MexOSAgent/Status')
            while not self._is_over.is_set():
                self._try('grpc', lambda: status(b'', metadata=self.metadata, timeout=LIMIT))

    def _try(self, kind, call):
        try:
            call()
            self.answers[kind] += 1
        except (grpc.RpcError, requests.RequestException) as fault:
            self.failures.append('%s: %s' % (kind, fault))
            self._is_over.wait(0.05)

    def __enter__(self):
        self._threads = [threading.Thread(target=call, daemon=True) for call in (self._call_rest, self._call_grpc)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def has_been_answered(self, times):
        """Over both, so many times since it was asked first."""
        before = dict(self.answers)
        return lambda: all(self.answers[kind] >= before[kind] + times for kind in before)
