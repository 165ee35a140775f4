"""What stands for the API servers of clusters whose machines do not boot: one program for all clusters of an agent.

Each master that Nova has ACTIVE answers at its own address with a certificate that the cluster's authority signed, out
of the user-data that the agent gave it. A node joins when its server is ACTIVE; it is Ready as long as that is so, and
no longer. The truth is asked of Nova directly, never through the proxy that lies to the agent.
"""
import base64
import datetime
import email
import gzip
import http.server
import json
import re
import socket
import ssl
import threading
import time
import urllib.parse

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness.openstack import Api

# How long an answer of Nova counts.
_FRESH_SECONDS = 0.5
_NAME = 'api.cluster.internal'
_KEYS = '/var/lib/mexosagent/pki/'


def _files_of(user_data):
    """Path -> content of what the agent lets cloud-init write on a node."""
    message = email.message_from_bytes(gzip.decompress(base64.b64decode(user_data)))
    files = {}
    for part in message.walk():
        if part.get_content_type() == 'text/cloud-config':
            for file in yaml.safe_load(part.get_payload(decode=True)).get('write_files', []):
                files[file['path']] = file['content']
    return files


def _certificate_of(authority_pem, authority_key_pem):
    """PEM of a key and a certificate of an API server."""
    authority = x509.load_pem_x509_certificate(authority_pem.encode())
    authority_key = serialization.load_pem_private_key(authority_key_pem.encode(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.utcnow()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'kube-apiserver')]))
        .issuer_name(authority.subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(_NAME)]), critical=False)
        .sign(authority_key, hashes.SHA256()))
    return (key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption())
            + certificate.public_bytes(serialization.Encoding.PEM))


class _Node:

    def __init__(self, name, server_id):
        self.name = name
        self.join(server_id)
        self.is_unschedulable = False

    def join(self, server_id):
        self.server_id = server_id
        self.set_ready(True)
        self.pods = ['%s-pod' % self.name]

    def set_ready(self, is_ready):
        self.is_ready = is_ready
        self.since = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())

    def document(self):
        ready = {'type': 'Ready', 'status': 'True' if self.is_ready else 'Unknown', 'reason': 'Kubelet',
                 'message': 'its server is ACTIVE' if self.is_ready else 'Kubelet stopped posting node status.',
                 'lastTransitionTime': self.since}
        return {'metadata': {'name': self.name, 'uid': self.server_id},
                'spec': {'unschedulable': True} if self.is_unschedulable else {},
                'status': {'conditions': [ready], 'nodeInfo': {'kubeletVersion': 'v1.30.2'}}}


class _Cluster:
    """One cluster's nodes, and how its API servers prove themselves."""

    def __init__(self, prefix, context):
        self.prefix = prefix
        self.context = context
        self.nodes = {}
        self._forgotten = set()  # servers whose nodes were deleted: a kubelet registers once

    def see(self, servers):
        """`servers` are those that are ACTIVE."""
        active = {server['name']: server['id'] for server in servers if server['name'].startswith(self.prefix)}
        for name, server_id in active.items():
            node = self.nodes.get(name)
            if node is None and server_id not in self._forgotten:
                self.nodes[name] = _Node(name, server_id)
            elif node is not None and node.server_id != server_id:
                node.join(server_id)
        for node in self.nodes.values():
            is_ready = active.get(node.name) == node.server_id
            if is_ready != node.is_ready:
                node.set_ready(is_ready)

    def forget(self, name):
        node = self.nodes.pop(name, None)
        if node is not None:
            self._forgotten.add(node.server_id)
        return node


