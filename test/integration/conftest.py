"""Fixtures of the integration tests. What they hand out is described in harness/."""
import pytest

# What the helpers assert is shown in full, as what the tests do.
pytest.register_assert_rewrite('harness')

from harness import nginx
from harness import openstack as openstack_lab
from harness.agent import Agent
from harness.certificates import Certificates
from harness.cloudflare import Cloudflare
from harness.knot import Knot
from harness.orders import NAME as ORDERED_NAME
from harness.own_network import OwnNetwork
from harness.pebble import Pebble
from harness.platform_files import write_platform_files
from harness.project import Project
from harness.recording_proxy import RecordingProxy


@pytest.fixture(scope='session')
def openstack():
    """The local OpenStack; stopped at the end unless it ran before."""
    ran_before = openstack_lab.is_running()
    yield openstack_lab.up()
    if not ran_before:
        openstack_lab.down()


@pytest.fixture
def cloud(openstack):
    """A project of its own."""
    project = Project(openstack)
    yield project
    project.remove()


@pytest.fixture
def recording_proxy():
    proxy = RecordingProxy()
    yield proxy
    proxy.close()


@pytest.fixture
def knot(tmp_path):
    """A real name server that takes updates."""
    server = Knot(tmp_path / 'knot')
    yield server
    server.close()


@pytest.fixture
def cloudflare():
    service = Cloudflare()
    yield service
    service.close()


@pytest.fixture(params=['knot', 'cloudflare'])
def zone(request):
    """A zone of public DNS, once with each provider."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope='session')
def certificates(tmp_path_factory):
    return Certificates.make(tmp_path_factory.mktemp('certificates'))


@pytest.fixture
def new_agent(request, tmp_path, certificates):
    """A function that makes agents, not started yet; all are gone after the test."""
    made = request.node.agents = []

    def make(environment=(), flags=(), certificates=certificates):
        made.append(Agent(tmp_path / ('agent-%d' % len(made)), certificates, environment, flags))
        return made[-1]
    yield make
    for agent in made:
        agent.close()


@pytest.fixture
def new_authority(tmp_path):
    """A function that starts a certificate authority; all end with the test."""
    made = []

    def make(**settings):
        made.append(Pebble(tmp_path / ('pebble-%d' % len(made)), **settings))
        return made[-1]
    yield make
    for each in made:
        each.close()


@pytest.fixture
def new_ordering_agent(new_agent, tmp_path):
    """A function that makes an agent which orders from an authority; not started yet."""
    def make(pebble, *flags):
        agent = new_agent(certificates=Certificates(tmp_path / 'certificates'))
        agent.proxy_port = pebble.tls_port
        agent.flags = ['-fqdn', ORDERED_NAME, '-acme_email', 'you@' + ORDERED_NAME, '-acme_server', pebble.url,
                       '-acme_ca', str(pebble.authority), *flags]
        return agent
    return make


@pytest.fixture
def agent(new_agent):
    """A running agent without a cloud."""
    return new_agent().start()


@pytest.fixture
def new_cloud_agent(cloud, recording_proxy, new_agent, tmp_path):
    """A function that makes agents that use `cloud` through `recording_proxy`."""
    made = []

    def make(openstack_environment=(), defaults=(), **more):
        names = write_platform_files(tmp_path / 'k8sopenstack',
                                     dict(cloud.environment(), **dict(openstack_environment)), defaults)
        made.append(new_agent(environment=dict(names, http_proxy=recording_proxy.url), **more))
        return made[-1]
    yield make
    # Before their project is removed, which they would repair.
    for agent in made:
        agent.close()


@pytest.fixture
def cloud_agent(new_cloud_agent):
    """A running agent that uses `cloud` through `recording_proxy`."""
    return new_cloud_agent().start()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Shows the end of each agent's log under a failed test."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for agent in getattr(item, 'agents', []):
            report.sections.append(('log of %s' % agent.directory.name, agent.log()[-8000:]))


@pytest.fixture
def agent_with_nginx(new_agent):
    """Its nginx instances are processes, which end with the test."""
    made = new_agent(flags=['-nginx_runtime', 'process'])
    yield made.start()
    made.close()
    nginx.end_all(made)


@pytest.fixture(scope='module')
def own_network():
    """The tests of a file that ask for it are in a network of their own, where every port is free."""
    with OwnNetwork():
        yield
