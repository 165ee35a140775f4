"""The container image: built, run by the documented line, used by the documented curls, pushed, replaced, rolled back."""
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import tempfile
import time

import pytest

from harness import clusters
from harness.documented_lines import NAME, RUN, Elsewhere, Services
from harness.engines import Docker
from harness.image import IMAGE, ROOT, Shell, make_base
from harness.own_network import ADDRESS, Neighbour, OwnNetwork
from harness.platform_files import write_platform_files
from harness.relay import Relay
from harness.ssh import SshServer
from harness.waiting import LIMIT, wait_until

OPENSTACK_PORTS = range(28500, 28505)
REGISTRY = ADDRESS + ':5000'
MEGABYTE = 1_000_000
INSTANCE = 'test1-nginx-lbproxy'


@pytest.fixture(scope='module')
def directory():
    """Of the operator. It goes with the tests: the images in it are large."""
    with tempfile.TemporaryDirectory(prefix='mex-image-') as made:
        os.chmod(made, 0o755)  # apt downloads as a user of its own
        yield pathlib.Path(made)


@pytest.fixture(scope='module')
def base(directory):
    return make_base(directory)


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
def shell(engine, base, certificates, directory):
    """The operator's, on the agent's machine; the image has been built there."""
    shutil.copytree(certificates.directory, directory / 'certs')
    (directory / 'k8sopenstack').mkdir()
    made = Shell(directory, engine.socket, MEX_IMAGE_BASE='debian:test', MEX_REGISTRY_DIR=str(directory / 'registry'))
    made.done('docker import - debian:test <%s' % base)
    base.unlink()
    made.done('tools/image', cwd=ROOT)
    return made


@pytest.fixture(scope='module')
def elsewhere(engine, directory, certificates):
    neighbour = Neighbour()
    yield Elsewhere(neighbour, directory, certificates.authority)
    neighbour.close()


@pytest.fixture
def services(elsewhere):
    with Services(elsewhere) as made:
        yield made


@pytest.fixture
def run(shell, engine):
    """A function that starts the agent by a line and waits until it answers. All containers and volumes go after the test."""
    started = []

    def run(line=RUN):
        started.append(shell.launched(line))
        wait_until(is_up, lambda: 'it answers: %s' % shell.run('docker logs ' + NAME), every=0.02)
        return started[-1]
    yield run
    for container in engine.containers():
        engine.done('DELETE', '/containers/%s?force=1&v=1' % container['Id'])
    for process in started:
        process.wait(LIMIT)
    for volume in engine.asked('GET', '/volumes')['Volumes'] or []:
        engine.done('DELETE', '/volumes/' + volume['Name'])


