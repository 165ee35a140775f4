"""A project of its own in the cloud for one test, so that whatever is in it was made by that test."""
import contextlib
import json
import os
import secrets
import subprocess

from harness.openstack import Api, Unexpected
from harness.waiting import wait_until

# Kind -> (service, path, key in the answer)
_KINDS = {
    'server': ('compute', '/servers/detail', 'servers'),
    'router': ('network', '/v2.0/routers', 'routers'),
    'port': ('network', '/v2.0/ports', 'ports'),
    'subnet': ('network', '/v2.0/subnets', 'subnets'),
    'network': ('network', '/v2.0/networks', 'networks'),
    'security group': ('network', '/v2.0/security-groups', 'security_groups'),
    'floating ip': ('network', '/v2.0/floatingips', 'floatingips'),
    'server group': ('compute', '/os-server-groups', 'server_groups'),
    'keypair': ('compute', '/os-keypairs', 'keypairs'),
}


class Project:

    def __init__(self, openstack):
        self.openstack = openstack
        self.name = 'test-' + secrets.token_hex(4)
        password = secrets.token_hex(8)
        admin = openstack.admin
        project = admin('POST', 'identity', '/projects', {'project': {'name': self.name}})['project']
        user = admin('POST', 'identity', '/users', {'user': {'name': self.name, 'password': password}})['user']
        role = admin('GET', 'identity', '/roles?name=member')['roles'][0]
        admin('PUT', 'identity', '/projects/%s/users/%s/roles/%s' % (project['id'], user['id'], role['id']))
        self.api = Api(openstack.auth_url, self.name, password, self.name)

    def environment(self):
        """What `source openrc` would set."""
        return {
            'OS_AUTH_URL': self.openstack.auth_url,
            'OS_USERNAME': self.name,
            'OS_PASSWORD': self.api.password,
            'OS_PROJECT_NAME': self.name,
            'OS_TENANT_NAME': self.name,
            'OS_USER_DOMAIN_NAME': 'Default',
            'OS_PROJECT_DOMAIN_NAME': 'Default',
            'OS_REGION_NAME': 'RegionOne',
            'OS_IDENTITY_API_VERSION': '3',
            'OS_AUTH_TYPE': 'password',
        }

    def client(self, *arguments):
        """What `openstack ARGUMENTS -f json` answers."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith('OS_')}
        done = subprocess.run(['/usr/bin/openstack', *arguments, '-f', 'json'], check=True, text=True,
                              stdout=subprocess.PIPE, env=dict(environment, **self.environment()))
        return json.loads(done.stdout)

    def list(self, kind):
        """Everything of one kind that belongs to the project; its default security group is left out."""
        service, path, key = _KINDS[kind]
        things = self.api('GET', service, path)[key]
        if kind == 'keypair':
            return [thing['keypair'] for thing in things]
        if service == 'network':
            things = [thing for thing in things if thing['project_id'] == self.api.project_id]
        return [thing for thing in things if (kind, thing['name' if 'name' in thing else 'id'])
                != ('security group', 'default')]

    def inventory(self):
        """Kind -> sorted names (or ids) of everything in the project; kinds of which nothing is there are left out."""
        found = {kind: sorted(thing.get('name') or thing['id'] for thing in self.list(kind)) for kind in _KINDS}
        return {kind: names for kind, names in found.items() if names}

    def user_data(self, server_id):
        """Base64 as Nova keeps it; only administrators may see it."""
        answer = self.openstack.admin('GET', 'compute', '/servers/' + server_id)
        return answer['server']['OS-EXT-SRV-ATTR:user_data']

    @contextlib.contextmanager
    def compute_quota(self, **limits):
        path = '/os-quota-sets/' + self.api.project_id
        self.openstack.admin('PUT', 'compute', path, {'quota_set': limits})
        try:
            yield
        finally:
            self.openstack.admin('DELETE', 'compute', path)

    @contextlib.contextmanager
    def network_quota(self, **limits):
        path = '/v2.0/quotas/' + self.api.project_id
        self.openstack.admin('PUT', 'network', path, {'quota': limits})
        try:
            yield
        finally:
            self.openstack.admin('DELETE', 'network', path)

    @contextlib.contextmanager
    def fault(self, name, text=''):
        """Switches one of test/openstack's faults on for this project and the time of a with block."""
        file = self.openstack.state / 'fault' / ('%s@%s' % (name, self.api.project_id))
        file.write_text(text)
        try:
            yield
        finally:
            file.unlink()

    def empty(self):
        """Removes everything that list() tells of."""
        self._remove_servers()
        for router in self.list('router'):
            for port in self.api('GET', 'network', '/v2.0/ports?device_id=' + router['id'])['ports']:
                if port['device_owner'] == 'network:router_interface':
                    self.api('PUT', 'network', '/v2.0/routers/%s/remove_router_interface' % router['id'],
                             {'port_id': port['id']})
        for kind in ('floating ip', 'router', 'port', 'network', 'security group', 'server group', 'keypair'):
            service, path, _ = _KINDS[kind]
            for thing in self.list(kind):
                self.api('DELETE', service, '%s/%s' % (path, thing.get('id') or thing['name']))

    def remove(self):
        """Empties and removes the project, whatever a failed test left in it."""
        wait_until(self._is_emptied, 'the project %s is empty' % self.name)
        admin = self.openstack.admin
        groups = admin('GET', 'network', '/v2.0/security-groups?project_id=' + self.api.project_id)
        for group in groups['security_groups']:
            admin('DELETE', 'network', '/v2.0/security-groups/' + group['id'])
        admin('DELETE', 'identity', '/users/' + self.api.user_id)
        admin('DELETE', 'identity', '/projects/' + self.api.project_id)

    def _is_emptied(self):
        """Calls of an agent that was killed arrive while its project is emptied."""
        with contextlib.suppress(Unexpected):
            self.empty()
        return not self.inventory()

    def _remove_servers(self):
        def none_left():
            servers = self.list('server')
            for server in servers:
                if server['OS-EXT-STS:task_state'] != 'deleting':
                    with contextlib.suppress(Unexpected):  # 404, 409: it goes already
                        self.api('DELETE', 'compute', '/servers/' + server['id'])
            return not servers
        wait_until(none_left, 'the servers of project %s are gone' % self.name, every=0.5)
