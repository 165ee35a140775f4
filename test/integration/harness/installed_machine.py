"""A machine on which the Debian package is installed, and its units started as systemd starts them, but for systemd.

It is this one's root seen through an overlay, in a mount namespace of its own: whatever the package changes is gone
afterwards. Of a unit counts who it is and what it may do: user, groups, capabilities, new privileges, environment,
sockets, system calls, its view of /proc. What else systemd shuts off (the file system) is not there, so that a test that
passes here does not stand on that.
"""
import os
import pathlib
import re
import shlex
import socket
import subprocess

from harness import system_calls
from harness.agent import Agent, binary
from harness.waiting import LIMIT

ROOT = pathlib.Path(__file__).resolve().parents[3]
UNITS = ROOT / 'packaging/deb'

_PREPARE = r'''
mount --make-rprivate /
mount -t tmpfs none {tmp}
mkdir {tmp}/changes {tmp}/work {tmp}/machine
mount -t overlay overlay -o lowerdir=/,upperdir={tmp}/changes,workdir={tmp}/work {tmp}/machine
mount --bind /proc {tmp}/machine/proc
mount --rbind /dev {tmp}/machine/dev
mount -t tmpfs -o mode=755 none {tmp}/machine/run
mount -t tmpfs -o mode=1777 none {tmp}/machine/tmp
mkdir -p {tmp}/machine/etc/mexosagent/certs {tmp}/machine/usr/lib/mexosagent
cp {bin}/mexosagent {tmp}/machine/usr/bin/
cp {bin}/mexosagent-launcher {tmp}/machine/usr/lib/mexosagent/
cp {units}/mexosagent.conf {tmp}/machine/etc/mexosagent/
chmod 750 {tmp}/machine/etc/mexosagent {tmp}/machine/etc/mexosagent/certs
chmod 640 {tmp}/machine/etc/mexosagent/mexosagent.conf
chroot {tmp}/machine sh -s configure <{units}/postinst

exec chroot {tmp}/machine sh -c "echo ready; exec sleep infinity"
'''


def settings(unit):
    """Of a unit file: each name with all its values."""
    found = {}
    for line in (UNITS / unit).read_text().splitlines():
        match = re.fullmatch(r'(\w+)=(.*)', line)
        if match:
            found.setdefault(match.group(1), []).append(match.group(2))
    return found


class InstalledMachine:

    def __init__(self, directory):
        script = _PREPARE.format(tmp=directory, bin=binary().parent, units=UNITS)
        self._holder = subprocess.Popen(['unshare', '--mount', 'sh', '-ec', script], text=True, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE)
        said = ''
        for line in self._holder.stdout:
            said += line
            if line == 'ready\n':
                break
        assert said.endswith('ready\n'), said
        self.root = pathlib.Path('/proc/%d/root' % self._holder.pid)

    def enter(self):
        return ['nsenter', '--target', str(self._holder.pid), '--mount', '--root', '--wd=/']

    def run(self, *command, check=True, **more):
        """A command there, as root."""
        return subprocess.run([*self.enter(), *command], text=True, check=check, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=LIMIT, **more)

    def user(self, name):
        return int(self.run('id', '-u', name).stdout)

    def put(self, path, content, owner='mexosagent', mode=0o600):
        file = self.root / path.lstrip('/')
        file.write_text(content)
        file.chmod(mode)
        self.run('chown', owner, path)

    def as_unit(self, unit, command, descriptor=None):
        """The command line that runs `command` with the user and the capabilities of a unit."""
        says = settings(unit)
        [user] = says['User']
        capabilities = ','.join('+' + each.removeprefix('CAP_').lower() for each in says['AmbientCapabilities'][0].split())
        only = '-all,' + capabilities
        rights = ['setpriv', '--reuid', user, '--regid', user, '--init-groups', '--inh-caps', only, '--ambient-caps', only,
                  '--bounding-set', only, '--no-new-privs', '--']
        options = ','.join(['hidepid=' + each for each in says.get('ProtectProc', [])] +
                           ['subset=' + each for each in says.get('ProcSubset', [])])
        calls = '/etc/mexosagent-test-' + unit
        if not (self.root / calls.lstrip('/')).exists():
            self.put('/etc/mexosagent-test.py', pathlib.Path(system_calls.__file__).read_text(), 'root', 0o644)
            self.put(calls, ' '.join(map(str, system_calls.allowed(says['SystemCallFilter']))), 'root', 0o644)
        rights += ['/usr/bin/python3', '-I', '/etc/mexosagent-test.py', calls]
        script = 'cd /; umask %s; mount -t proc %s proc /proc; ' % (says['UMask'][0], '-o ' + options if options else '')
        if descriptor is not None:
            script += 'exec 3<&%d; ' % descriptor
        script += 'exec "$@"'
        return [*self.enter(), 'unshare', '--mount', 'bash', '-ec', script, 'bash', *rights, *command]

    def start_launcher(self, log):
        """With its socket, as the socket unit says it."""
        says = settings('mexosagent-launcher.socket')
        path = says['ListenSequentialPacket'][0]
        there = self.root / path.lstrip('/')
        there.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(str(there))
            there.chmod(int(says['SocketMode'][0], 8))
            self.run('chown', '%s:%s' % (says['SocketUser'][0], says['SocketGroup'][0]), path)
            listener.listen(128)
            command = shlex.split(settings('mexosagent-launcher.service')['ExecStart'][0])
            with open(log, 'ab') as out:
                process = subprocess.Popen(
                    self.as_unit('mexosagent-launcher.service', command, listener.fileno()), stdin=subprocess.DEVNULL,
                    stdout=out, stderr=out, env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin'}, pass_fds=[listener.fileno()])
        self._launcher = process

    def stop_launcher(self):
        self._launcher.kill()
        self._launcher.wait()

    def close(self):
        self.stop_launcher()
        # nginx goes on without them.
        for user in ('nginx', 'acme', 'dns'):
            self.run('sh', '-c', 'for each in $(ps -o pid= -u mexosagent-%s); do kill -KILL $each; done' % user)
        self._holder.kill()
        self._holder.wait()


class InstalledAgent(Agent):
    """The agent of such a machine, at its usual ports."""

    def __init__(self, machine, directory, certificates, environment=(), flags=()):
        super().__init__(directory, certificates, environment, flags)
        self.machine = machine
        self.rest_port, self.grpc_port, self.proxy_port = 18889, 18888, 443
        self.state_dir = machine.root / 'var/lib/mexosagent'
        machine.run('install', '-d', '-o', 'mexosagent', '-g', 'mexosagent', '-m',
                    settings('mexosagent.service')['StateDirectoryMode'][0], '/var/lib/mexosagent')

    def command(self):
        [line] = settings('mexosagent.service')['ExecStart']
        return self.machine.as_unit('mexosagent.service', shlex.split(line.replace('$MEX_FLAGS', shlex.join(self.flags))))

    def pid(self):
        """Of the agent itself: what was started becomes it in steps, without another process."""
        return self.process.pid

    def clean_environment(self):
        return {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', **self.environment}
