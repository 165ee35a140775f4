"""The container image: built, run with the documented line, pushed to a private registry, replaced.

Its base is a Debian of the machine's own package source, which holds the image's packages already: so
no step of the build needs a network.
"""
import json
import os
import pathlib
import subprocess

import pytest

from harness import clusters, nginx
from harness.echo import TcpEcho, UdpEcho, ask_tcp, ask_udp
from harness.engines import Docker
from harness.origin import Origin
from harness.own_network import ADDRESS, OwnNetwork
from harness.platform_files import write_platform_files
from harness.relay import Relay
from harness.waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPENSTACK_PORTS = range(28500, 28505)
NAME = 'agent1.medge.gq'
# The first document's line for running the agent, letter by letter; of its two --name, Docker takes one.
SEED_RUN = (
    'docker run --rm -v `pwd`/certs:/var/www/.cache -v /etc/ssl/certs:/etc/ssl/certs -v `pwd`/k8sopenstack:/k8sopenstack '
    '--network host -e MEX_K8SOS_ENV=/k8sopenstack/.k8sopenstack.os.env -e MEX_K8SOS_CONFIG=/k8sopenstack/.k8sopenstack.toml '
    '-e MEX_K8SOS_USERDATA=/k8sopenstack/.k8sopenstack.userdata --name agent1.medge.gq  mobiledgex/mexosagent   -debug')
MEGABYTE = 1_000_000


class Shell:
    """Runs documented lines as a user of the engine does, in one directory."""

    def __init__(self, engine, directory):
        self.directory = directory
        self.environment = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': str(directory), 'DOCKER_BUILDKIT': '0',
                            'DOCKER_HOST': 'unix://' + engine.socket, 'DOCKER_CONFIG': str(directory / 'docker'),
                            'MEX_REGISTRY_DIR': str(directory / 'registry')}

    def run(self, line, cwd=None, **environment):
        return subprocess.run(['bash', '-c', line], cwd=cwd or self.directory, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=dict(self.environment, **environment), check=False)

    def done(self, line, cwd=None, **environment):
        done = self.run(line, cwd, **environment)
        assert done.returncode == 0, '%s\n%s' % (line, done.stdout)
        return done.stdout


@pytest.fixture(scope='module')
def base(tmp_path_factory):
    """A minimal Debian with the packages of the image."""
    packages = [line for line in (ROOT / 'packaging/image/packages').read_text().splitlines() if line[:1] != '#']
    sources = [path for path in (pathlib.Path('/etc/apt/sources.list'), *pathlib.Path('/etc/apt/sources.list.d').glob('*'))
               if path.suffix in ('.list', '.sources') and path.is_file() and path.read_text().strip()]
    tar = tmp_path_factory.mktemp('base') / 'base.tar'
    subprocess.run(['mmdebstrap', '--quiet', '--variant=minbase', '--include=' + ','.join(packages), 'bookworm', tar,
                    *sources], check=True)
    return tar


@pytest.fixture(scope='module')
def relay(openstack):
    made = Relay()
    yield made
    made.close()


@pytest.fixture(scope='module')
def engine(base, relay):
    with OwnNetwork():
        relay.listen(OPENSTACK_PORTS)
        started = Docker().start()
        yield started
        started.close()


@pytest.fixture(scope='module')
def shell(engine, base, certificates, openstack, tmp_path_factory):
    directory = tmp_path_factory.mktemp('user')
    subprocess.run(['cp', '-a', certificates.directory, directory / 'certs'], check=True)
    made = Shell(engine, directory)
    made.done('docker import - debian:test <%s' % base)
    made.done('tools/image', cwd=ROOT, MEX_IMAGE_BASE='debian:test')
    return made


