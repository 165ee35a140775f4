"""A master as the program that renews certificates sees it: its files, and stand-ins for the programs that it calls.

The program runs in namespaces of its own, where its directories lie over the machine's. Every program that changes
something is counted, so that a cut of the power can come before and after each of them."""
import os
import pathlib
import shutil
import subprocess
import time

from harness import fake_clock

PROGRAM = pathlib.Path(__file__).parents[3] / 'src/kubernetes/node/certificates.sh'
STAND_INS = pathlib.Path(__file__).parents[1] / 'data/master'
NAME, ADDRESS = 'demo-master-1', '10.0.0.10'
COMPONENTS = ('etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler')
AUTHORITIES = {'front-proxy-client': 'front-proxy-ca', 'etcd/server': 'etcd/ca', 'etcd/peer': 'etcd/ca',
               'etcd/healthcheck-client': 'etcd/ca', 'apiserver-etcd-client': 'etcd/ca',
               'apiserver': 'ca', 'apiserver-kubelet-client': 'ca'}
CONFIGURATIONS = ('admin', 'controller-manager', 'scheduler')
DAY = 86400

_ENTER = '''
set -e
mount -t tmpfs run /run
# See fake_clock.
mount -t tmpfs shm /dev/shm
for directory in etc var/lib; do
  mount -t overlay "over-$directory" -o "lowerdir=/$directory,upperdir=$1/$directory,workdir=$1/overlay/$directory" "/$directory"
done
mount --bind "$1/programs" /usr/local/sbin
mount --bind "$1/console" /dev/console
/usr/bin/cp "$1"/lease-seen /run/mexosagent-certificates 2>/dev/null || :
status=0
"$2" $3 || status=$?
exit $status
'''


def openssl(*words, text=None, at=None):
    command = ['openssl', *map(str, words)]
    if at:
        command = fake_clock.command(['faketime', at, *command])
    return subprocess.run(command, input=text, text=True, check=True, capture_output=True).stdout


class Master:

    def __init__(self, directory, masters=(ADDRESS,)):
        self._is_in(directory)
        for name in ('etc/mexosagent', 'var/lib/mexosagent', 'var/lib/kubelet/pki', 'overlay/etc', 'overlay/var/lib',
                     'programs', 'state/running', 'state/down', 'etc/kubernetes/manifests', 'etc/kubernetes/pki/etcd'):
            (directory / name).mkdir(parents=True)
        (directory / 'console').write_text('')
        for program in STAND_INS.iterdir():
            shutil.copy(program, directory / 'programs')
        for counted in ('cp', 'mv', 'rm', 'sync'):
            (directory / 'programs' / counted).symlink_to('counted')
        (directory / 'etc/mexosagent/node.env').write_text(
            "NODE_NAME='%s'\nROLE='first-master'\nAPI_ENDPOINT='api.cluster.internal:6443'\n" % NAME)
        (directory / 'etc/mexosagent/hosts').write_text(
            ''.join('%s api.cluster.internal\n' % address for address in masters))
        (directory / 'var/lib/mexosagent/ready').touch()
        (self.kubernetes / 'manifests/kube-apiserver.yaml').write_text('    - --advertise-address=%s\n' % ADDRESS)
        for name in COMPONENTS:
            (self.state / 'running' / name).write_text('%s-1' % name)
        self._sign_all()

    def _is_in(self, directory):
        self.directory = directory
        self.state = directory / 'state'
        self.kubernetes = directory / 'etc/kubernetes'

    def copy(self, directory):
        """Another one that is the same."""
        shutil.copytree(self.directory, directory, symlinks=True)
        copied = Master.__new__(Master)
        copied._is_in(directory)
        return copied

    def _sign_all(self):
        for authority in set(AUTHORITIES.values()):
            path = self.kubernetes / 'pki' / authority
            openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', 3650,
                    '-subj', '/CN=' + authority.replace('/', '-'), '-keyout', '%s.key' % path, '-out', '%s.crt' % path, at='100 days ago')
        self.sign(days=365)
        kubelet = self.directory / 'var/lib/kubelet/pki/kubelet-client-current.pem'
        shutil.copy(self.kubernetes / 'pki/apiserver-kubelet-client.crt', kubelet)
        (self.kubernetes / 'kubelet.conf').write_text('client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n')

    def sign(self, days):
        """All end in so many days and begin a hundred days ago, as their authorities do."""
        subprocess.run(fake_clock.command([STAND_INS / 'kubeadm', '--make', self.kubernetes]), check=True,
                       env=dict(os.environ, SIGN_DAYS=str(days)))
        self.written(days_ago=100)

    def files(self):
        """Of the certificates, by name."""
        found = {name: self.kubernetes / 'pki' / (name + '.crt') for name in AUTHORITIES}
        return {**found, **{name: self.kubernetes / (name + '.conf') for name in CONFIGURATIONS}}

    def written(self, days_ago):
        then = time.time() - days_ago * DAY
        for path in self.files().values():
            os.utime(path, (then, then))

    def run(self, *words, cut=None, **environment):
        """The exit code. `cut`: (number, 'before' or 'after') of the call at which the power goes."""
        (self.state / 'calls').write_text('')
        environment = {'STATE': self.state, 'SIGN_DAYS': 365, 'CUT': '%d %s' % cut if cut else '', **environment}
        done = subprocess.run(
            ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', _ENTER, 'sh', self.directory,
             PROGRAM, ' '.join(words)],
            env={'PATH': os.environ['PATH'], **{name: str(value) for name, value in environment.items()}},
            text=True, capture_output=True, check=False)
        self.output = done.stdout + done.stderr
        return done.returncode

    def calls(self):
        return (self.state / 'calls').read_text().splitlines()

    def serials(self):
        return {name: openssl('x509', '-noout', '-serial', text=certificate(path)) for name, path in self.files().items()}

    def restarted(self):
        """The components that run another container than at the beginning."""
        return {name for name in COMPONENTS if (self.state / 'running' / name).read_text() != name + '-1'}

    def annotation(self, name):
        path = self.state / 'annotations'
        found = dict(line.split('=', 1) for line in path.read_text().splitlines()) if path.exists() else {}
        return found.get('mexosagent/' + name)

    def console(self):
        return (self.directory / 'console').read_text()


def data_of(path, member):
    encoded = next(line.split()[1] for line in path.read_text().splitlines() if line.split()[0] == member + ':')
    return subprocess.run(['base64', '-d'], input=encoded, text=True, check=True, capture_output=True).stdout


def certificate(path):
    return data_of(path, 'client-certificate-data') if path.suffix == '.conf' else path.read_text()


def key(path):
    return data_of(path, 'client-key-data') if path.suffix == '.conf' else path.with_suffix('.key').read_text()


def is_pair(path):
    return (openssl('x509', '-noout', '-pubkey', text=certificate(path))
            == openssl('pkey', '-pubout', text=key(path)))
