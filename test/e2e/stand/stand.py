"""A project in the site's cloud, an agent that works in it, and what is asked of both."""
import os
import pathlib
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

from harness import clusters, openstack
from harness.certificates import Certificates
from harness.platform_files import USER_DATA, write_platform_files
from harness.project import Project
from harness.waiting import wait_until

from . import kept
from .chaos import Chaos
from .edge_agent import EdgeAgent
from .kubectl import Kubectl

# What the nodes' image is like: see ../nodes/README.md, "Limits".
IMAGE = {'image_style': 'baked', 'cgroup_driver': 'cgroupfs', 'conntrack_max_per_core': 0,
         'ignored_preflight_errors': ['SystemVerification', 'ImagePull'], 'skipped_phases': ['addon/coredns']}
# Only a defect meets it: the machine may have anything else to do.
LONG = 7200
KILLS = 20
TENANT, CLUSTER = 'tenant-1', 'test-1'
# What is listed by `openstack`, which leaves out what is not the project's.
_LISTS = ('server list', 'port list', 'network list --internal', 'subnet list', 'router list', 'security group list',
          'server group list')


class Stand:

    def __init__(self, options, steps, user_data=USER_DATA):
        """`user_data` is the operator's, for every machine."""
        self.options = options
        self.steps = steps
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='mexosagent-e2e.'))
        self.cloud = Project(openstack.OpenStack(openstack.state_directory()))
        files = write_platform_files(self.directory / 'k8sopenstack', self.cloud.environment(),
                                     {'flavor': 'm1.small'}, IMAGE, user_data)
        certificates = Certificates.make(self.directory / 'certs')
        self.agent = EdgeAgent(self.directory / 'agent', certificates, files)

    def __enter__(self):
        try:
            with self.steps.step('the agent is up'):
                self.agent.start()
        except BaseException:
            self.remove()
            raise
        self.chaos = Chaos(self.agent, self.steps, KILLS if self.options.chaos else 0, self.options.seed)
        return self

    def __exit__(self, *failure):
        if self.steps.failed:
            self.tell_why()
        # Also when the run was cut short: what it leaves must be known to `down`.
        if self.options.keep:
            self.leave()
        else:
            self.remove()

    def remove(self):
        """Whatever state things are in."""
        self.agent.close()
        self.cloud.remove()
        subprocess.run(['ip', 'route', 'flush', 'proto', '109'], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.directory)

    def leave(self):
        kept.keep(self.agent.process.pid, self.directory)
        files = self.directory / 'kubectl' / CLUSTER
        self.steps.say('''\
The agent is process %d, its files are in %s. Ask the cluster:
  MEX_SITE=%s test/nodes/runner shell unshare --mount sh -c \\
    'mount --bind %s/hosts /etc/hosts && %s --kubeconfig %s/kubeconfig get nodes'
./dev e2e down ends all of it.''' % (self.agent.process.pid, self.directory, os.environ['MEX_SITE'], files,
                                    os.environ['MEX_KUBECTL'], files))

    def tell_why(self):
        """What is known when something went wrong."""
        if self.agent.is_running():
            for cluster in self.agent.get('/v1/clusters').get('clusters', []):
                self.steps.say('%(name)s %(state)s: %(reason)s; %(conditions)s'
                               % {'reason': '', 'conditions': '', **cluster})
        self.steps.say('the end of the agent\'s log:\n' + self.agent.log()[-6000:])

    def cluster(self, name=CLUSTER):
        return clusters.cluster(self.agent, name, TENANT)

    def nodes(self, name=CLUSTER):
        """Slot -> node."""
        return {node['slot']: node for node in self.cluster(name)['nodes']}

    def done(self, operation):
        return clusters.done(self.agent, operation, LONG)

    def ended(self, operation):
        """Whatever its end."""
        return clusters.ended(self.agent, operation, LONG)

    def condition(self, kind, name=CLUSTER):
        return next(each for each in self.cluster(name)['conditions'] if each['type'] == kind)

    def make_flavor(self, flavor):
        answer = self.agent.rest('POST', '/v1/flavors', flavor)
        assert answer.status_code == 200, answer.text

    def provision(self, kind):
        """The operation's id."""
        return clusters.provision(self.agent, clusters.wish(CLUSTER, TENANT, kind=kind))

    def destroy(self):
        """The operation's id."""
        return clusters.destroy(self.agent, clusters.wish(CLUSTER, TENANT))

    def scale(self, count, pool='worker'):
        """The operation's id."""
        return self.agent.post('/v1/tenants/%s/clusters/%s/pools/%s:scale' % (TENANT, CLUSTER, pool),
                               {'count': count})['id']

    def newest_operation(self, kind):
        """None if there was none."""
        found = self.agent.get('/v1/operations?tenant=%s&cluster=%s' % (TENANT, CLUSTER))['operations']
        return next((operation for operation in found if operation['kind'] == kind), None)

    def kubectl(self, name=CLUSTER):
        resource = self.cluster(name)
        return Kubectl(os.environ['MEX_KUBECTL'], self.directory / 'kubectl' / name,
                       self.agent.kubeconfig(TENANT, name), [resource['api_server_name']],
                       self.agent.patience)

    def wait(self, condition, what):
        with self.steps.step(what):
            return wait_until(condition, what, LONG, every=0.3)

    def left_over(self):
        """What the `openstack` client finds in the project."""
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda words: self.cloud.client(*words.split()), _LISTS)
        found = ['%s: %s' % (words, thing.get('Name') or thing.get('ID'))
                 for words, things in zip(_LISTS, answers) for thing in things]
        return [each for each in found if each != 'security group list: default']
