"""What a cloudlet asks of its nodes beyond the usual: images from its own registry, whose authority only the flavor
knows; a proxy and a clock; workers on hosts of their own; a router of the
operator's, without address translation."""
from stand import life, nodes
from stand.registry import ADDRESS, Registry, archive
from stand.web import web

IMAGE = 'mexosagent/only-in-the-mirror:1'
PROXY = 'http://%s:3128' % ADDRESS
CLOCK = 'ntp.cloudlet.example'
ROUTER = 'without-nat'


def flavor(registry):
    return {'name': 'cloudlet', 'worker_pools': [{'name': 'worker', 'count': 2}],
            'kubernetes': {'registry_mirror': registry.url, 'ca_bundle': registry.authority.read_text(),
                           'http_proxy': PROXY, 'no_proxy': ['172.24.4.0/22'], 'ntp_servers': [CLOCK]},
            'network': {'scheme': 'ISOLATED', 'router': ROUTER}, 'placement': {'anti_affinity': 'HARD'}}


def run(stand):
    registry = Registry(stand.directory / 'registry', {IMAGE: archive('web')})
    try:
        stand.make_flavor(flavor(registry))
        router = router_without_nat(stand.cloud)
        with stand.steps.step('three nodes are Ready'):
            stand.done(stand.provision('cloudlet'))
        with stand.steps.step('the settings are in every node'):
            for node in stand.nodes().values():
                has_settings(node['name'])
        an_image_of_the_mirror_runs(stand, registry)
        workers_are_on_hosts_of_their_own(stand)
        with stand.steps.step('it is destroyed'):
            stand.done(stand.destroy())
        assert stand.left_over() == ['router list: ' + ROUTER]
        stand.cloud.api('DELETE', 'network', '/v2.0/routers/' + router)
    finally:
        registry.close()


def router_without_nat(cloud):
    """Only administrators may make one; its id."""
    public = cloud.api('GET', 'network', '/v2.0/networks?router:external=true')['networks'][0]['id']
    return cloud.openstack.admin('POST', 'network', '/v2.0/routers', {'router': {
        'name': ROUTER, 'project_id': cloud.api.project_id,
        'external_gateway_info': {'network_id': public, 'enable_snat': False}}})['router']['id']


def has_settings(node):
    environment = nodes.run(node, 'systemctl', 'show', 'containerd', '--property=Environment')
    assert 'HTTPS_PROXY=' + PROXY in environment and '172.24.4.0/22' in environment, environment
    assert CLOCK in nodes.run(node, 'cat', '/etc/systemd/timesyncd.conf.d/mexosagent.conf')


def an_image_of_the_mirror_runs(stand, registry):
    kubectl = stand.kubectl()
    manifest = web(replicas=2)
    manifest['items'][0]['spec']['template']['spec']['containers'][0]['image'] = IMAGE
    kubectl.apply(manifest)
    workers = {node['name']: node['address'] for node in stand.nodes().values() if node['role'] == 'worker'}
    stand.wait(lambda: {pod['spec']['nodeName'] for pod in life.running_pods(kubectl)} == set(workers),
               'pods of an image that only the mirror has run on both workers')
    pulled = {client for client, path in registry.pulls if '/mexosagent/only-in-the-mirror/' in path}
    # Without NAT the registry sees the nodes themselves.
    assert pulled == set(workers.values()), (registry.pulls, workers)


def workers_are_on_hosts_of_their_own(stand):
    """The cloud has three hosts: two workers have one each, four cannot."""
    servers = stand.cloud.openstack.admin('GET', 'compute', '/servers/detail?all_tenants=1')['servers']
    names = {node['name'] for node in stand.nodes().values() if node['role'] == 'worker'}
    hosts = {server['OS-EXT-SRV-ATTR:host'] for server in servers if server['name'] in names}
    assert len(hosts) == 2, hosts
    with stand.steps.step('four workers on three hosts are refused, and two are as before'):
        before = life.servers(stand)
        failed = stand.ended(stand.scale(4))
        assert failed['state'] == 'FAILED', failed
        stand.steps.say('           %(code)s: %(message)s' % failed['reason'])
        stand.done(stand.scale(2))
    assert life.servers(stand) == before
    stand.wait(lambda: stand.condition('Ready')['status'] == 'True', 'the agent says that all is well')
