"""A real sshd for one key that is made for it."""
import subprocess

from harness.waiting import wait_until

_SERVER = """\
ListenAddress {address}:{port}
HostKey {directory}/host_key
AuthorizedKeysFile {directory}/user_key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
"""
_CLIENT = """\
Host {name}
  HostName {address}
  Port {port}
  User root
  IdentityFile {directory}/user_key
  UserKnownHostsFile {directory}/known_hosts
"""


class SshServer:
    """`ssh NAME` leads to it for whoever has the program it puts into `programs` first in PATH."""

    def __init__(self, directory, programs, name, address, port=2222):
        directory.mkdir(mode=0o700)
        for key in ('host_key', 'user_key'):
            subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', directory / key], check=True)
        where = {'name': name, 'address': address, 'port': port, 'directory': directory}
        (directory / 'sshd_config').write_text(_SERVER.format(**where))
        (directory / 'ssh_config').write_text(_CLIENT.format(**where))
        (directory / 'known_hosts').write_text('[%s]:%d %s' % (address, port, (directory / 'host_key.pub').read_text()))
        # ssh looks for its settings where the user database says, whatever HOME is.
        client = programs / 'ssh'
        client.write_text('#!/bin/sh\nexec /usr/bin/ssh -F %s/ssh_config "$@"\n' % directory)
        client.chmod(0o755)
        with open(directory / 'log', 'wb') as log:
            # It insists on a directory in /run.
            self._process = subprocess.Popen(
                ['unshare', '--mount', 'sh', '-c',
                 'mount -t tmpfs none /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f "$0"', directory / 'sshd_config'], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: 'Server listening' in (directory / 'log').read_text(), (directory / 'log').read_text)

    def close(self):
        self._process.terminate()
        self._process.wait()
