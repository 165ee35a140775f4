"""kubectl as a developer of the tenant uses it: from outside, with the kubeconfig that the agent gave."""
import json
import subprocess
import time

# In a view of the file system of its own, the names of clusters are in /etc/hosts: what DNS would say.
_WITH_HOSTS = ('unshare', '--mount', 'sh', '-euc', 'mount --bind "$0" /etc/hosts; exec "$@"')


class Kubectl:

    def __init__(self, program, directory, kubeconfig, names, patience=0):
        """Every one of `names` is the agent's machine, which is this one. `patience` is how long, in seconds, a
        command is tried again that fails."""
        directory.mkdir(parents=True, exist_ok=True)
        self._program = program
        self._patience = patience
        self._hosts = directory / 'hosts'
        self._hosts.write_text('127.0.0.1 localhost %s\n' % ' '.join(names))
        self._kubeconfig = directory / 'kubeconfig'
        self._kubeconfig.write_text(kubeconfig)
        self._kubeconfig.chmod(0o600)

    def try_to(self, *words, text=None):
        command = [*_WITH_HOSTS, self._hosts, self._program, '--kubeconfig', self._kubeconfig,
                   '--request-timeout=20s', *words]
        return subprocess.run(list(map(str, command)), input=text, text=True, capture_output=True, check=False,
                              timeout=120)

    def __call__(self, *words, text=None):
        """What it prints; it must succeed."""
        end = time.monotonic() + self._patience
        while (done := self.try_to(*words, text=text)).returncode and time.monotonic() < end:
            time.sleep(0.2)
        assert done.returncode == 0, 'kubectl %s: %s' % (' '.join(words), done.stderr.strip())
        return done.stdout

    def get(self, *words):
        """The items of a list."""
        return json.loads(self('get', *words, '-o', 'json'))['items']

    def apply(self, manifest):
        return self('apply', '-f', '-', text=json.dumps(manifest))

    def ready_nodes(self):
        return {node['metadata']['name'] for node in self.get('nodes') for condition in node['status']['conditions']
                if condition['type'] == 'Ready' and condition['status'] == 'True'}
