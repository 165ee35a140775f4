"""An agent's surroundings, all its own: a network, a project of the real cloud, the recording proxy on the way there,
and what stands for the clusters' API servers."""
import re

from harness.agent_elsewhere import AgentInNetwork
from harness.own_network import SeparateNetwork
from harness.platform_files import write_platform_files
from harness.project import Project
from harness.recording_proxy import RecordingProxy
from harness.standing_api_servers import StandingApiServers


def port_of(url):
    return int(re.search(r':(\d+)', url).group(1))


class Cloudlet:

    def __init__(self, openstack, certificates, directory, clusters, pace, make_agent=AgentInNetwork):
        """`clusters`: how many there may be at a time; `pace`: the agent's -pace. The agent is not started yet."""
        self.cloud = Project(openstack)
        urls = self.cloud.api.url
        self.compute, self.network = port_of(urls['compute']), port_of(urls['network'])
        self._network = SeparateNetwork()
        # The masters' addresses are this machine's, and the way to a cluster's router leads somewhere.
        self._network.run('link add outside type bridge', 'address add 172.24.4.1/22 dev outside',
                          'link set outside up',
                          *['address add 10.101.%d.%d/32 dev outside' % (number, master)
                            for number in range(clusters) for master in (10, 11, 12)])
        self.proxy = RecordingProxy(network=self._network)
        self.api_servers = StandingApiServers(self.cloud, self._network, directory / 'api-servers')
        files = write_platform_files(directory / 'k8sopenstack', self.cloud.environment())
        self.agent = make_agent(self._network, directory / 'agent', certificates,
                                dict(files, http_proxy=self.proxy.url), ['-pace', str(pace)])

    def close(self):
        self.agent.close()
        self.proxy.close()
        self.api_servers.close()
        self.cloud.remove()
        self._network.close()

    def servers(self):
        return self.cloud.list('server')

    def evidence(self):
        """For a case that went wrong."""
        servers = '\n'.join('%s %s %s' % (each['id'], each['name'], each['status']) for each in self.servers())
        calls = '\n'.join('%.2f-%.2f %s %s' % (call.started, call.ended, call, call.request_id)
                          for call in self.proxy.calls)
        return '%s\n\n%s\n\n%s\n\n%s' % (self.cloud.inventory(), servers, calls, self.agent.log()[-300000:])
