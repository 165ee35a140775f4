"""The local OpenStack as a whole: bringing it up, its administrator, its faults."""
import json
import os
import pathlib
import re
import subprocess

import requests

from harness.waiting import LIMIT

_SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / 'openstack'


def state_directory():
    cache = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
    return pathlib.Path(os.environ.get('MEX_OPENSTACK_DIR') or cache + '/mexosagent/openstack')


class Unexpected(AssertionError):
    """An API answered with another status than a success."""

    def __init__(self, method, url, answer):
        super().__init__('%s %s: %d %s' % (method, url, answer.status_code, answer.text[:500]))
        self.status = answer.status_code


class Api:
    """The OpenStack APIs as one user in one project."""

    def __init__(self, auth_url, user, password, project):
        self.auth_url = auth_url
        self.user = user
        self.password = password
        self.project = project
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers['OpenStack-API-Version'] = 'compute 2.90'
        domain = {'id': 'default'}
        answer = self._http.post(auth_url + '/auth/tokens', timeout=LIMIT, json={'auth': {
            'identity': {'methods': ['password'],
                         'password': {'user': {'name': user, 'domain': domain, 'password': password}}},
            'scope': {'project': {'name': project, 'domain': domain}}}})
        if answer.status_code != 201:
            raise Unexpected('POST', auth_url + '/auth/tokens', answer)
        token = answer.json()['token']
        self._http.headers['X-Auth-Token'] = answer.headers['X-Subject-Token']
        self.user_id = token['user']['id']
        self.project_id = token['project']['id']
        self.url = {service['type']: endpoint['url'] for service in token['catalog']
                    for endpoint in service['endpoints'] if endpoint['interface'] == 'public'}

    def __call__(self, method, service, path, body=None):
        """The answer's JSON. service: identity, image, compute, network, or volume where its URL was given."""
        url = self.url[service] + path
        # Cinder refuses the version of another service.
        headers = {'OpenStack-API-Version': 'volume 3.59'} if service == 'volume' else None
        answer = self._http.request(method, url, json=body, headers=headers, timeout=LIMIT)
        if not answer.ok:
            raise Unexpected(method, url, answer)
        return answer.json() if answer.content else None


class OpenStack:

    def __init__(self, state):
        self.state = state
        auth = self._clouds()['admin']['auth']
        self.auth_url = auth['auth_url']
        self.admin = Api(self.auth_url, auth['username'], auth['password'], auth['project_name'])

    def _clouds(self):
        return json.loads((self.state / 'clouds.yaml').read_text())['clouds']


def is_running():
    return subprocess.run([_SCRIPTS / 'status'], stdout=subprocess.DEVNULL, check=False).returncode == 0


def up():
    subprocess.run([_SCRIPTS / 'up'], check=True)
    return OpenStack(state_directory())


def down():
    subprocess.run([_SCRIPTS / 'down'], check=True)


def volumes_up():
    """Cinder as well. The URL of its API, in which %(project_id)s stands for a project's id."""
    done = subprocess.run([_SCRIPTS / 'up', '--with-volumes'], check=True, stdout=subprocess.PIPE, text=True)
    return re.search(r"ENDPOINT_OVERRIDE='(.*)'", done.stdout).group(1)


def volumes_down():
    subprocess.run([_SCRIPTS / 'down', '--volumes'], check=True)
