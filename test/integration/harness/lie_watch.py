"""What an agent does to its clusters, and shows of them, while its cloud lies to it."""
import datetime
import re

_SERVER = re.compile(r'/servers/[0-9a-f-]{36}$')
_NODE = re.compile(r'(.+)-[a-z0-9]{8}-(master|worker)-\d+$')


def cluster_of(name):
    """The name of the cluster whose node has that name; empty for other names."""
    node = _NODE.match(name)
    return node.group(1) if node else ''


class LieWatch:
    """Notes what must not be, with the cluster that it is about: each cell of a round is judged on its own."""

    def __init__(self, servers, was_drained):
        """servers(): the truth; was_drained(id): what the server's node was made to do before."""
        self._servers = servers
        self._was_drained = was_drained
        # Ids of servers that may be deleted now -> whether they must have been drained; None: nothing is watched.
        self.allowed = None
        self.violations = []  # (name of a cluster, text)

    def of(self, names):
        """Texts of what is about one of those clusters."""
        return list(dict.fromkeys(text for name, text in self.violations if name in names))

    def of_others(self, names):
        return list(dict.fromkeys(text for name, text in self.violations if name not in names))

    def check_removal(self, call):
        """Looks at every removal of a server before it goes on its way; also one that gets nowhere counts."""
        if self.allowed is None or call.method != 'DELETE' or not _SERVER.search(call.path):
            return
        server_id = call.path.rsplit('/', 1)[-1]
        found = [server for server in self._servers() if server['id'] == server_id]
        if server_id not in self.allowed:
            self._note_removal(found)
        elif self.allowed[server_id] and not self._was_drained(server_id):
            self._note(cluster_of(found[0]['name']) if found else '',
                       'server %s is deleted without having been drained' % server_id)

    def _note_removal(self, found):
        """One of two that were made for the same place goes rightly."""
        if found and sum(server['name'] == found[0]['name'] for server in self._servers()) == 1:
            self._note(cluster_of(found[0]['name']), 'server %s (%s, %s) is deleted, and nobody asked for that' % (
                found[0]['name'], found[0]['id'], found[0]['status']))

    def check_shown(self, view, lie, began):
        """`view` is of a cluster that is well; since `began` the agent has heard nothing but the lie."""
        name = view['name']
        if view['state'] != 'ACTIVE':
            self._note(name, '%s is well and shown as %s' % (name, view['state']))
        for each in view['conditions']:
            if each['status'] == 'False' and each['type'] != 'RepairAllowed':
                self._note(name, '%s is well and shown as not %s: %s' % (name, each['type'], each))
            if each['type'] == 'ServersActive' and lie.is_blind and each['status'] == 'True':
                # The last honest answer is on its way through the agent.
                if _seconds_of(each['observed_at']) > began + 2:
                    self._note(name, '%s is shown as seen while nothing could be: %s' % (name, each))

    def check_unknown(self, view):
        """`view` is of a cluster of which nothing was seen for long."""
        shown = {each['type']: each['status'] for each in view['conditions']}
        if shown['ServersActive'] != 'Unknown' or shown['Ready'] != 'Unknown':
            self._note(view['name'], 'nothing was seen for long, and yet it is shown: %s' % shown)

    def _note(self, name, text):
        self.violations.append((name, text))


def _seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()
