"""User data for one master and one worker, written by hand: what anybody could give to Nova. Nothing of
mexosagent is in it, so that a failure here is one of the nodes."""
import json
import pathlib
import secrets
import subprocess
import textwrap

MASTER, WORKER = '10.101.0.10', '10.101.0.20'
SUBNET, GATEWAY = '10.101.0.0/24', '10.101.0.1'
# Preflight looks for the host's kernel in places where a node has none, and for CoreDNS's image.
_IGNORED = '--ignore-preflight-errors=SystemVerification,ImagePull'


def _openssl(directory, *arguments, text=None):
    return subprocess.run(['openssl', *arguments], cwd=directory, input=text, text=True, check=True,
                          capture_output=True).stdout


class Cluster:

    def __init__(self, directory):
        self._directory = pathlib.Path(directory)
        self.token = secrets.token_hex(3) + '.' + secrets.token_hex(8)
        self._make_authority()
        self.kubeconfig = self._directory / 'kubeconfig'
        self._make_kubeconfig()

    def _read(self, name):
        return (self._directory / name).read_text()

    def _make_authority(self):
        here = self._directory
        _openssl(here, 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'ca.key')
        _openssl(here, 'req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=kubernetes', '-days', '30',
                 '-addext', 'keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign', '-out', 'ca.crt')
        key = _openssl(here, 'x509', '-pubkey', '-noout', '-in', 'ca.crt')
        (here / 'ca.pub').write_text(key)
        _openssl(here, 'pkey', '-pubin', '-in', 'ca.pub', '-outform', 'DER', '-out', 'ca.der')
        self.authority_hash = 'sha256:' + _openssl(here, 'dgst', '-sha256', '-r', 'ca.der').split()[0]

    def _make_kubeconfig(self):
        here = self._directory
        _openssl(here, 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'admin.key')
        _openssl(here, 'req', '-new', '-key', 'admin.key', '-subj', '/O=system:masters/CN=test', '-out', 'admin.csr')
        (here / 'client.cnf').write_text('keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n')
        _openssl(here, 'x509', '-req', '-in', 'admin.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial',
                 '-days', '30', '-extfile', 'client.cnf', '-out', 'admin.crt')
        self.kubeconfig.write_text(json.dumps({
            'apiVersion': 'v1', 'kind': 'Config', 'current-context': 'it',
            'clusters': [{'name': 'it', 'cluster': {'server': 'https://%s:6443' % MASTER,
                                                    'certificate-authority': str(here / 'ca.crt')}}],
            'users': [{'name': 'it', 'user': {'client-certificate': str(here / 'admin.crt'),
                                              'client-key': str(here / 'admin.key')}}],
            'contexts': [{'name': 'it', 'context': {'cluster': 'it', 'user': 'it'}}]}))

    def master_data(self):
        return self._cloud_config(0, [
            ('/etc/kubernetes/pki/ca.crt', self._read('ca.crt')), ('/etc/kubernetes/pki/ca.key', self._read('ca.key')),
            ('/etc/kubeadm.yaml', self._init_configuration()),
        ], ['ip route add 10.244.1.0/24 via ' + WORKER,
            'kubeadm init --config /etc/kubeadm.yaml --skip-phases=addon/coredns ' + _IGNORED])

    def worker_data(self, number=1):
        """Workers have numbers from 1 on."""
        join = ('until kubeadm join %s:6443 --token %s --discovery-token-ca-cert-hash %s %s '
                '--cri-socket /run/containerd/containerd.sock; do kubeadm reset -f; sleep 2; done'
                % (MASTER, self.token, self.authority_hash, _IGNORED))
        return self._cloud_config(number, [], ['ip route add 10.244.0.0/24 via ' + MASTER, join])

    def _cloud_config(self, number, files, commands):
        """JSON is YAML."""
        plugins = {'cniVersion': '0.4.0', 'name': 'pods', 'plugins': [
            {'type': 'bridge', 'bridge': 'cni0', 'isGateway': True, 'hairpinMode': True, 'ipam': {
                'type': 'host-local', 'ranges': [[{'subnet': '10.244.%d.0/24' % number}]],
                'routes': [{'dst': '0.0.0.0/0'}]}},
            {'type': 'portmap', 'capabilities': {'portMappings': True}}]}
        files = [('/etc/cni/net.d/10-pods.conflist', json.dumps(plugins)), *files]
        return '#cloud-config\n' + json.dumps({
            'write_files': [{'path': path, 'content': content, 'permissions': '0600'} for path, content in files],
            'runcmd': ['sysctl -w net.ipv4.ip_forward=1', *commands]}, indent=1)

    def _init_configuration(self):
        return textwrap.dedent('''\
            apiVersion: kubeadm.k8s.io/v1beta2
            kind: InitConfiguration
            bootstrapTokens:
            - token: %(token)s
              usages: [signing, authentication]
              groups: ["system:bootstrappers:kubeadm:default-node-token"]
            localAPIEndpoint: {advertiseAddress: %(master)s}
            nodeRegistration: {criSocket: /run/containerd/containerd.sock}
            ---
            apiVersion: kubeadm.k8s.io/v1beta2
            kind: ClusterConfiguration
            kubernetesVersion: v1.20.2
            networking: {podSubnet: 10.244.0.0/16}
            ---
            apiVersion: kubeproxy.config.k8s.io/v1alpha1
            kind: KubeProxyConfiguration
            conntrack: {maxPerCore: 0}
            ''') % {'token': self.token, 'master': MASTER}
