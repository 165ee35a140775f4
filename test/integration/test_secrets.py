"""No key and no token of a cluster is seen anywhere but where it must be: on its machines and with its administrator."""
import base64
import email
import gzip
import re
import sqlite3

from harness import clusters
from harness.waiting import wait_until

FLAVOR = {'name': 'baked', 'worker_pools': [{'name': 'worker', 'count': 2}], 'kubernetes': {'image_style': 'BAKED'},
          'care': {'api_server_deadline': '3600s'}}
PATHS = ['/v1/clusters', '/v1/tenants/tenant-1/clusters/test-1', '/v1/operations', '/v1/flavors', '/v1/route', '/metrics']


def files_of(cloud, server_id):
    """Everything that one machine is told, as one text."""
    message = email.message_from_bytes(gzip.decompress(base64.b64decode(cloud.user_data(server_id))))
    return '\n'.join(part.get_payload(decode=True).decode() for part in message.walk() if not part.is_multipart())


def decoded(text):
    """The same with every run of base64 in it taken apart, and what is gzip in there, too; line ends as they are."""
    texts = [text.replace('\\n', '\n')]
    for run in re.findall(r'[A-Za-z0-9+/]{40,}={0,2}', text):
        try:
            data = base64.b64decode(run, validate=True)
            data = gzip.decompress(data) if data[:2] == b'\x1f\x8b' else data
            texts.append(data.decode())
        except (ValueError, OSError):
            pass
    return '\n'.join(texts)


def secrets_in(text):
    """The lines of private keys, and bootstrap tokens."""
    found = set(re.findall(r'\b[a-z0-9]{6}\.([a-z0-9]{16})\b', text))
    for key in re.findall(r'-----BEGIN (?:EC |RSA )?PRIVATE KEY-----(.*?)-----END', text, re.S):
        found.update(line.strip() for line in key.split('\n') if len(line.strip()) >= 40)
    return found


def assert_unseen(secrets, place, content):
    content = content if isinstance(content, bytes) else content.encode()
    for secret in secrets:
        for form in (secret.encode(), base64.b64encode(secret.encode())[4:-4]):
            assert form not in content, 'a secret is in ' + place


def test_keys_and_tokens_stay_where_they_belong(new_cloud_agent, cloud):
    agent = new_cloud_agent(flags=['-fqdn', 'edge.test', '-log_format=json']).start()
    assert agent.rest('POST', '/v1/flavors', FLAVOR).status_code == 200
    clusters.provision(agent, clusters.wish(kind='baked'))
    servers = wait_until(lambda: (lambda all_of: all_of if len(all_of) == 3 else None)(cloud.list('server')),
                         lambda: 'three servers: %s' % agent.log()[-2000:])

    told = {server['name'].split('-', 3)[-1]: decoded(files_of(cloud, server['id'])) for server in servers}
    masters = secrets_in(told['master-1'])
    workers = secrets_in(told['worker-1'])
    kubeconfig = agent.rest('GET', '/v1/tenants/tenant-1/clusters/test-1/kubeconfig')
    assert kubeconfig.status_code == 200, kubeconfig.text
    administrators = secrets_in(decoded(kubeconfig.text))
    # A worker has a token and no key; a master the keys of three authorities and of service accounts.
    assert len(workers) == 1 and workers < masters
    assert len(masters) > 20
    assert administrators and not administrators & masters
    secrets = masters | administrators

    for path in PATHS:
        assert_unseen(secrets, path, agent.rest('GET', path).content)
    assert_unseen(secrets, '/v1/status', agent.rest('POST', '/v1/status', {}).content)
    refused = agent.rest('POST', '/v1/provision', {'provisions': [clusters.wish(kind='baked', image='another')]})
    assert refused.status_code != 200
    assert_unseen(secrets, 'a refusal', refused.content)

    operation = clusters.destroy(agent)
    state = agent.state_dir
    agent.kill()
    for file in state.rglob('*'):
        assert file.stat().st_mode & 0o077 == 0, '%s is open to others' % file.name
        if file.is_file():
            assert_unseen(secrets, file.name, file.read_bytes())
    with sqlite3.connect('file:%s?mode=ro' % (state / 'state.db'), uri=True) as database:
        kept = dict(database.execute('SELECT key, value FROM entries'))
    assert any(key.startswith('/cluster-secrets/') for key in kept)
    agent.start()
    clusters.done(agent, operation)
    with sqlite3.connect('file:%s?mode=ro' % (state / 'state.db'), uri=True) as database:
        assert not [key for key, in database.execute('SELECT key FROM entries') if key.startswith('/cluster-secrets/')]
    assert_unseen(secrets, 'the log', agent.log())
    assert cloud.inventory() == {}
