"""A real name server for one zone that takes updates by RFC 2136 with a key."""
import base64
import os
import secrets
import signal
import subprocess

from harness.free_port import free_port
from harness.waiting import wait_until

_CONFIGURATION = '''
server:
    rundir: "{directory}"
    listen: 127.0.0.1@{port}
database:
    storage: "{directory}/database"
log:
  - target: stderr
    any: info
key:
  - id: agent
    algorithm: hmac-sha256
    secret: {secret}
acl:
  - id: update
    key: agent
    action: update
zone:
  - domain: {zone}
    storage: "{directory}"
    file: zone
    zonefile-sync: 0
    journal-content: none
    acl: update
'''
_ZONE = '''@ 60 SOA ns.{zone}. root.{zone}. 1 60 60 600 60
@ 60 NS ns.{zone}.
ns 60 A 127.0.0.1
'''


class Knot:
    ttl = 120

    def __init__(self, directory, zone='zone.test'):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.zone, self.port = directory, zone, free_port()
        self.address = '127.0.0.1:%d' % self.port
        secret = base64.b64encode(secrets.token_bytes(32)).decode()
        (directory / 'knot.conf').write_text(_CONFIGURATION.format(directory=directory, port=self.port, secret=secret,
                                                                   zone=zone))
        (directory / 'zone').write_text(_ZONE.format(zone=zone))
        self.key = self._write_key('key', secret)
        self.wrong_key = self._write_key('wrong-key', base64.b64encode(secrets.token_bytes(32)).decode())
        self.start()

    def _write_key(self, name, secret):
        """As tsig-keygen writes it."""
        file = self.directory / name
        file.write_text('key "agent" {\n\talgorithm hmac-sha256;\n\tsecret "%s";\n};\n' % secret)
        file.chmod(0o600)
        return file

    def start(self):
        with open(self.directory / 'knot.log', 'ab') as log:
            self._process = subprocess.Popen(['/usr/sbin/knotd', '-c', str(self.directory / 'knot.conf')],
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: self.records(self.zone, 'NS'), lambda: 'knot answers; log:\n' + self.log(), every=0.05)

    def flags(self):
        return ['-dns', 'rfc2136', '-dns_server', self.address, '-dns_key', str(self.key)]

    def environment(self):
        return {}

    def records(self, name, kind):
        """Sorted contents."""
        done = subprocess.run(['dig', '+short', '+time=60', '+tries=1', '@127.0.0.1', '-p', str(self.port), name, kind],
                              text=True, stdout=subprocess.PIPE)
        return sorted(line.strip('"') for line in done.stdout.splitlines() if not line.startswith(';'))

    def _update(self, line):
        subprocess.run(['nsupdate', '-k', str(self.key)], text=True, check=True, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, input='server 127.0.0.1 %d\nupdate %s\nsend\n' % (self.port, line))

    def add(self, name, kind, content, ttl=ttl):
        self._update('add %s. %d %s %s' % (name, ttl, kind, content))

    def remove(self, name, kind, content):
        self._update('delete %s. %s %s' % (name, kind, content))

    def log(self):
        return (self.directory / 'knot.log').read_text()

    def stop(self):
        self._process.kill()
        self._process.wait()

    def pause(self):
        """It listens and says nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def close(self):
        self.stop()
