"""A certificate authority of its own for one test: Let's Encrypt's Pebble, and a name server that says what it is told."""
import json
import os
import signal
import subprocess

import requests

from harness.certificates import Authority
from harness.free_port import free_port
from harness.waiting import LIMIT, wait_until


class Pebble:
    """Validates on these ports of loopback: `http_port`, `tls_port`; asks `dns` for names."""

    def __init__(self, directory, http_port=None, tls_port=None, dns=None, **settings):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.http_port, self.tls_port = http_port or free_port(), tls_port or free_port()
        self._port, self._management_port = free_port(), free_port()
        self._dns_port, self._names_port = free_port(), free_port()
        self._authority = Authority(directory)
        self.authority = self._authority.certificate  # of its own TLS, not of what it issues
        certificate, key = self._authority.sign(['DNS:localhost', 'IP:127.0.0.1'])
        (directory / 'cert.pem').write_text(certificate)
        (directory / 'key.pem').write_text(key)
        self.url = 'https://localhost:%d/dir' % self._port
        self.dns = dns or '127.0.0.1:%d' % self._dns_port
        self._settings = settings
        self._processes = {}
        self.start_names()
        self.start()

    def start_names(self):
        """Every name is at 127.0.0.1."""
        self._run('names', ['pebble-challtestsrv', '-dns01', '127.0.0.1:%d' % self._dns_port, '-management',
                            '127.0.0.1:%d' % self._names_port, '-http01', '', '-https01', '', '-tlsalpn01', '',
                            '-defaultIPv6', ''])

    def set_txt(self, name, contents):
        """What the TXT records of a name are from now on."""
        url = 'http://127.0.0.1:%d/' % self._names_port
        proxies = {'http': ''}
        requests.post(url + 'clear-txt', json={'host': name + '.'}, timeout=LIMIT, proxies=proxies).raise_for_status()
        for content in contents:
            requests.post(url + 'set-txt', json={'host': name + '.', 'value': content}, timeout=LIMIT,
                          proxies=proxies).raise_for_status()

    def start(self, nonce_rejections=5, **environment):
        """`nonce_rejections`: of a hundred requests."""
        configuration = self.directory / 'pebble.json'
        configuration.write_text(json.dumps({'pebble': {
            'listenAddress': '127.0.0.1:%d' % self._port, 'managementListenAddress': '127.0.0.1:%d' % self._management_port,
            'certificate': str(self.directory / 'cert.pem'), 'privateKey': str(self.directory / 'key.pem'),
            'httpPort': self.http_port, 'tlsPort': self.tls_port, 'ocspResponderURL': '',
            'externalAccountBindingRequired': False, **self._settings}}))
        self._run('pebble', ['pebble', '-config', str(configuration), '-dnsserver', self.dns, '-strict'],
                  PEBBLE_VA_NOSLEEP='1', PEBBLE_WFE_NONCEREJECT=str(nonce_rejections), PEBBLE_AUTHZREUSE='0', **environment)

        def answers():
            try:
                return requests.get(self.url, verify=str(self.authority), timeout=LIMIT, proxies={'https': ''}).ok
            except requests.ConnectionError:
                return False
        wait_until(answers, lambda: 'pebble answers; log:\n' + self.log(), every=0.02)

    def _run(self, name, command, **environment):
        with open(self.directory / (name + '.log'), 'ab') as log:
            self._processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                     cwd=self.directory, env={'PATH': os.environ['PATH'], **environment})

    def root(self):
        """Of what it issues; another one at each start."""
        answer = requests.get('https://localhost:%d/roots/0' % self._management_port, verify=str(self.authority),
                              timeout=LIMIT, proxies={'https': ''})
        file = self.directory / 'root.pem'
        file.write_text(answer.text)
        return file

    def log(self):
        return (self.directory / 'pebble.log').read_text()

    def stop(self, name='pebble'):
        self._processes[name].kill()
        self._processes[name].wait()

    def pause(self):
        """It listens and says nothing."""
        self._processes['pebble'].send_signal(signal.SIGSTOP)

    def go_on(self):
        self._processes['pebble'].send_signal(signal.SIGCONT)

    def close(self):
        for name in self._processes:
            self.stop(name)
