"""An agent on a machine of its own in miniature."""
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
