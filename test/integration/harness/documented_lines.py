"""The first document's lines for an agent in a container, typed on its machine and on another one."""
import json
import subprocess

import pytest

from harness.echo import TcpEcho, UdpEcho, ask_tcp, ask_udp
from harness.origin import Origin
from harness.own_network import ADDRESS
from harness.waiting import LIMIT

NAME = 'agent1.medge.gq'

# Letter by letter; but of its two --name Docker takes one.
RUN = (
    'docker run --rm -v `pwd`/certs:/var/www/.cache -v /etc/ssl/certs:/etc/ssl/certs -v `pwd`/k8sopenstack:/k8sopenstack '
    '--network host -e MEX_K8SOS_ENV=/k8sopenstack/.k8sopenstack.os.env -e MEX_K8SOS_CONFIG=/k8sopenstack/.k8sopenstack.toml '
    '-e MEX_K8SOS_USERDATA=/k8sopenstack/.k8sopenstack.userdata --name agent1.medge.gq  mobiledgex/mexosagent   -debug')
ADD_ROUTE = '''curl  http://agent1.medge.gq:18889/v1/proxy -H "Content-Type: application/json" -d '{ "message": "add", "proxies": [  {"path": "/test2", "origin":"http://10.101.101.202:8081" } ] }\''''
USE_ROUTE = 'curl https://agent1.medge.gq/test2'
ADD_NGINX = '''curl http://hamburg.mex-tdg.mobiledgex.net:18889/v1/nginx -d '{"message":"add","name":"test1","ports":[{"mexproto":"LProtoHTTP","external":"8888","internal":"8888","origin":"127.0.0.1:8888","path":"/hello"},{"mexproto":"LProtoTCP","external":"7777","origin":"127.0.0.1:777"},{"mexproto":"LProtoUDP","external":"6666","origin":"127.0.0.1:6666"}]}\''''
LIST_NGINX = '''curl http://hamburg.mex-tdg.mobiledgex.net:18889/v1/nginx -d '{"message":"list"}\''''
DELETE_NGINX = '''curl http://hamburg.mex-tdg.mobiledgex.net:18889/v1/nginx -d '{"message":"delete","name":"test1"}\''''
# The document shows how routes are added; these two are in the same form.
LIST_ROUTES = '''curl http://agent1.medge.gq:18889/v1/proxy -d '{"message":"list"}\''''
DELETE_ROUTE = '''curl http://agent1.medge.gq:18889/v1/proxy -d '{"message":"delete","proxies":[{"path":"/test2"}]}\''''


class Elsewhere:
    """Users of another machine, for whom the documents' names lead to the agent's."""

    def __init__(self, neighbour, directory, authority):
        self._neighbour = neighbour
        self._directory = directory
        self._settings = ['connect-to = "agent1.medge.gq::%s:"' % ADDRESS,
                          'connect-to = "hamburg.mex-tdg.mobiledgex.net::%s:"' % ADDRESS, 'cacert = "%s"' % authority]

    def curl(self, line, token=None):
        """What it writes. `token`: of the API, for those who have it."""
        own = ['header = "Authorization: Bearer %s"' % token] if token else []
        (self._directory / '.curlrc').write_text('\n'.join(self._settings + own))
        with self._neighbour:
            done = subprocess.run(['bash', '-c', line], text=True, timeout=LIMIT, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE,
                                  env={'PATH': '/usr/bin:/bin', 'CURL_HOME': str(self._directory)}, check=False)
        assert done.returncode == 0, '%s\n%s%s' % (line, done.stdout, done.stderr)
        return done.stdout

    def asked(self, ask, *arguments):
        """What ask(*arguments) answers there."""
        with self._neighbour:
            return ask(*arguments)


class Services:
    """Origins at the documents' addresses, and the lines that lead to them."""

    def __init__(self, elsewhere):
        self._elsewhere = elsewhere

    def __enter__(self):
        subprocess.run(['ip', 'address', 'add', '10.101.101.202/32', 'dev', 'lo'], check=True)
        self._origins = [Origin(port=8081, address='10.101.101.202'), Origin(port=8888), TcpEcho(777), UdpEcho(6666)]
        return self

    def __exit__(self, *_):
        for origin in self._origins:
            origin.close()
        subprocess.run(['ip', 'address', 'del', '10.101.101.202/32', 'dev', 'lo'], check=True)

    def _said(self, line, expected, token=None):
        said = self._elsewhere.curl(line, token)
        assert said == expected, '%s\n%s' % (line, said)

    def add(self, token):
        refused = self._elsewhere.curl(ADD_NGINX)
        assert 'Authorization: Bearer' in refused, refused
        self._said(ADD_ROUTE, '{"message":"add","status":"OK"}', token)
        self._said(LIST_ROUTES, '{"message":"list","status":"map[/test2:http://10.101.101.202:8081]"}', token)
        self._said(ADD_NGINX, '{"message":"OK"}', token)
        self._said(LIST_NGINX, '{"message":"list","status":"[\'test1-nginx-lbproxy\' ]"}', token)

    def check(self):
        """Bytes of another machine go through each of them."""
        for line, target in ((USE_ROUTE, '/'), ('curl https://agent1.medge.gq:8888/hello', '/hello')):
            said = self._elsewhere.curl(line)
            assert json.loads(said)['target'] == target, said
        for said, expected in ((self._elsewhere.asked(ask_tcp, ADDRESS, 7777, b'bytes'), b'tcp:bytes'),
                               (self._elsewhere.asked(ask_udp, ADDRESS, 6666, b'bytes'), b'udp:bytes')):
            assert said == expected, said

    def delete(self, token):
        self._said(DELETE_NGINX, '{"message":"OK"}', token)
        self._said(LIST_NGINX, '{"message":"list","status":"[]"}', token)
        with pytest.raises(ConnectionRefusedError):
            self._elsewhere.asked(ask_tcp, ADDRESS, 7777, b'bytes')
        self._said(DELETE_ROUTE, '{"message":"delete","status":"OK"}', token)
        self._said(USE_ROUTE + ' -o /dev/null -w "%{http_code}"', '404')
