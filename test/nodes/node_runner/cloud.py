"""What the runner asks OpenStack, as its administrator."""
import requests


class CloudError(Exception):
    """An API did not answer as it should. Whatever was known before still counts."""


class Cloud:

    def __init__(self, auth):
        self._auth = auth
        self._http = requests.Session()
        self._http.trust_env = False
        # 2.90: user data, host name and flavor in the list of servers.
        self._http.headers['OpenStack-API-Version'] = 'compute 2.90'
        self._url = {}

    def _log_in(self):
        domain = {'name': self._auth['user_domain_name']}
        answer = self._http.post(self._auth['auth_url'] + '/auth/tokens', timeout=60, json={'auth': {
            'identity': {'methods': ['password'], 'password': {'user': {
                'name': self._auth['username'], 'domain': domain, 'password': self._auth['password']}}},
            'scope': {'project': {'name': self._auth['project_name'], 'domain': domain}}}})
        if answer.status_code != 201:
            raise CloudError('Keystone refuses the administrator: %d' % answer.status_code)
        self._http.headers['X-Auth-Token'] = answer.headers['X-Subject-Token']
        self._url = {service['type']: endpoint['url'] for service in answer.json()['token']['catalog']
                     for endpoint in service['endpoints'] if endpoint['interface'] == 'public'}

    def call(self, method, service, path, body=None, data=None):
        try:
            for first in (True, False):
                if not self._url:
                    self._log_in()
                answer = self._http.request(method, self._url[service] + path, json=body, data=data, timeout=60,
                                            headers={'Content-Type': 'application/octet-stream'} if data else None)
                if answer.status_code != 401 or not first:
                    break
                self._url = {}
        except requests.RequestException as failure:
            raise CloudError(str(failure)) from failure
        if not answer.ok:
            raise CloudError('%s %s: %d %s' % (method, path, answer.status_code, answer.text[:300]))
        return answer.json() if answer.content and 'json' in answer.headers.get('Content-Type', '') else None

    def servers(self):
        found, page = [], '/servers/detail?all_tenants=1&limit=1000'
        while True:
            servers = self.call('GET', 'compute', page)['servers']
            found += servers
            if len(servers) < 1000:
                return found
            page = '/servers/detail?all_tenants=1&limit=1000&marker=' + servers[-1]['id']

    def network(self, kind):
        """All networks, subnets, ports, routers or floatingips."""
        return self.call('GET', 'network', '/v2.0/' + kind)[kind]

    def image(self, identifier):
        return self.call('GET', 'image', '/v2/images/' + identifier)

    def ensure_image(self, name, **properties):
        if not self.call('GET', 'image', '/v2/images?name=' + name)['images']:
            image = self.call('POST', 'image', '/v2/images', dict(
                properties, name=name, disk_format='raw', container_format='bare', visibility='public'))
            self.call('PUT', 'image', '/v2/images/%s/file' % image['id'], data=bytes(1 << 20))

    def public_key(self, server):
        """The server's key pair as (name, key), or None."""
        name = server.get('key_name')
        if not name:
            return None
        path = '/os-keypairs/%s?user_id=%s' % (name, server['user_id'])
        return name, self.call('GET', 'compute', path)['keypair']['public_key']

    def last_reboot(self, server_id):
        """When somebody last asked Nova to reboot the server, or ''."""
        actions = self.call('GET', 'compute', '/servers/%s/os-instance-actions' % server_id)['instanceActions']
        return max((action['start_time'] for action in actions if action['action'] == 'reboot'), default='')
