"""What an agent is doing to a cluster when its cloud begins to lie.

Each situation is prepared while the cloud is honest, begun right after the lie, and finished when it has ended. It says
which servers may be deleted meanwhile: `life.allowed`.
"""
from harness import clusters
from harness.waiting import wait_until

_LIMIT = 600.0
_SUBJECT, _KIND = 'subject', 'lied-to'
_WISH = clusters.wish(_SUBJECT, kind=_KIND)


class Situation:
    name = ''

    def __init__(self, life):
        self.life = life
        self._operation = None

    def prepare(self):
        """A cluster in peace."""
        if not self.life.has_subject():
            clusters.done(self.life.agent, clusters.provision(self.life.agent, _WISH), _LIMIT)
            self.life.slots[_SUBJECT] = ['master-1', 'worker-1', 'worker-2']

    def begin(self):
        self._operation = self.ask()

    def ask(self):
        """Asks for the operation; its id."""
        raise NotImplementedError

    def finish(self):
        """Waits for the end; a remark. What failed because of the lie is asked for once more."""
        operation = clusters.ended(self.life.agent, self._operation, _LIMIT)
        if operation['state'] == 'DONE':
            return ''
        clusters.done(self.life.agent, self.ask(), _LIMIT)
        return 'asked for again: %s' % operation['reason']['message']

    def workers(self):
        """Slots, in their order."""
        return sorted((slot for slot in self.life.slots[_SUBJECT] if slot.startswith('worker')),
                      key=lambda slot: int(slot.rsplit('-', 1)[1]))

    def may_delete(self, slots, drained):
        self.life.allowed = {self.life.server_of(slot)['id']: drained for slot in slots}


class Idle(Situation):
    name = 'idle'

    def begin(self):
        pass

    def finish(self):
        return ''


class Create(Situation):
    name = 'create'

    def prepare(self):
        if self.life.has_subject():
            clusters.done(self.life.agent, clusters.destroy(self.life.agent, _WISH), _LIMIT)
            del self.life.slots[_SUBJECT]

    def ask(self):
        return clusters.provision(self.life.agent, _WISH)

    def finish(self):
        remark = super().finish()
        self.life.slots[_SUBJECT] = ['master-1', 'worker-1', 'worker-2']
        return remark


class _Scale(Situation):

    def prepare(self):
        super().prepare()
        workers = self.workers()
        if not self.fits(len(workers)):
            self._wanted = ['worker-%d' % number for number in (1, 2)]
            clusters.done(self.life.agent, clusters.scale(self.life.agent, 2, _SUBJECT), _LIMIT)
            self.life.slots[_SUBJECT] = ['master-1', *self._wanted]

    def ask(self):
        return clusters.scale(self.life.agent, len(self._wanted), _SUBJECT)

    def finish(self):
        remark = super().finish()
        self.life.slots[_SUBJECT] = ['master-1', *self._wanted]
        return remark


class ScaleUp(_Scale):
    name = 'scale-up'

    def fits(self, count):
        return count < 4

    def begin(self):
        workers = self.workers()
        self._wanted = [*workers, 'worker-%d' % (len(workers) + 1)]
        super().begin()


class ScaleDown(_Scale):
    name = 'scale-down'

    def fits(self, count):
        return count > 1

    def begin(self):
        workers = self.workers()
        self._wanted = workers[:-1]
        self.may_delete(workers[-1:], drained=True)
        super().begin()


class Repair(Situation):
    """A worker's server is in ERROR, and its node does not report any more."""
    name = 'repair'

    def begin(self):
        self._slot = self.workers()[0]
        self._broken = self.life.server_of(self._slot)['id']
        self.life.allowed = {self._broken: False}
        self.life.cloud.openstack.admin('POST', 'compute', '/servers/%s/action' % self._broken,
                                        {'os-resetState': {'state': 'error'}})

    def finish(self):
        def is_replaced():
            found = [server for server in self.life.servers() if server['name'].endswith('-' + self._slot)
                     and server['name'].startswith(_SUBJECT + '-' + self.life.subject()['id'])]
            return len(found) == 1 and found[0]['id'] != self._broken and found[0]['status'] == 'ACTIVE'
        wait_until(is_replaced, 'the broken worker is replaced', _LIMIT, every=0.3)
        return ''


class Replace(Situation):
    name = 'replace'

    def begin(self):
        self._slot = self.workers()[-1]
        self._before = self.life.server_of(self._slot)['id']
        self.may_delete([self._slot], drained=True)
        super().begin()

    def ask(self):
        return clusters.replace(self.life.agent, self._slot, _SUBJECT)

    def finish(self):
        remark = super().finish()
        assert self.life.server_of(self._slot)['id'] != self._before, 'the worker was not replaced'
        return remark


class Destroy(Situation):
    name = 'destroy'

    def begin(self):
        self.may_delete(self.life.slots[_SUBJECT], drained=False)
        super().begin()

    def ask(self):
        return clusters.destroy(self.life.agent, _WISH)

    def finish(self):
        remark = super().finish()
        del self.life.slots[_SUBJECT]
        return remark


SITUATIONS = {each.name: each for each in (Idle, Create, ScaleUp, ScaleDown, Repair, Replace, Destroy)}
