"""Agents on machines of their own in miniature."""
from harness.agent import Agent
from harness.namespace import ITS_ADDRESS


class AgentElsewhere(Agent):
    """An agent in a namespace, called over the veth pair."""

    def __init__(self, namespace, directory, certificates, environment=(), flags=()):
        super().__init__(directory, certificates, environment, ['-auth', 'none', *flags])
        self.namespace = namespace

    def command(self):
        program = [word.replace('127.0.0.1', ITS_ADDRESS) for word in super().command()]
        return ['ip', 'netns', 'exec', self.namespace.name, *program]

    def url(self, path):
        return 'http://%s:%d%s' % (ITS_ADDRESS, self.rest_port, path)


class AgentInNetwork(Agent):
    """An agent in a SeparateNetwork, called over the loopback there."""

    def __init__(self, network, directory, certificates, environment=(), flags=()):
        super().__init__(directory, certificates, environment, flags)
        self.network = network

    def launch(self):
        with self.network.entered():
            return super().launch()

    def rest(self, *arguments, **more):
        with self.network.entered():
            return super().rest(*arguments, **more)
