"""The life of an agent to which its cloud lies: clusters that go through situations, and others that stand by.

A round tells one lie and has each of its situations happen to a cluster of its own meanwhile; a cell is one of these
situations under that lie. Each round begins and ends with everything as it is wanted. What must hold in every cell:

- while the cloud lies no server is deleted but those that the situation names;
- nothing is ever deleted that the agent has not made: strangers stay;
- of what is well nothing is shown as False, and nothing as seen that was not seen;
- when the lie ends the operation ends as it was wanted, and the cloud has exactly what is wanted.
"""
import contextlib
import dataclasses
import time

from harness import clusters
from harness.agent_elsewhere import AgentInNetwork
from harness.cloudlet import Cloudlet
from harness.lie_watch import LieWatch
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
# Ends what hangs within one round.
_LIMIT = 600.0
# A destroyed cluster's addresses are given again a little later.
_MORE_ADDRESSES = 14
# So many honest operations at a time: a slow machine's Neutron answers too late for more.
_HONEST = 3

KIND = 'lied-to'
FLAVOR = {'name': KIND, 'masters': {'count': 1}, 'worker_pools': [{'name': 'worker', 'count': 1}],
          'kubernetes': {'image_style': 'BAKED'},
          'care': {'auto_repair': True, 'repair_budget': 250, 'probe_interval': '1s'}}


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

    def __init__(self, openstack, certificates, directory, count):
        """`count`: how many clusters the agent has, what is created in a round counted."""
        super().__init__(openstack, certificates, directory, count + _MORE_ADDRESSES, PACE, AgentWithClock)
        self.minute = MINUTE
        self.slots = {}      # name of a cluster -> the slots it is to have
        self.watch = LieWatch(self.servers, self.api_servers.was_drained)
        self.proxy.observers.append(self.watch.check_removal)
        self._count = count
        self._strangers = {}
        self._quotas = contextlib.ExitStack()

    def begin(self):
        self._quotas.enter_context(self.cloud.compute_quota(instances=200, cores=500, ram=2 ** 20))
        self._quotas.enter_context(self.cloud.network_quota(network=200, subnet=200, port=500, router=200,
                                                            security_group=200, security_group_rule=5000))
        self._make_strangers()
        self.agent.start()
        self.agent.post('/v1/flavors', FLAVOR)

    def close(self):
        self._quotas.close()
        super().close()

    def _make_strangers(self):
        """What somebody else has in the project; the names are as the agent's are."""
        api = self.cloud.api
        name = self.free_name() + '-ab12cd34-worker-1'
        network = api('POST', 'network', '/v2.0/networks', {'network': {'name': name}})['network']
        images = api('GET', 'image', '/v2/images')['images']
        flavors = api('GET', 'compute', '/flavors')['flavors']
        server = {'name': name, 'networks': 'none', 'tags': ['mexosagent'],
                  'imageRef': next(each['id'] for each in images if each['name'] == 'debian-12'),
                  'flavorRef': next(each['id'] for each in flavors if each['name'] == 'm1.tiny')}
        api('POST', 'compute', '/servers', {'server': server})
        self._strangers = {'network': [network['name']], 'server': [name]}

    # What is.

    def free_name(self):
        """One that was used before is used again."""
        return next(name for name in ('cluster-%d' % number for number in range(1, 100)) if name not in self.slots)

    def view(self, name):
        return clusters.cluster(self.agent, name)

    def server_of(self, name, slot):
        """The server of a cluster in that slot."""
        full = '%s-%s-%s' % (name, self.view(name)['id'], slot)
        return next(server for server in self.servers() if server['name'] == full)

    def what_is_wrong(self):
        """Name of a cluster -> text; empty if the cloud has exactly what is wanted, and each cluster is shown as
        Ready. The agent is asked first: that costs the cloud nothing."""
        views = {name: self.view(name) for name in self.slots}
        wrong = {}
        for name, view in views.items():
            states = {each['type']: each['status'] for each in view['conditions']}
            if view['state'] != 'ACTIVE' or states['Ready'] != 'True':
                wrong[name] = '%s is not shown as Ready: %s %s' % (name, view['state'], view['conditions'])
        if wrong:
            return wrong
        try:
            clusters.assert_holds(self.cloud, [(views[name], self.slots[name]) for name in views], self._strangers)
        except (AssertionError, Unexpected) as error:
            return {'': str(error)}
        idle = [server['name'] for server in self.servers() if server['status'] != 'ACTIVE']
        return {'': 'not ACTIVE: %s' % idle} if idle else {}

    def wait_until_all_is_well(self):
        """What is wrong after all the time that there is."""
        wrong = {}

        def is_well():
            nonlocal wrong
            wrong = self.what_is_wrong()
            return not wrong
        with contextlib.suppress(AssertionError):
            wait_until(is_well, 'all is as wanted', _LIMIT, every=1.0)
        return wrong

    # Before a round, while the cloud is honest.

    def _prepare(self, situations):
        """Enough clusters, and one that fits for each situation."""
        before = self._count - sum(each.makes_cluster for each in situations)
        self._resize(before)
        free = list(self.slots)
        for situation in sorted(situations, key=lambda each: each.is_picky, reverse=True):
            if situation.makes_cluster:
                situation.cluster = self.free_name()
                continue
            fitting = [name for name in free if situation.fits(len(self.slots[name]) - 1)]
            situation.cluster = (fitting or free)[0]
            free.remove(situation.cluster)
            if not fitting:
                self._done([clusters.scale(self.agent, 2, situation.cluster)])
                self.slots[situation.cluster] = ['master-1', 'worker-1', 'worker-2']

    def _resize(self, count):
        while len(self.slots) > count:
            name = next(iter(self.slots))
            self._done([clusters.destroy(self.agent, clusters.wish(name, kind=KIND))])
            del self.slots[name]
        while len(self.slots) < count:
            names = []
            for _ in range(min(_HONEST, count - len(self.slots))):
                names.append(self.free_name())
                self.slots[names[-1]] = ['master-1', 'worker-1']
            wishes = [clusters.wish(name, kind=KIND) for name in names]
            self._done(clusters.provision(self.agent, *wishes).split(','))

    def _done(self, operations):
        for operation in operations:
            clusters.done(self.agent, operation, _LIMIT)

    # A round.

    def run(self, cells):
        """Results of cells that have the same lie, and different situations."""
        started = time.monotonic()
        results = [Result(cell) for cell in cells]
        situations = [SITUATIONS[cell.situation](self) for cell in cells]
        self.watch.violations.clear()
        try:
            self._lie(LIES[cells[0].lie](self), situations)
        except Exception as error:  # what a round breaks is its result
            for result in results:
                result.problem = '%s: %s' % (type(error).__name__, error)
        names = [situation.cluster for situation in situations]
        for result, situation in zip(results, situations):
            result.problem = '\n'.join([*self.watch.of([situation.cluster]), *self.watch.of_others(names),
                                        situation.problem, result.problem]).strip()
            result.remark = situation.remark
            result.seconds = (time.monotonic() - started) / len(cells)
        return results

    def _lie(self, lie, situations):
        self.proxy.forget()
        self.watch.allowed = None
        self._prepare(situations)
        wrong = self.wait_until_all_is_well()
        assert not wrong, 'before the lie: %s' % wrong
        self.watch.allowed = {}
        lie.begin()
        before = self.proxy.calls
        try:
            for situation in situations:
                situation.attempt(situation.begin)
            # What was asked before the lie began is answered honestly, on a busy machine seconds later.
            wait_until(lambda: all(call.ended for call in before), 'the honest answers are there', _LIMIT, every=0.02)
            self._watch(situations, lie, time.time())
        finally:
            lie.end()
        for situation in situations:
            situation.attempt(situation.finish)
        self._judge_end(situations)
        self.proxy.no_more_faults()

    def _watch(self, situations, lie, began):
        idle = [each.cluster for each in situations if each.name == 'idle']
        busy = [each.cluster for each in situations if each.name != 'idle']
        end = time.monotonic() + (_IDLE_LIE_SECONDS if idle else _LIE_SECONDS)
        while time.monotonic() < end:
            for name in [name for name in self.slots if name not in busy]:
                self.watch.check_shown(self.view(name), lie, began)
            time.sleep(0.5)
        for name in idle if lie.is_blind else []:
            self.watch.check_unknown(self.view(name))

    def _judge_end(self, situations):
        """What is wrong with a cluster is its situation's; what is not of one of them is everybody's."""
        wrong = self.wait_until_all_is_well()
        names = [each.cluster for each in situations]
        for situation in situations:
            for name, text in wrong.items():
                if name == situation.cluster or name not in names:
                    situation.problem = ('%s\nat the end: %s' % (situation.problem, text)).strip()
