"""The life of an agent that is killed at chosen requests of each operation: a cluster of three masters and three
workers is made, grows, shrinks, has a node replaced and is destroyed.

A request has a name that is the same in every run: its method, its path without ids, and the how-manieth of these it
is in its operation. After each kill the agent is started again, the operation has to end as wanted, and the cloud to
hold exactly what is wanted: nothing lost, nothing double, and the machines that the operation is not about the same.
"""
import collections
import dataclasses
import re
import threading
import time

from harness import clusters
from harness.cloudlet import Cloudlet
from harness.crash import ANSWERED, LATE, LOST, UNSENT, Killer, live_on

MOMENTS = (UNSENT, LATE, LOST, ANSWERED)
# The agent lives so many times as fast as usual (its flag -pace). A late call arrives within its patience all the same.
PACE = 3
# Ends what hangs in one operation.
_LIMIT = 600.0
FLAVOR = {'name': 'three-and-three', 'masters': {'count': 3}, 'worker_pools': [{'name': 'worker', 'count': 3}],
          'kubernetes': {'image_style': 'BAKED'}}
_WISH = clusters.wish(kind='three-and-three')
_MASTERS = ['master-1', 'master-2', 'master-3']
_WORKERS = ['worker-1', 'worker-2', 'worker-3']
# How often servers and their consoles are looked at until they are there is chance.
_POLLS = ('GET /servers/detail', 'GET /servers/{id}', 'POST /servers/{id}/action')

# Name -> (how it is asked for, the slots that are there afterwards, the slots whose servers are new)
OPERATIONS = {
    'create': (lambda agent: clusters.provision(agent, _WISH), _MASTERS + _WORKERS, _MASTERS + _WORKERS),
    'scale-up': (lambda agent: clusters.scale(agent, 4), _MASTERS + _WORKERS + ['worker-4'], ['worker-4']),
    'replace': (lambda agent: clusters.replace(agent, 'worker-2'), _MASTERS + _WORKERS + ['worker-4'], ['worker-2']),
    'scale-down': (lambda agent: clusters.scale(agent, 3), _MASTERS + _WORKERS, []),
    'destroy': (lambda agent: clusters.destroy(agent, _WISH), [], []),
}


@dataclasses.dataclass(frozen=True, order=True)
class Request:
    operation: str
    name: str
    number: int  # from 1

    def __str__(self):
        return '%s: %s (%d)' % (self.operation, self.name, self.number)


@dataclasses.dataclass(frozen=True, order=True)
class Point:
    request: Request
    moment: str

    def __str__(self):
        return '%s, %s' % (self.request, self.moment)


@dataclasses.dataclass
class Result:
    cell: Point
    problem: str = ''
    remark: str = ''
    seconds: float = 0.0


def name_of(call):
    path = re.sub(r'[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}', '{id}', call.path)
    return '%s %s' % (call.method, re.sub(r'^/(v2\.1|v2\.0|v2|v3)(?=/)', '', path))


def requests_of(operation, calls):
    """The requests that an operation made, each one once."""
    numbers = collections.Counter()
    found = []
    for call in calls:
        name = name_of(call)
        numbers[name] += 1
        if name not in _POLLS or numbers[name] == 1:
            found.append(Request(operation, name, numbers[name]))
    return found


def changes_something(name):
    return not name.startswith('GET') and name not in _POLLS


def points_of(requests):
    """Only what changes something makes a difference when it arrives late."""
    return [Point(request, moment) for request in requests for moment in MOMENTS
            if moment != LATE or changes_something(request.name)]


class Life(Cloudlet):

    def __init__(self, openstack, certificates, directory):
        super().__init__(openstack, certificates, directory, 8, PACE)

    def begin(self):
        self.agent.start()
        self.agent.post('/v1/flavors', FLAVOR)

    def requests(self):
        """Every request of every operation, of a life without kills."""
        found = []
        for operation in OPERATIONS:
            self.go_through(operation)
            found += requests_of(operation, self.proxy.calls)
        return found

    def run(self, points):
        """Results of points of one operation, at each of which the agent is killed while that goes on."""
        started = time.monotonic()
        problem, missed = '', []
        try:
            missed = self.go_through(points[0].request.operation, points)
        except Exception as error:  # what a kill breaks is its result
            problem = '%s: %s' % (type(error).__name__, error)
        seconds = (time.monotonic() - started) / len(points)
        return [Result(point, problem, 'not met' if point in missed else '', seconds) for point in points]

    def go_through(self, operation, points=()):
        """The points that were not met with."""
        ask, slots, new = OPERATIONS[operation]
        before = self._ids()
        self.proxy.forget()
        asked = threading.Event()
        killers = {name: self._killer(name, points, asked) for name in {point.request.name for point in points}}
        operation_id = ask(self.agent)
        asked.set()
        live_on(self.agent, lambda: self._is_done(operation_id), lambda: '%s is done' % operation, _LIMIT)
        self.proxy.no_more_faults()
        self._check(slots, new, before)
        return [point for point in points
                if (point.request.number, point.moment) in killers[point.request.name].points_left]

    def _killer(self, name, points, asked):
        return Killer(self.agent, self.proxy, [(point.request.number, point.moment) for point in points
                                               if point.request.name == name],
                      which=lambda call: name_of(call) == name, asked=asked)

    def _is_done(self, operation_id):
        answer = self.agent.rest('GET', '/v1/operations/' + operation_id)
        if answer.status_code in (503, 504):  # a machine with too much to do
            return False
        assert answer.status_code == 200 and answer.json()['state'] != 'FAILED', answer.text
        return answer.json()['state'] == 'DONE'

    def _ids(self):
        """Slot -> id."""
        return {server['name'].split('-', 3)[3]: server['id'] for server in self.servers()}

    def _check(self, slots, new, before):
        if not slots:
            assert self.cloud.inventory() == {}
            return
        clusters.assert_holds(self.cloud, [(clusters.cluster(self.agent), slots)])
        after = self._ids()
        for slot in slots:
            assert (after[slot] == before.get(slot)) != (slot in new), '%s: %s, before %s' % (
                slot, after[slot], before.get(slot))
