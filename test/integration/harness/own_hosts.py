"""Names of /etc/hosts that only one agent and what it starts see, and that can be changed while it runs."""


class OwnHosts:

    def __init__(self, agent):
        self._file = agent.directory / 'hosts'
        self.set({})
        command = agent.command

        def with_own_hosts():
            # In place, so that the mount goes on to show it.
            return ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', str(self._file),
                    *command()]
        agent.command = with_own_hosts

    def set(self, addresses):
        lines = ['127.0.0.1 localhost'] + ['%s %s' % (address, name) for name, address in addresses.items()]
        with open(self._file, 'w') as file:
            file.write('\n'.join(lines) + '\n')
