"""The agent's process: the real binary on free loopback ports with a state directory of its own."""
import os
import pathlib
import signal
import subprocess
import time

import requests

from harness import fake_clock
from harness.free_port import free_port
from harness.waiting import LIMIT, wait_until

_ROOT = pathlib.Path(__file__).resolve().parents[3]


def binary():
    directory = pathlib.Path(os.environ.get('MEX_BIN_DIR') or _ROOT / 'build' / 'release' / 'bin')
    path = directory / 'mexosagent'
    assert path.is_file(), 'no program at %s: build it, or set MEX_BIN_DIR' % path
    return path


class Agent:

    def __init__(self, directory, certificates, environment=(), flags=()):
        self.directory = directory
        self.state_dir = directory / 'state'
        self.log_file = directory / 'agent.log'
        self.certificates = certificates
        self.environment = dict(environment)
        self.flags = list(flags)
        self.clock = {}  # settings of a clock that is not the machine's, see fake_clock
        self.rest_port, self.grpc_port, self.proxy_port = free_port(), free_port(), free_port()
        self.process = None
        directory.mkdir(parents=True, exist_ok=True)

    def command(self):
        command = self._own_command()
        return fake_clock.command(command, self.clock) if self.clock else command

    def _own_command(self):
        return [str(binary()), '-rest', '127.0.0.1:%d' % self.rest_port, '-grpc', '127.0.0.1:%d' % self.grpc_port,
                '-proxy', '127.0.0.1:%d' % self.proxy_port, '-cert', str(self.certificates.directory),
                '-state_dir', str(self.state_dir), '-shards', '1', '-debug', *self.flags]

    def clean_environment(self):
        """Nothing of the developer's cloud or proxies reaches the agent."""
        return {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': str(self.directory), **self.environment}

    def launch(self):
        """Starts the process and does not wait for it."""
        with open(self.log_file, 'ab') as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.directory, env=self.clean_environment())
        return self

    def start(self):
        """Starts the process and waits until its API answers."""
        self.launch()

        def answers():
            assert self.process.poll() is None, 'the agent ended with %s:\n%s' % (self.process.returncode, self.log())
            try:
                return self.rest('GET', '/healthz').status_code == 200
            except requests.ConnectionError:
                return False
        wait_until(answers, lambda: 'the API answers; log:\n' + self.log(), every=0.02)
        return self

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def terminate(self):
        """Asks the process to end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LIMIT)

    def kill(self):
        if self.is_running():
            self.process.kill()
        self.process.wait()

    def restart(self):
        self.kill()
        return self.start()

    def successor(self):
        """Another agent, which has taken the place of this one; this one drains."""
        made = Agent(self.directory, self.certificates, self.environment, [*self.flags, '-take_over'])
        made.rest_port, made.grpc_port, made.proxy_port = self.rest_port, self.grpc_port, self.proxy_port
        made.log_file = self.directory / ('agent-%d.log' % time.monotonic_ns())
        made.launch()
        wait_until(lambda: 'took over from the agent before' in made.log(), lambda: 'it serves; log:\n' + made.log(),
                   every=0.02)
        return made

    def close(self):
        if self.is_running():
            self.kill()

    def log(self):
        return self.log_file.read_text(errors='replace') if self.log_file.exists() else ''

    # Its REST API.

    def url(self, path):
        return 'http://127.0.0.1:%d%s' % (self.rest_port, path)

    def rest(self, method, path, json=None, timeout=LIMIT, **more):
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.url(path), json=json, timeout=timeout, **more)

    def get(self, path):
        answer = self.rest('GET', path)
        assert answer.status_code == 200, '%s: %d %s' % (path, answer.status_code, answer.text)
        return answer.json()

    def post(self, path, body):
        answer = self.rest('POST', path, body)
        assert answer.status_code == 200, '%s: %d %s' % (path, answer.status_code, answer.text)
        return answer.json()

    # Its reverse proxy.

    def add_route(self, path, origin):
        return self.post('/v1/proxy', {'message': 'add', 'proxies': [{'path': path, 'origin': origin}]})

    def delete_route(self, path):
        return self.post('/v1/proxy', {'message': 'delete', 'proxies': [{'path': path}]})

    def proxy_url(self, path):
        return 'https://localhost:%d%s' % (self.proxy_port, path)

    def browse(self, method, path, timeout=LIMIT, **more):
        """A request through the reverse proxy; redirects are not followed."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.proxy_url(path), verify=str(self.certificates.authority),
                                   timeout=timeout, allow_redirects=False, **more)

    def curl(self, line):
        """Runs a curl command as a user would type it, with the documents' hosts and ports led to this agent."""
        home = self.directory / 'curl'
        home.mkdir(exist_ok=True)
        (home / '.curlrc').write_text('\n'.join((
            'connect-to = "localhost:18889:127.0.0.1:%d"' % self.rest_port,
            'connect-to = "hamburg.mex-tdg.mobiledgex.net:18889:127.0.0.1:%d"' % self.rest_port,
            'connect-to = "agent1.medge.gq:18889:127.0.0.1:%d"' % self.rest_port,
            'connect-to = "agent1.medge.gq:443:127.0.0.1:%d"' % self.proxy_port,
            'cacert = "%s"' % self.certificates.authority)))
        assert line.startswith('curl ')
        environment = dict(self.clean_environment(), CURL_HOME=str(home))
        environment.pop('http_proxy', None)
        return subprocess.run(['bash', '-c', line], text=True, timeout=LIMIT, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