class StandingApiServers:

    def __init__(self, project, network, directory):
        """In `network` the masters' addresses are the machine's own, so one listener is enough."""
        self._project = project
        self._directory = directory
        self._api = Api(project.api.auth_url, project.name, project.api.password, project.name)
        self._lock = threading.RLock()
        self._servers, self._asked = [], 0.0
        self._addresses = {}  # id of a master -> its addresses
        self._clusters = {}  # prefix of names -> _Cluster
        directory.mkdir(parents=True)
        with network.entered():
            self._listener = socket.create_server(('0.0.0.0', 6443), backlog=128)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def was_drained(self, server_id):
        """Whether the node of that server takes no pods and has none, or is not Ready, or never was one."""
        with self._lock:
            for cluster in self._clusters.values():
                for node in cluster.nodes.values():
                    if node.server_id == server_id:
                        return not node.is_ready or (node.is_unschedulable and not node.pods)
        return True

    def _accept(self):
        while True:
            try:
                connection, client = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, client), daemon=True).start()

    def _serve(self, connection, client):
        address = connection.getsockname()[0]
        try:
            cluster = self.cluster_at(address)
            if cluster is None:
                return connection.close()
            with cluster.context.wrap_socket(connection, server_side=True) as secured:
                _Handler(secured, client, _Master(self, address))
        except (OSError, ValueError):
            pass  # the agent goes away, or is killed

    def cluster_at(self, address):
        """The cluster of which a master has that address and runs; None without."""
        with self._lock:
            for server in self._truth():
                if '-master-' in server['name'] and address in self._addresses_of(server['id']):
                    return self._cluster_of(server)
        return None

    def locked(self):
        return self._lock

    def _truth(self):
        """The servers that are ACTIVE, by name and id only: for more Nova asks Neutron, every time."""
        if time.monotonic() - self._asked > _FRESH_SECONDS:
            self._servers = self._api('GET', 'compute', '/servers?status=ACTIVE')['servers']
            self._asked = time.monotonic()
            for cluster in self._clusters.values():
                cluster.see(self._servers)
        return self._servers

    def _addresses_of(self, server_id):
        """They stay as they are while the server is there."""
        if server_id not in self._addresses:
            server = self._api('GET', 'compute', '/servers/' + server_id)['server']
            self._addresses[server_id] = {fixed['addr'] for each in server['addresses'].values() for fixed in each}
        return self._addresses[server_id]

    def _cluster_of(self, master):
        prefix = re.sub(r'master-\d+$', '', master['name'])
        if prefix not in self._clusters:
            cluster = _Cluster(prefix, self._context_of(prefix, master['id']))
            cluster.see(self._servers)
            self._clusters[prefix] = cluster
        return self._clusters[prefix]

    def _context_of(self, prefix, server_id):
        files = _files_of(self._project.user_data(server_id))
        authority, key = files[_KEYS + 'ca.crt'], files[_KEYS + 'ca.key']
        file = self._directory / (prefix + 'api-server.pem')
        file.write_bytes(_certificate_of(authority, key))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority)
        context.load_cert_chain(file)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


class _Master:
    """What a handler knows of where it is."""

    def __init__(self, servers, address):
        self.servers = servers
        self.address = address


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    timeout = 300

    def answer(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        url = urllib.parse.urlsplit(self.path)
        servers = self.server.servers
        with servers.locked():
            cluster = servers.cluster_at(self.server.address)
            if cluster is None:  # the machine has gone meanwhile
                self.close_connection = True
                return
            status, document = _reply(cluster, self.command, url, body)
        text = document.encode() if isinstance(document, str) else json.dumps(document).encode()
        self.send_response_only(status)
        self.send_header('Content-Type', 'text/plain' if isinstance(document, str) else 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        pass


_NOT_FOUND = 404, {'kind': 'Status', 'status': 'Failure', 'reason': 'NotFound', 'message': 'not found', 'code': 404}


def _reply(cluster, method, url, body):
    path = url.path
    if path == '/readyz':
        return 200, 'ok'
    if path == '/version':
        return 200, {'gitVersion': 'v1.30.2'}
    if path == '/api/v1':
        return 200, {'resources': [{'name': 'secrets', 'kind': 'Secret', 'namespaced': True}]}
    if path == '/api/v1/nodes':
        return 200, {'metadata': {}, 'items': [node.document() for node in cluster.nodes.values()]}
    if path == '/api/v1/pods':
        return 200, {'metadata': {}, 'items': _pods_on(cluster, url.query)}
    node = re.fullmatch('/api/v1/nodes/([^/]+)', path)
    if node:
        return _change_node(cluster, method, urllib.parse.unquote(node.group(1)), body)
    eviction = re.fullmatch('/api/v1/namespaces/default/pods/([^/]+)/eviction', path)
    if eviction:
        for each in cluster.nodes.values():
            each.pods = [pod for pod in each.pods if pod != eviction.group(1)]
        return 201, {}
    return (200, {}) if method == 'PATCH' else _NOT_FOUND


def _pods_on(cluster, query):
    selector = urllib.parse.parse_qs(query).get('fieldSelector', [''])[0]
    node = cluster.nodes.get(selector.replace('spec.nodeName=', ''))
    return [{'metadata': {'name': pod, 'namespace': 'default'}, 'status': {'phase': 'Running'}}
            for pod in (node.pods if node else [])]


def _change_node(cluster, method, name, body):
    node = cluster.nodes.get(name)
    if node is None:
        return _NOT_FOUND
    if method == 'DELETE':
        cluster.forget(name)
    elif method == 'PATCH':
        node.is_unschedulable = bool(json.loads(body).get('spec', {}).get('unschedulable'))
    return 200, node.document()
