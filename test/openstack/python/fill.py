"""fill.py STEP...: fills the cloud through its public APIs; what is there already stays as it is.

identity   projects, users, service catalog, an application credential, clouds.yaml
resources  external network, flavors, images, roomy quotas for the project demo
computes   waits until every hypervisor can take servers
volume_identity   Cinder's user
volumes    volume types, a flavor without a disk; waits until Cinder's scheduler knows its back-end
"""
import json
import os
import pathlib
import sys
import time

import requests

PASSWORD = os.environ['MEX_PASSWORD']
STATE = pathlib.Path(os.environ['MEX_STATE'])
# Seconds; ends what hangs, on the slowest and busiest machine, too.
LIMIT = 1200
# Service type -> (name of the service, its address)
SERVICES = {
    'identity': ('keystone', os.environ['MEX_KEYSTONE']),
    'placement': ('placement', os.environ['MEX_PLACEMENT']),
    'image': ('glance', os.environ['MEX_GLANCE']),
    'compute': ('nova', os.environ['MEX_NOVA']),
    'network': ('neutron', os.environ['MEX_NEUTRON']),
}
# Not in the catalog: see lib/volumes.sh.
VOLUMES = os.environ['MEX_CINDER']
# Flavor -> (MB of memory, GB of disk, CPUs); m1.impossible fits no hypervisor.
FLAVORS = {
    'm1.tiny': (512, 1, 1),
    'm1.small': (2048, 20, 1),
    'm1.medium': (4096, 40, 2),
    'm1.large': (8192, 80, 4),
    'm1.impossible': (4194304, 20, 64),
}
IMAGES = ('debian-12', 'cirros')


class Client:
    """The APIs as one user in one project."""

    def __init__(self, user, project):
        self.http = requests.Session()
        self.http.trust_env = False
        domain = {'id': 'default'}
        answer = self.http.post(SERVICES['identity'][1] + '/auth/tokens', timeout=LIMIT, json={'auth': {
            'identity': {'methods': ['password'],
                         'password': {'user': {'name': user, 'domain': domain, 'password': PASSWORD}}},
            'scope': {'project': {'name': project, 'domain': domain}}}})
        answer.raise_for_status()
        self.http.headers['X-Auth-Token'] = answer.headers['X-Subject-Token']
        self.user_id = answer.json()['token']['user']['id']
        self.project_id = answer.json()['token']['project']['id']

    def call(self, method, service, path, body=None, **more):
        url = (VOLUMES + '/' + self.project_id if service == 'volume' else SERVICES[service][1]) + path
        answer = self.http.request(method, url, json=body, timeout=LIMIT, **more)
        if not answer.ok:
            sys.exit('%s %s: %s %s' % (method, url, answer.status_code, answer.text[:600]))
        is_json = answer.content and 'json' in answer.headers.get('Content-Type', '')
        return answer.json() if is_json else None

    def ensure(self, service, path, kind, name, body):
        """The thing of that name, made if it is not there."""
        for thing in self.call('GET', service, path)[kind + 's']:
            if thing['name'] == name:
                return thing
        return self.call('POST', service, path, {kind: dict(body, name=name)})[kind]


def identity():
    admin = Client('admin', 'admin')
    projects = {name: admin.ensure('identity', '/projects', 'project', name, {})['id']
                for name in ('service', 'demo', 'demo2')}
    roles = {name: admin.ensure('identity', '/roles', 'role', name, {})['id']
             for name in ('admin', 'member', 'service')}
    for name, project, granted in (
            ('placement', 'service', ('admin', 'service')), ('glance', 'service', ('admin', 'service')),
            ('nova', 'service', ('admin', 'service')), ('neutron', 'service', ('admin', 'service')),
            ('demo', 'demo', ('member',)), ('demo2', 'demo2', ('member',))):
        user = admin.ensure('identity', '/users', 'user', name, {'password': PASSWORD})['id']
        for role in granted:
            admin.call('PUT', 'identity', '/projects/%s/users/%s/roles/%s'
                       % (projects[project], user, roles[role]))
    fill_catalog(admin)
    write_clouds_yaml(application_credential())


def volume_identity():
    admin = Client('admin', 'admin')
    user = admin.ensure('identity', '/users', 'user', 'cinder', {'password': PASSWORD})['id']
    project = admin.ensure('identity', '/projects', 'project', 'service', {})['id']
    for name in ('admin', 'service'):
        role = admin.ensure('identity', '/roles', 'role', name, {})['id']
        admin.call('PUT', 'identity', '/projects/%s/users/%s/roles/%s' % (project, user, role))


def volumes():
    admin = Client('admin', 'admin')
    for name in ('standard', 'fast'):
        admin.ensure('volume', '/types', 'volume_type', name, {})
    admin.ensure('compute', '/flavors', 'flavor', 'm1.diskless', {'ram': 512, 'disk': 0, 'vcpus': 1})
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        # The scheduler knows a back-end when that has told what it has, a moment after its service is up.
        if admin.call('GET', 'volume', '/scheduler-stats/get_pools')['pools']:
            return
        time.sleep(0.3)
    sys.exit("Cinder's scheduler knows no back-end")