@pytest.fixture
def run(shell, engine, cloud):
    """Starts the agent with a command line, waits until Docker says that it is healthy, and ends it."""
    write_platform_files(shell.directory / 'k8sopenstack', cloud.environment())
    started = []

    def run(line):
        started.append(subprocess.Popen(['bash', '-c', line], cwd=shell.directory, env=shell.environment,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_until(lambda: health(engine) == 'healthy', lambda: 'healthy: %s' % shell.run('docker logs ' + NAME).stdout)
    yield run
    for container in engine.containers():
        engine.done('DELETE', '/containers/%s?force=1' % container['Id'])
    for process in started:
        process.wait(60)


def health(engine):
    status, answer = engine.call('GET', '/containers/%s/json' % NAME)
    return json.loads(answer)['State']['Health']['Status'] if status == 200 else None


def curl(shell, line):
    """A line of the documents, typed outside the container, with their hosts led to it."""
    return shell.done(line.replace('curl ', 'curl --cacert certs/authority.pem --connect-to ::127.0.0.1: ', 1))


def test_it_is_small_and_holds_nothing_to_build_with(shell, engine):
    image = engine.asked('GET', '/images/mobiledgex/mexosagent/json')
    assert image['Size'] < 120 * MEGABYTE
    assert image['Config']['Labels']['org.opencontainers.image.version']
    there = shell.done('docker run --rm --network none --entrypoint sh mobiledgex/mexosagent:latest -c '
                       '"mexosagent -version; nginx -v; lego --version; command -v g++ cmake apt-get perl || true"')
    assert 'mexosagent' in there and 'nginx/' in there and 'lego' in there and '/usr/bin/' not in there


def test_the_documented_line_and_every_curl_from_outside(shell, run, cloud):
    run(SEED_RUN)
    origin, tcp, udp = Origin(), TcpEcho(), UdpEcho()
    curl(shell, clusters.SEED_PROVISION)

    def cluster():
        return json.loads(curl(shell, 'curl -s http://localhost:18889/v1/tenants/tenant-1/clusters/test-1'))
    wait_until(lambda: cluster()['state'] == 'ACTIVE', cluster, seconds=180)
    clusters.assert_exactly(cloud, cluster())

    curl(shell, '''curl -s http://agent1.medge.gq:18889/v1/proxy -H "Content-Type: application/json" -d '{ "message": "add", '''
                '''"proxies": [  {"path": "/test2", "origin":"http://127.0.0.1:%d" } ] }\'''' % origin.port)
    assert json.loads(curl(shell, 'curl -s https://agent1.medge.gq/test2'))['target'] == '/'

    ports = [nginx.port('LProtoHTTP', 8888, '127.0.0.1:%d' % origin.port, path='/hello'),
             nginx.port('LProtoTCP', 7777, tcp.origin), nginx.port('LProtoUDP', 6666, udp.origin)]
    curl(shell, "curl -s http://hamburg.mex-tdg.mobiledgex.net:18889/v1/nginx -d '%s'" % json.dumps(
        {'message': 'add', 'name': 'test1', 'ports': ports}))
    assert json.loads(curl(shell, 'curl -s https://agent1.medge.gq:8888/hello'))['target'] == '/hello'
    assert ask_tcp(ADDRESS, 7777, b'bytes') == b'tcp:bytes'
    assert ask_udp(ADDRESS, 6666, b'bytes') == b'udp:bytes'
    assert 'test1-nginx-lbproxy' in curl(
        shell, '''curl -s http://hamburg.mex-tdg.mobiledgex.net:18889/v1/nginx -d '{"message":"list"}\'''')
    curl(shell, '''curl -s http://hamburg.mex-tdg.mobiledgex.net:18889/v1/nginx -d '{"message":"delete","name":"test1"}\'''')

    curl(shell, clusters.SEED_DESTROY)
    wait_until(lambda: cloud.inventory() == {}, cloud.inventory, seconds=180)


def test_a_broken_image_rolls_back_and_says_why(shell, run, engine):
    run(SEED_RUN.replace('--rm', '--rm -v /var/lib/mexosagent'))
    token = shell.done('docker exec %s cat /var/lib/mexosagent/api.token' % NAME)
    registry = 'localhost:5000'
    shell.done('tools/registry up', cwd=ROOT, MEX_REGISTRY=registry)
    try:
        shell.done('docker login -u mexosagent --password-stdin %s <registry/password' % registry)
        build = 'printf "FROM mobiledgex/mexosagent\\n%s\\n" | docker build -t ' + registry + '/mobiledgex/mexosagent -'

        def relaunched(change):
            shell.done(build % change)
            shell.done('docker push %s/mobiledgex/mexosagent' % registry)
            shell.done('docker rmi %s/mobiledgex/mexosagent' % registry)
            return shell.run('tools/relaunch .', cwd=ROOT, MEX_REGISTRY=registry)

        before = engine.asked('GET', '/containers/%s/json' % NAME)['Image']
        for change, why in (('ENTRYPOINT [\\"mexosagent\\", \\"-nonsense\\"]', 'ended'),
                            ('HEALTHCHECK --interval=1s --retries=1 CMD false', 'is unhealthy')):
            answer = relaunched(change)
            assert answer.returncode == 1 and why in answer.stdout, answer.stdout
            assert 'runs again with the old image' in answer.stdout
            assert engine.asked('GET', '/containers/%s/json' % NAME)['Image'] == before
            assert health(engine) == 'healthy'

        answer = relaunched('LABEL better=yes')
        assert answer.returncode == 0, answer.stdout
        now = engine.asked('GET', '/containers/%s/json' % NAME)
        assert now['Image'] != before and now['Config']['Labels']['better'] == 'yes'
        assert engine.names() == [NAME]
        # What lasts is where it was.
        assert shell.done('docker exec %s cat /var/lib/mexosagent/api.token' % NAME) == token
    finally:
        shell.run('tools/registry down', cwd=ROOT, MEX_REGISTRY=registry)
