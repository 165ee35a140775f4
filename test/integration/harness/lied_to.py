"""The life of an agent to which its cloud lies: one cluster that goes through situations, and others that stand by.

Each cell (a lie in a situation) begins and ends with everything as it is wanted. What must hold in every cell:

- while the cloud lies no server is deleted but those that the situation names;
- nothing is ever deleted that the agent has not made: strangers stay;
- of what is well nothing is shown as False, and nothing as seen that was not seen;
- when the lie ends the operation ends as it was wanted, and the cloud has exactly what is wanted.
"""
import dataclasses
import datetime
import re
import time

from harness import clusters
from harness.agent_elsewhere import AgentInNetwork
from harness.cloudlet import Cloudlet
from harness.lies import LIES
from harness.openstack import Unexpected
from harness.situations import SITUATIONS
from harness.waiting import wait_until

# The agent lives so many times as fast as usual (its flag -pace), so a minute of its patience takes four seconds.
PACE = 15
MINUTE = 60.0 / PACE
# A lie lasts four times as long as it takes until a server is believed to be gone; where nothing else happens, until
# what was not seen is shown as unknown.
_LIE_SECONDS = 2 * MINUTE
_IDLE_LIE_SECONDS = 3 * MINUTE
# Ends what hangs within one cell.
_CELL_LIMIT = 600.0

SUBJECT = 'subject'
_SERVER = re.compile(r'/servers/[0-9a-f-]{36}$')
FLAVOR = {'name': 'lied-to', 'masters': {'count': 1}, 'worker_pools': [{'name': 'worker', 'count': 2}],
          'kubernetes': {'image_style': 'BAKED'},
          'care': {'auto_repair': True, 'repair_budget': 250, 'probe_interval': '1s'}}
STANDING_BY = dict(FLAVOR, name='standing-by', worker_pools=[{'name': 'worker', 'count': 1}])


@dataclasses.dataclass
class Cell:
    lie: str
    situation: str
    clusters: int

    def __str__(self):
        return '%s %s %d' % (self.lie, self.situation, self.clusters)


@dataclasses.dataclass
class Result:
    cell: Cell
    problem: str = ''  # empty: everything held
    remark: str = ''
    seconds: float = 0.0