def is_up():
    try:
        with socket.create_connection(('127.0.0.1', 18889), timeout=LIMIT) as connection:
            connection.sendall(b'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
            return connection.recv(100).startswith(b'HTTP/1.1 200 ')
    except OSError:
        return False


def inspected(shell, what=NAME):
    """What docker inspect says."""
    return json.loads(shell.done('docker inspect ' + what))[0]


def inside(shell, line):
    return shell.done("docker exec %s sh -c '%s'" % (NAME, line))


def token_of(shell):
    return inside(shell, 'cat /var/lib/mexosagent/api.token').strip()


def with_options(options, line=RUN):
    """`line` with more options of docker run."""
    return line.replace('docker run', 'docker run ' + options, 1)


def with_the_engine(engine, line=RUN):
    """The agent's own image has an nginx, so no other is needed."""
    return with_options('-v %s:/var/run/docker.sock' % engine.socket, line) + ' -nginx_image ' + IMAGE


def test_what_it_is(shell):
    image = inspected(shell, IMAGE)
    print('size of the image: %.1f MB' % (image['Size'] / MEGABYTE))
    assert image['Size'] < 120 * MEGABYTE
    version = re.match(r'mexosagent (\S+)', shell.done('docker run --rm --network none %s -version' % IMAGE)).group(1)
    assert image['Config']['Labels'] == {
        'org.opencontainers.image.title': 'mexosagent',
        'org.opencontainers.image.description': 'Kubernetes clusters on OpenStack, and the way in to them',
        'org.opencontainers.image.licenses': 'Apache-2.0', 'org.opencontainers.image.version': version}
    assert inspected(shell, '%s:%s' % (IMAGE, version))['Id'] == image['Id']
    assert image['Config']['Healthcheck']['Test'] == ['CMD', 'mexosagent', '-check_health']
    assert list(image['Config']['Volumes']) == ['/var/lib/mexosagent']
    look = "for each in nginx lego c++ g++ cmake make apt-get perl python3; do command -v $each; done; true"
    programs = shell.done("docker run --rm --network none --entrypoint sh %s -c '%s'" % (IMAGE, look)).split()
    assert programs == ['/usr/sbin/nginx', '/usr/bin/lego'], 'nothing to build with'


@pytest.mark.parametrize('has_engine', [False, True], ids=['alone', 'with_the_engine'])
def test_the_documented_lines(shell, engine, run, services, cloud, has_engine):
    write_platform_files(shell.directory / 'k8sopenstack', cloud.environment())
    run(with_the_engine(engine) if has_engine else RUN)
    shell.done(clusters.SEED_PROVISION)

    def cluster():
        return json.loads(shell.done('curl -s http://localhost:18889/v1/tenants/tenant-1/clusters/test-1'))
    wait_until(lambda: cluster()['state'] == 'ACTIVE', cluster)
    clusters.assert_exactly(cloud, cluster())

    token = token_of(shell)
    services.add(token)
    services.check()
    assert engine.names() == [NAME] + [INSTANCE] * has_engine
    services.delete(token)
    assert engine.names() == [NAME]

    shell.done(clusters.SEED_DESTROY)
    wait_until(lambda: cloud.inventory() == {}, cloud.inventory)
    wait_until(lambda: inspected(shell)['State']['Health']['Status'] == 'healthy', 'Docker finds it healthy')


def test_alone_it_says_what_is_off(shell, run):
    run()
    log = shell.done('docker logs %s 2>&1' % NAME)
    assert 'no container engine' in log and '/run/podman/podman.sock' in log
    assert 'CAP_NET_ADMIN is missing' in log


def test_it_is_a_good_first_process(shell, run, services):
    """A killed nginx leaves its worker to process 1, which is the agent."""
    process = run()
    services.add(token_of(shell))
    master = 'cat /var/lib/mexosagent/nginx/%s/nginx.pid || true' % INSTANCE  # not there for a moment
    killed = inside(shell, master)
    inside(shell, 'kill -KILL ' + killed)
    wait_until(lambda: inside(shell, master) not in ('', killed), 'another nginx')
    services.check()
    states = inside(shell, 'cat /proc/[0-9]*/stat | cut -d " " -f 2,3').split('\n')
    assert '(nginx) S' in states and '(nginx) Z' not in states, states
    shell.done('docker stop ' + NAME)
    assert process.wait(LIMIT) == 0, 'not killed'


def test_it_changes_routes_when_it_may(shell, run):
    line = ('curl -s http://localhost:18889/v1/route -d '
            """'{"message":"%s","routes":[{"subnet":"10.101.3.0/24","gateway":"198.18.77.2"}]}'""")
    run()
    assert 'CAP_NET_ADMIN' in shell.done(line % 'add')
    shell.done('docker stop ' + NAME)
    wait_until(lambda: shell.run('docker inspect ' + NAME).returncode != 0, 'it is gone')
    run(with_options('--cap-add NET_ADMIN'))
    assert json.loads(shell.done(line % 'add'))['status'] == 'OK'
    assert '198.18.77.2' in shell.done('ip route show 10.101.3.0/24')
    shell.done(line % 'delete')


def test_another_user(shell, run):
    owned = shell.directory / 'certs-of-another'
    shutil.copytree(shell.directory / 'certs', owned)
    state = shell.directory / 'state'
    state.mkdir(mode=0o700)
    for path in (state, owned, *owned.iterdir()):
        os.chown(path, 10001, 10001)
    run(with_options('--user 10001:10001 -v `pwd`/state:/var/lib/mexosagent', RUN.replace('/certs:', '/certs-of-another:'))
        + ' -proxy :8443')
    assert inside(shell, 'id -u').strip() == '10001'
    assert 'proxy (https) listens' in shell.done('docker logs %s 2>&1' % NAME)


def test_how_soon_it_is_up(shell, run):
    """Prints the numbers of docs/benchmarks.md."""
    took = []
    for _ in range(5):
        begun = time.monotonic()
        process = run()
        took.append(time.monotonic() - begun)
        shell.done('docker stop ' + NAME)
        process.wait(LIMIT)
    print('from docker run to an answer: median %.2f s, %.2f to %.2f s' % (statistics.median(took), min(took), max(took)))


# A private registry, and new versions from it.

@pytest.fixture(scope='module')
def registry(shell, engine):
    """Up, and known to the engine and to the operator's client."""
    shell.environment['MEX_REGISTRY'] = REGISTRY
    shell.done('tools/registry up', cwd=ROOT)
    shell.done('tools/registry up', cwd=ROOT)  # it is already
    shell.done('tools/image', cwd=ROOT)
    place = engine.settings / 'certs.d' / REGISTRY
    refused = shell.run('tools/push', cwd=ROOT)
    assert refused.returncode != 0 and 'x509' in refused.stderr, refused
    place.mkdir(parents=True)
    shutil.copy(shell.directory / 'registry/cert.pem', place / 'ca.crt')
    refused = shell.run('tools/push', cwd=ROOT)
    assert refused.returncode != 0 and 'no basic auth credentials' in refused.stderr, refused
    shell.done('docker login -u mexosagent --password-stdin %s <registry/password' % REGISTRY)
    shell.done('tools/push', cwd=ROOT)
    yield REGISTRY
    shell.done('tools/registry down', cwd=ROOT)
    assert shell.run('tools/registry status', cwd=ROOT).returncode != 0


@pytest.fixture(scope='module')
def ssh(directory):
    server = SshServer(directory / 'ssh', directory / 'bin', 'edge', ADDRESS)
    yield server
    server.close()


def test_what_was_pushed_is_what_is_pulled(shell, registry):
    there = '%s/%s' % (registry, IMAGE)
    before = inspected(shell, there)['Id']
    shell.done('docker rmi -f %s' % before)
    assert 'Pull complete' in shell.done('docker pull ' + there)
    assert inspected(shell, there)['Id'] == before
    shell.done('docker tag %s %s' % (there, IMAGE))


def publish(shell, change):
    """Puts an image into the registry that is the present one but for a line of its Dockerfile."""
    there = '%s/%s' % (REGISTRY, IMAGE)
    shell.done("printf 'FROM %s\\n%s\\n' | docker build -t %s - && docker push %s && docker rmi %s" % (
        IMAGE, change, there, there, there))


LASTING = RUN.replace('--rm', '-d --restart unless-stopped --cap-add NET_ADMIN -v mexosagent:/var/lib/mexosagent', 1)


@pytest.mark.parametrize('host, line', [('.', RUN), ('edge', LASTING)], ids=['here', 'by_ssh'])
def test_a_new_version_and_two_that_are_none(shell, engine, run, services, registry, ssh, host, line):
    run(with_options('--health-interval 1s', with_the_engine(engine, line)))
    token = token_of(shell)
    services.add(token)
    first = inspected(shell)
    instance = inspected(shell, INSTANCE)['Id']

    def relaunched(deadline):
        return shell.run('tools/relaunch %s --socket %s --deadline %d' % (host, engine.socket, deadline), cwd=ROOT)

    for change, deadline, why in (
            ('ENTRYPOINT ["mexosagent", "-nonsense"]', 600, 'unknown flag "-nonsense"'),
            ('ENTRYPOINT ["sh", "-c", "exec sleep 1000"]', 3, r'after \d+ seconds it has not taken over')):
        publish(shell, change)
        answer = relaunched(deadline)
        assert answer.returncode == 1 and re.search(why, answer.stderr), answer
        assert 'runs on with the old image' in answer.stderr
        assert inspected(shell)['State']['StartedAt'] == first['State']['StartedAt'], 'it was never stopped'
        now = inspected(shell)
        assert (now['Image'], now['State']['Health']['Status']) == (first['Image'], 'healthy')
        services.check()

    publish(shell, 'LABEL better=yes')
    answer = relaunched(600)
    assert answer.returncode == 0, answer
    now = inspected(shell)
    assert now['Image'] != first['Image'] and now['Config']['Labels']['better'] == 'yes'
    for kept in ('RestartPolicy', 'AutoRemove', 'NetworkMode', 'CapAdd'):
        assert now['HostConfig'][kept] == first['HostConfig'][kept]
    assert token_of(shell) == token, 'what lasts is where it was'
    services.check()
    assert inspected(shell, INSTANCE)['Id'] == instance, 'it went on'
    assert engine.names() == [NAME, INSTANCE]
    assert 'runs this image already' in relaunched(600).stdout
    services.delete(token)
