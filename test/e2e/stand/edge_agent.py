"""The agent as a cloudlet has it: on the ports that the documents' curl lines name, reached by a name."""
import re
import time

import requests

from harness.agent import Agent
from harness.waiting import wait_until

from .absences import Absences, takes_connections

FQDN = 'agent1.medge.gq'


class EdgeAgent(Agent):

    def __init__(self, directory, certificates, environment):
        super().__init__(directory, certificates, environment, ['-fqdn', FQDN])
        self.rest_port, self.grpc_port, self.proxy_port = 18889, 18888, 443
        # How long a caller goes on asking while nobody is there, as after a kill.
        self.patience = 0
        self.absences = Absences()

    def kill_and_launch(self):
        """SIGKILL, and a new start at once; ends when the proxy takes connections again."""
        self.absences.begin()
        self.kill()
        self.launch()
        wait_until(lambda: takes_connections(self.proxy_port), 'the proxy takes connections again', every=0.01)
        self.absences.end()

    def rest(self, method, path, json=None, timeout=60, **more):
        end = time.monotonic() + self.patience
        while True:
            try:
                return super().rest(method, path, json, timeout, **more)
            except requests.RequestException:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def type(self, line):
        """A documented curl line; its answer's body and headers. It is typed again while nobody is there."""
        end = time.monotonic() + self.patience
        while True:
            done = self.curl(line)
            if done.returncode == 0:
                return done.stdout, done.stderr
            assert time.monotonic() < end, '%s\n%s' % (line, done.stderr)
            time.sleep(0.1)

    def order(self, line):
        """A documented curl line that sets an operation going; the operation's id."""
        body, headers = self.type(line)
        found = re.search(r'^< x-mex-operation: (\w+)', headers, re.MULTILINE | re.IGNORECASE)
        assert found, 'no operation in the answer: %s\n%s' % (body, headers)
        return found.group(1)

    def kubeconfig(self, tenant, cluster):
        answer = self.rest('GET', '/v1/tenants/%s/clusters/%s/kubeconfig' % (tenant, cluster))
        assert answer.status_code == 200, answer.text
        return answer.text
