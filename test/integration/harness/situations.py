"""What an agent is doing to a cluster when its cloud begins to lie.

Each situation gets its cluster while the cloud is honest, begins right after the lie, and is finished when that has
ended. It says which servers may be deleted meanwhile: `life.watch.allowed`.
"""
from harness import clusters
from harness.waiting import wait_until

_LIMIT = 600.0
_KIND = 'lied-to'


class Situation:
    name = ''
    makes_cluster = False  # its cluster is not there before
    is_picky = False       # not every cluster is fit for it

    def __init__(self, life):
        self.life = life
        self.cluster = ''
        self.problem, self.remark = '', ''
        self._operation = None

    def fits(self, workers):
        """Whether it can happen to a cluster with so many."""
        return True

    def attempt(self, part):
        """Does `begin` or `finish`; what breaks there is this situation's problem, not its neighbours'."""
        if self.problem:
            return
        try:
            part()
        except Exception as error:
            self.problem = '%s: %s' % (type(error).__name__, error)

    def begin(self):
        self._operation = self.ask()

    def ask(self):
        """Asks for the operation; its id."""
        raise NotImplementedError

    def finish(self):
        """Waits for the end. What failed because of the lie is asked for once more."""
        operation = clusters.ended(self.life.agent, self._operation, _LIMIT)
        if operation['state'] != 'DONE':
            clusters.done(self.life.agent, self.ask(), _LIMIT)
            self.remark = 'asked for again: %s' % operation['reason']['message']

    def wish(self):
        return clusters.wish(self.cluster, kind=_KIND)

    def workers(self):
        """Slots, in their order."""
        return sorted((slot for slot in self.life.slots[self.cluster] if slot.startswith('worker')),
                      key=lambda slot: int(slot.rsplit('-', 1)[1]))

    def server_of(self, slot):
        return self.life.server_of(self.cluster, slot)

    def may_delete(self, slots, drained):
        self.life.watch.allowed.update({self.server_of(slot)['id']: drained for slot in slots})


class Idle(Situation):
    name = 'idle'

    def begin(self):
        pass

    def finish(self):
        pass


class Create(Situation):
    name = 'create'
    makes_cluster = True

    def ask(self):
        return clusters.provision(self.life.agent, self.wish())

    def finish(self):
        super().finish()
        self.life.slots[self.cluster] = ['master-1', 'worker-1']


class ScaleUp(Situation):
    name = 'scale-up'
    is_picky = True

    def fits(self, workers):
        return workers < 3

    def ask(self):
        return clusters.scale(self.life.agent, len(self.workers()) + 1, self.cluster)

    def finish(self):
        """Which number the new one has is the agent's choice: what a lie left unknown may keep one."""
        super().finish()
        before = self.life.slots[self.cluster]
        slots = [node['slot'] for node in self.life.view(self.cluster)['nodes']]
        assert len(slots) == len(before) + 1 and set(before) < set(slots), '%s became %s' % (before, slots)
        self.life.slots[self.cluster] = slots


class ScaleDown(Situation):
    name = 'scale-down'
    is_picky = True

    def fits(self, workers):
        return workers > 1

    def begin(self):
        self._leaves = self.workers()[-1]
        self.may_delete([self._leaves], drained=True)
        super().begin()

    def ask(self):
        return clusters.scale(self.life.agent, len(self.workers()) - 1, self.cluster)

    def finish(self):
        super().finish()
        self.life.slots[self.cluster].remove(self._leaves)


class Repair(Situation):
    """A worker's server is in ERROR, and its node does not report any more."""
    name = 'repair'

    def begin(self):
        self._slot = self.workers()[0]
        self._broken = self.server_of(self._slot)['id']
        self.life.watch.allowed[self._broken] = False
        self.life.cloud.openstack.admin('POST', 'compute', '/servers/%s/action' % self._broken,
                                        {'os-resetState': {'state': 'error'}})

    def finish(self):
        name = '%s-%s-%s' % (self.cluster, self.life.view(self.cluster)['id'], self._slot)

        def is_replaced():
            found = [server for server in self.life.servers() if server['name'] == name]
            return len(found) == 1 and found[0]['id'] != self._broken and found[0]['status'] == 'ACTIVE'
        wait_until(is_replaced, 'the broken worker is replaced', _LIMIT, every=1.0)


class Replace(Situation):
    name = 'replace'

    def begin(self):
        self._slot = self.workers()[-1]
        self._before = self.server_of(self._slot)['id']
        self.may_delete([self._slot], drained=True)
        super().begin()

    def ask(self):
        return clusters.replace(self.life.agent, self._slot, self.cluster)

    def finish(self):
        super().finish()
        assert self.server_of(self._slot)['id'] != self._before, 'the worker was not replaced'


class Destroy(Situation):
    name = 'destroy'

    def begin(self):
        self.may_delete(self.life.slots[self.cluster], drained=False)
        super().begin()

    def ask(self):
        return clusters.destroy(self.life.agent, self.wish())

    def finish(self):
        super().finish()
        del self.life.slots[self.cluster]


SITUATIONS = {each.name: each for each in (Idle, Create, ScaleUp, ScaleDown, Repair, Replace, Destroy)}
