"""Certificates end, and are renewed in time: with lives of minutes in place of a year, three times on each master, while
a client reads and writes all the time. kubeadm is the real one but for the constant that says how long a certificate
lives (../nodes/kubernetes/lib/binaries.sh)."""
from harness.waiting import wait_until

from stand import nodes
from stand.api_client import ApiClient
from stand.stand import LONG

RENEWALS = 3
PROGRAM = '/usr/local/lib/mexosagent/certificates'
# Two fifths of it are what three masters have for one after the other, also on a machine that does much else.
LIFE = '15m'
# The operator's user-data: kubeadm signs for minutes, the controller manager does (what kubelets ask for), and the timer
# looks as often as that needs.
USER_DATA = '''\
#cloud-config
write_files:
- path: /usr/local/bin/kubeadm
  permissions: '0755'
  content: |
    #!/bin/sh
    case ${1:-} in init | join) set -- "$@" --experimental-patches /etc/mexosagent-e2e ;; esac
    CERTIFICATE_VALIDITY=%(life)s exec kubeadm-short-lived "$@"
- path: /etc/mexosagent-e2e/kube-controller-manager0+json.json
  content: '[{"op": "add", "path": "/spec/containers/0/command/-", "value": "--cluster-signing-duration=%(life)s"}]'
- path: /etc/systemd/system/mexosagent-certificates.timer.d/e2e.conf
  content: |
    [Timer]
    OnUnitInactiveSec=15s
    AccuracySec=1s
''' % {'life': LIFE}
STAND = {'user_data': USER_DATA}


def run(stand):
    for masters in (3, 1):
        renewals(stand, masters)


def flavor(masters):
    return {'name': 'short-lived-%d' % masters, 'masters': {'count': masters},
            'worker_pools': [{'name': 'worker', 'count': 1}],
            'care': {'api_server_deadline': '1800s', 'nodes_ready_deadline': '1800s'}}


def renewals(stand, masters):
    stand.make_flavor(flavor(masters))
    with stand.steps.step('%d master(s) and a worker are Ready' % masters):
        stand.done(stand.provision('short-lived-%d' % masters))
    client = ApiClient(stand.directory / ('api-client-%d' % masters), stand.agent.kubeconfig('tenant-1', 'test-1'))
    seen = {}  # (node, certificate) -> the times at which it was signed
    with client.asking():
        for number in range(1, RENEWALS + 1):
            stand.wait(lambda: look(client, stand, seen) and renewed(seen, masters, number),
                       'renewal %d of every certificate of every node' % number)
            stand.steps.say('           meanwhile %d answers, %d at the second try, %d failures, the longest absence '
                            '%.1f s' % (client.answers, len(client.broken), len(client.failures),
                                        client.longest_absence()))
    for what in client.broken + [what for *_, what in client.failures]:
        stand.steps.say('           ' + what)
    if masters > 1:
        assert not client.failures, len(client.failures)
    healthy(stand)
    as_an_earlier_version_made_it(stand)
    with stand.steps.step('it is destroyed'):
        stand.done(stand.destroy())
    assert stand.left_over() == []


def as_an_earlier_version_made_it(stand):
    """The operation for clusters without the program: it is on every node again, and runs."""
    for node in stand.nodes().values():
        nodes.run(node['name'], 'sh', '-euc', 'systemctl disable --now mexosagent-certificates.timer; '
                  'rm -r %s /etc/systemd/system/mexosagent-certificates.*' % PROGRAM)
    with stand.steps.step('the operation puts the renewal on every node'):
        stand.done(stand.agent.post('/v1/tenants/tenant-1/clusters/test-1:renew', {})['id'])
    for node in stand.nodes().values():
        nodes.run(node['name'], 'test', '-x', PROGRAM)
        assert nodes.run(node['name'], 'systemctl', 'is-active', 'mexosagent-certificates.timer').strip() == 'active'
        wait_until(lambda name=node['name']: nodes.run(
            name, 'systemctl', 'show', '--property=ExecMainExitTimestamp', '--value',
            'mexosagent-certificates.service').strip(), 'the program has run on ' + node['name'], LONG)
    assert not [pod for pod in stand.kubectl().get('pods', '--namespace=kube-system')
                if pod['metadata']['name'].startswith('mexosagent-certificates-')]


def look(client, stand, seen):
    """Adds what nodes tell of their certificates; false while nobody answers."""
    names = {node['name']: slot for slot, node in stand.nodes().items()}
    try:
        found = client.get('/api/v1/nodes')['items']
    except (OSError, AssertionError):
        return False
    for node in found:
        told = node['metadata'].get('annotations', {}).get('mexosagent/certificates', '')
        for word in told.split():
            name, life = word.split('=')
            seen.setdefault((names[node['metadata']['name']], name), set()).add(life.split('-')[0])
    return True


def renewed(seen, masters, number):
    """Whether each certificate was seen as it was at first, and after so many renewals."""
    slots = {slot for slot, _ in seen}
    return (len(slots) == masters + 1
            and all(len(times) > number for (_, name), times in seen.items() if not name.startswith('kubelet-'))
            and any(len(times) > 1 for (_, name), times in seen.items() if name == 'kubelet-client'))


def healthy(stand):
    kubectl = stand.kubectl()
    assert kubectl.ready_nodes() == {node['name'] for node in stand.nodes().values()}
    wait_until(lambda: stand.condition('Ready')['status'] == 'True', 'the agent says that all is well', LONG)
    condition = stand.condition('CertificatesValid')
    stand.steps.say('           %s: %s' % (condition['status'], condition.get('reason', {}).get('message')))
    for node in stand.nodes().values():
        timers = nodes.run(node['name'], 'systemctl', 'is-active', 'mexosagent-certificates.timer')
        assert timers.strip() == 'active', timers