def fill_catalog(admin):
    endpoints = admin.call('GET', 'identity', '/endpoints')['endpoints']
    for kind, (name, url) in SERVICES.items():
        service = admin.ensure('identity', '/services', 'service', name, {'type': kind})['id']
        for interface in ('public', 'internal', 'admin'):
            there = [endpoint for endpoint in endpoints
                     if (endpoint['service_id'], endpoint['interface']) == (service, interface)]
            if not there:
                admin.call('POST', 'identity', '/endpoints', {'endpoint': {
                    'service_id': service, 'interface': interface, 'url': url, 'region_id': 'RegionOne'}})
            elif there[0]['url'] != url:  # the ports were changed since the last start
                admin.call('PATCH', 'identity', '/endpoints/' + there[0]['id'], {'endpoint': {'url': url}})


def application_credential():
    """Keystone tells the secret only once, so it is kept in a file."""
    demo = Client('demo', 'demo')
    path = '/users/%s/application_credentials' % demo.user_id
    kept = STATE / 'application-credential.json'
    if kept.exists():
        return json.loads(kept.read_text())
    for old in demo.call('GET', 'identity', path)['application_credentials']:
        demo.call('DELETE', 'identity', path + '/' + old['id'])
    new = demo.call('POST', 'identity', path, {'application_credential': {'name': 'demo'}})
    credential = {key: new['application_credential'][key] for key in ('id', 'secret')}
    kept.write_text(json.dumps(credential))
    return credential


def write_clouds_yaml(credential):
    common = {'region_name': 'RegionOne', 'identity_api_version': 3}
    url = SERVICES['identity'][1]
    clouds = {name: dict(common, auth={
        'auth_url': url, 'username': name, 'password': PASSWORD, 'project_name': name,
        'user_domain_name': 'Default', 'project_domain_name': 'Default'})
        for name in ('admin', 'demo', 'demo2')}
    clouds['demo-application-credential'] = dict(common, auth_type='v3applicationcredential', auth={
        'auth_url': url, 'application_credential_id': credential['id'],
        'application_credential_secret': credential['secret']})
    # JSON is YAML.
    (STATE / 'clouds.yaml').write_text(json.dumps({'clouds': clouds}, indent=2) + '\n')


def resources():
    admin = Client('admin', 'admin')
    demo = Client('demo', 'demo')
    network = admin.ensure('network', '/v2.0/networks', 'network', 'public', {
        'router:external': True, 'provider:network_type': 'flat', 'provider:physical_network': 'public'})
    admin.ensure('network', '/v2.0/subnets', 'subnet', 'public-subnet', {
        'network_id': network['id'], 'ip_version': 4, 'cidr': '172.24.4.0/22', 'gateway_ip': '172.24.4.1',
        'enable_dhcp': False})
    for name, (ram, disk, cpus) in FLAVORS.items():
        admin.ensure('compute', '/flavors', 'flavor', name, {'ram': ram, 'disk': disk, 'vcpus': cpus})
    for name in IMAGES:
        make_image(admin, name)
    admin.call('PUT', 'network', '/v2.0/quotas/' + demo.project_id, {'quota': dict.fromkeys(
        ('network', 'subnet', 'port', 'router', 'security_group', 'security_group_rule'), 1000)})
    admin.call('PUT', 'compute', '/os-quota-sets/' + demo.project_id, {'quota_set': {
        'instances': 1000, 'cores': 4000, 'ram': 4096000}})


def make_image(admin, name):
    found = admin.call('GET', 'image', '/v2/images?name=' + name)['images']
    image = found[0] if found else admin.call('POST', 'image', '/v2/images', {
        'name': name, 'disk_format': 'raw', 'container_format': 'bare', 'visibility': 'public'})
    if image['status'] != 'active':
        admin.call('PUT', 'image', '/v2/images/%s/file' % image['id'], data=bytes(1 << 20),
                   headers={'Content-Type': 'application/octet-stream'})


def computes():
    admin = Client('admin', 'admin')
    wanted = int(os.environ['MEX_COMPUTES'])
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        services = admin.call('GET', 'compute', '/os-services?binary=nova-compute')['services']
        # A hypervisor is listed when its host has been mapped into a cell.
        hypervisors = admin.call('GET', 'compute', '/os-hypervisors')['hypervisors']
        providers = admin.call('GET', 'placement', '/resource_providers')['resource_providers']
        alive = [service for service in services if service['state'] == 'up']
        if min(len(alive), len(hypervisors), len(providers)) >= wanted:
            return
        time.sleep(0.3)
    sys.exit('of %d hypervisors only %d are up' % (wanted, len(alive)))


if __name__ == '__main__':
    for step in sys.argv[1:]:
        {'identity': identity, 'resources': resources, 'computes': computes,
         'volume_identity': volume_identity, 'volumes': volumes}[step]()