class AgentWithClock(AgentInNetwork):
    """Its time of day is what a file says; monotonic time goes on as everywhere."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self._clock = self.directory / 'clock'
        self.shift_clock(0)
        self.clock = {'DONT_FAKE_MONOTONIC': '1', 'FAKETIME_TIMESTAMP_FILE': str(self._clock),
                      'FAKETIME_CACHE_DURATION': '1'}

    def shift_clock(self, seconds):
        fresh = self._clock.with_suffix('.new')
        fresh.write_text('%+d\n' % seconds)
        fresh.rename(self._clock)


class Life(Cloudlet):

    def __init__(self, openstack, certificates, directory, others):
        """`others`: how many clusters stand by."""
        # A destroyed cluster's addresses are given again a little later.
        super().__init__(openstack, certificates, directory, others + 6, PACE, AgentWithClock)
        self.minute = MINUTE
        self.slots = {}      # name of a cluster -> the slots it is to have
        # Ids of servers that may be deleted now -> whether they must have been drained; None: nothing is watched.
        self.allowed = None
        self._violations = []
        self.proxy.observers.append(self._check_removal)
        self._strangers = {}
        self._others = others

    # Beginning.

    def begin(self):
        self._make_strangers()
        self.agent.start()
        for flavor in (FLAVOR, STANDING_BY):
            self.agent.post('/v1/flavors', flavor)
        if self._others == 0:
            return
        names = ['other-%d' % number for number in range(1, self._others + 1)]
        # Few at a time: a slow machine's Neutron answers too late for more.
        for some in (names[first:first + 3] for first in range(0, len(names), 3)):
            operations = clusters.provision(self.agent, *[clusters.wish(name, kind='standing-by') for name in some])
            for operation in operations.split(','):
                clusters.done(self.agent, operation)
            self.slots.update({name: ['master-1', 'worker-1'] for name in some})
        self.wait_until_all_is_well()

    def _make_strangers(self):
        """What somebody else has in the project; the names are as the agent's are."""
        api = self.cloud.api
        name = SUBJECT + '-ab12cd34-worker-1'
        network = api('POST', 'network', '/v2.0/networks', {'network': {'name': name}})['network']
        images = api('GET', 'image', '/v2/images')['images']
        flavors = api('GET', 'compute', '/flavors')['flavors']
        server = {'name': name, 'networks': 'none', 'tags': ['mexosagent'],
                  'imageRef': next(each['id'] for each in images if each['name'] == 'debian-12'),
                  'flavorRef': next(each['id'] for each in flavors if each['name'] == 'm1.tiny')}
        api('POST', 'compute', '/servers', {'server': server})
        self._strangers = {'network': [network['name']], 'server': [name]}

    # What is.

    def server_of(self, slot):
        """The subject's server in that slot."""
        name = '%s-%s-%s' % (SUBJECT, self.subject()['id'], slot)
        return next(server for server in self.servers() if server['name'] == name)

    def subject(self):
        return clusters.cluster(self.agent, SUBJECT)

    def has_subject(self):
        return SUBJECT in self.slots

    def why_not_well(self):
        """Empty if the cloud has exactly what is wanted, and each cluster is shown as Ready."""
        views = {name: clusters.cluster(self.agent, name) for name in self.slots}
        try:
            clusters.assert_holds(self.cloud, [(views[name], self.slots[name]) for name in views], self._strangers)
        except (AssertionError, Unexpected) as error:
            return str(error)
        idle = [server['name'] for server in self.servers() if server['status'] != 'ACTIVE']
        if idle:
            return 'not ACTIVE: %s' % idle
        for name, view in views.items():
            states = {each['type']: each for each in view['conditions']}
            if view['state'] != 'ACTIVE' or states['Ready']['status'] != 'True':
                return '%s is not shown as Ready: %s %s' % (name, view['state'], view['conditions'])
        return ''

    def wait_until_all_is_well(self):
        wait_until(lambda: not self.why_not_well(), lambda: 'all is as wanted: ' + self.why_not_well(),
                   _CELL_LIMIT, every=0.3)

    # One cell.

    def run(self, cell):
        started = time.monotonic()
        result = Result(cell)
        try:
            result.remark = self._lie_in(cell)
        except Exception as error:  # what a cell breaks is a cell's result
            result.problem = '%s: %s' % (type(error).__name__, error)
        if self._violations:
            result.problem = '\n'.join([*self._violations, result.problem]).strip()
        result.seconds = time.monotonic() - started
        return result

    def _lie_in(self, cell):
        self._violations.clear()
        self.proxy.forget()
        situation, lie = SITUATIONS[cell.situation](self), LIES[cell.lie](self)
        self.allowed = None
        situation.prepare()
        self.allowed = {}
        self.wait_until_all_is_well()
        began = time.time()
        lie.begin()
        situation.begin()
        try:
            self._watch(situation, lie, began)
        finally:
            lie.end()
        remark = situation.finish()
        self.wait_until_all_is_well()
        self.proxy.no_more_faults()
        return remark

    # What is watched while the cloud lies.

    def _check_removal(self, call):
        """Looks at every removal of a server before it goes on its way; also one that gets nowhere counts."""
        if self.allowed is None or call.method != 'DELETE' or not _SERVER.search(call.path):
            return
        server_id = call.path.rsplit('/', 1)[-1]
        if server_id not in self.allowed:
            self._note_removal(server_id)
        elif self.allowed[server_id] and not self.api_servers.was_drained(server_id):
            self._violations.append('server %s is deleted without having been drained' % server_id)

    def _note_removal(self, server_id):
        found = [server for server in self.servers() if server['id'] == server_id]
        if found and sum(server['name'] == found[0]['name'] for server in self.servers()) == 1:
            self._violations.append('server %s (%s, %s) is deleted, and nobody asked for that' % (
                found[0]['name'], server_id, found[0]['status']))

    def _watch(self, situation, lie, began):
        is_idle = situation.name == 'idle'
        end = time.monotonic() + (_IDLE_LIE_SECONDS if is_idle else _LIE_SECONDS)
        well = [name for name in self.slots if name != SUBJECT or is_idle]
        while time.monotonic() < end:
            for name in well:
                self._check_shown(clusters.cluster(self.agent, name), lie, began)
            time.sleep(0.5)
        if is_idle and lie.is_blind:
            shown = {each['type']: each['status'] for each in self.subject()['conditions']}
            if shown['ServersActive'] != 'Unknown' or shown['Ready'] != 'Unknown':
                self._violations.append('nothing was seen for long, and yet it is shown: %s' % shown)

    def _check_shown(self, view, lie, began):
        if view['state'] != 'ACTIVE':
            self._violations.append('%s is well and shown as %s' % (view['name'], view['state']))
        for each in view['conditions']:
            if each['status'] == 'False' and each['type'] != 'RepairAllowed':
                self._violations.append('%s is well and shown as not %s: %s' % (view['name'], each['type'], each))
            if each['type'] == 'ServersActive' and lie.is_blind and each['status'] == 'True':
                # What was asked before the lie began may be answered a little later.
                if _seconds_of(each['observed_at']) > began + 2:
                    self._violations.append('%s is shown as seen while nothing could be: %s' % (view['name'], each))


def _seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()
