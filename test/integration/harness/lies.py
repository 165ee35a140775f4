"""Lies of a cloud, told by the recording proxy between the agent and the real one.

Each is a class with one idea: `concerns` says of a call whether the lie is told there, `fate` what becomes of that
call, as in recording_proxy. A lie `is_blind` if nothing of any server can be learned while it lasts. What the agent
waits a minute for takes it `minute` seconds here (its -pace).
"""
import http.client
import json
import re
import threading
import time

from harness import recording_proxy as fates

# The lists of what a project owns.
_OWN_LISTS = re.compile(r'/(servers(/detail)?|os-server-groups|networks|subnets|ports|routers|security-groups)$')
_SERVER_LISTS = re.compile(r'/servers(/detail)?$')


def _is_list(call, lists=_OWN_LISTS):
    return call.method == 'GET' and lists.search(call.path) is not None


def _entries_key(document):
    """The key of the list in an answer that is a list: beside it there may be links to further pages."""
    for key, value in (document or {}).items():
        if isinstance(value, list) and not key.endswith('_links'):
            return key
    return None


class Lie:
    """Told from `begin` to `end`."""
    is_blind = False
    moves_the_clock = False

    def __init__(self, world):
        """world: the ports of the cloud's services as `compute`, `network` and `identity`; `minute`; `agent`."""
        self.world = world

    def begin(self):
        self.world.proxy.always(self.fate, when=self.concerns)

    def end(self):
        self.world.proxy.no_more_faults()

    def concerns(self, call):
        """Everything but log-ins and images."""
        return call.port in (self.world.compute, self.world.network)

    def fate(self, exchange):
        raise NotImplementedError


class _OtherLists(Lie):
    """Answers lists with other entries."""

    def concerns(self, call):
        return _is_list(call)

    def fate(self, exchange):
        exchange.forward()
        document = exchange.document()
        key = _entries_key(document)
        if key is None:
            return exchange.deliver()
        document[key] = self.entries(document[key])
        return exchange.deliver_instead(document)

    def entries(self, true):
        raise NotImplementedError


class EmptyList(_OtherLists):
    """Every list is there and has nothing in it; a GET of an id tells the truth."""

    def entries(self, true):
        return []


class ListWithoutOneServer(_OtherLists):
    """The list of servers lacks one, always the same."""

    def concerns(self, call):
        return _is_list(call, _SERVER_LISTS)

    def entries(self, true):
        return sorted(true, key=lambda each: each['id'])[1:]


class ListWithoutHalf(_OtherLists):
    """Every list lacks every second entry, as when one of two pages or cells is missing."""

    def entries(self, true):
        return sorted(true, key=lambda each: each['id'])[1::2]


class DuplicatedAnswers(_OtherLists):
    """Every entry of a list is there twice."""

    def entries(self, true):
        return true + true


class _Refusal(Lie):
    """The service does not hear of it."""
    is_blind = True
    status = 0

    def fate(self, exchange):
        body = {'error': {'code': self.status, 'message': http.client.responses[self.status]}}
        exchange.answer(self.status, http.client.responses[self.status], [('Content-Type', 'application/json')],
                        json.dumps(body).encode())


class InternalError(_Refusal):
    """500 for all."""
    status = 500


class ServiceUnavailable(_Refusal):
    """503 for all."""
    status = 503


class NovaNotFound(_Refusal):
    """404 for all of Nova, as from a load balancer that has lost it."""
    status = 404

    def concerns(self, call):
        return call.port == self.world.compute


class ProjectNotFound(_Refusal):
    """404 for all that belongs to the project, whichever service is asked."""
    status = 404


class ExpiredToken(_Refusal):
    """401 for every token, also for the next one."""
    status = 401


class StaleList(Lie):
    """Lists are those of a minute ago, as from a cache or a database that lags behind."""

    def __init__(self, world):
        super().__init__(world)
        self._lock = threading.Lock()
        self._seen = {}  # target -> [(time, document)]

    def concerns(self, call):
        return _is_list(call)

    def fate(self, exchange):
        exchange.forward()
        document = exchange.document()
        if _entries_key(document) is None:
            return exchange.deliver()
        return exchange.deliver_instead(self._older(exchange.call, document))

    def _older(self, call, document):
        now = time.monotonic()
        with self._lock:
            seen = self._seen.setdefault('%s?%s' % (call.path, call.query), [])
            seen.append((now, document))
            old = [each for each in seen if each[0] <= now - self.world.minute]
            # What was asked for the first time in this minute is as it was then.
            return (old or seen[:1])[-1][1]


class LateAnswers(Lie):
    """Everything is done at once, and the answer comes a minute later."""

    def fate(self, exchange):
        exchange.forward()
        time.sleep(self.world.minute)
        exchange.deliver()


class UnknownStatus(Lie):
    """What Nova says while the cell of the servers is down: they are there, and of their state nothing is known."""
    is_blind = True
    _KNOWN = ('id', 'tenant_id', 'created', 'links', 'name', 'description', 'tags', 'metadata')

    def concerns(self, call):
        return call.method == 'GET' and re.search(r'/servers(/detail|/[0-9a-f-]{36})?$', call.path) is not None

    def fate(self, exchange):
        exchange.forward()
        document = exchange.document()
        if document is None:
            return exchange.deliver()
        if 'server' in document:
            document['server'] = self._unknown(document['server'])
        elif 'servers' in document:
            document['servers'] = [self._unknown(each) for each in document['servers']]
        return exchange.deliver_instead(document)

    def _unknown(self, server):
        return dict({name: server[name] for name in self._KNOWN if name in server}, status='UNKNOWN')


class DownCell(Lie):
    """What Nova really says while the cell of the servers is down (its API guide, "down cells"; microversion 2.69).

    A list that is narrowed to tags lacks them; a GET of the id has neither name nor mark.
    """
    is_blind = True
    _KNOWN = ('id', 'tenant_id', 'created', 'links', 'flavor', 'image', 'user_id')

    def concerns(self, call):
        return call.method == 'GET' and re.search(r'/servers(/detail|/[0-9a-f-]{36})$', call.path) is not None

    def fate(self, exchange):
        exchange.forward()
        document = exchange.document()
        if document is None:
            return exchange.deliver()
        if 'servers' in document:
            document['servers'] = []
        else:
            known = {name: document['server'][name] for name in self._KNOWN if name in document['server']}
            document['server'] = dict(known, **{'status': 'UNKNOWN', 'OS-EXT-STS:power_state': 0,
                                                'OS-EXT-AZ:availability_zone': 'UNKNOWN'})
        return exchange.deliver_instead(document)


class WrongRegion(Lie):
    """Keystone's catalogue leads to the Nova of another region, which is empty: every list is, every id is 404.

    The agent is made to log in again, and when the lie ends that Nova takes its token no more.
    """
    is_blind = True
    _ELSEWHERE = '/another-region'

    def begin(self):
        self._is_told = True
        world = self.world
        world.proxy.always(self._mislead, when=lambda call: call.path.endswith('/auth/tokens'))
        world.proxy.always(self._elsewhere, when=lambda call: call.path.startswith(self._ELSEWHERE))
        world.proxy.once(fates.answer_with(401), when=lambda call: call.port == world.compute)

    def end(self):
        """What is there stays so that it can refuse the token."""
        self._is_told = False
        self.world.proxy.no_more_faults()
        self.world.proxy.always(fates.answer_with(401), when=lambda call: call.path.startswith(self._ELSEWHERE))

    def _mislead(self, exchange):
        exchange.forward()
        document = exchange.document()
        if document is None:
            return exchange.deliver()
        for service in document['token']['catalog']:
            for endpoint in service['endpoints']:
                if service['type'] == 'compute':
                    endpoint['url'] = endpoint['url'].replace(':%d/' % self.world.compute,
                                                              ':%d%s/' % (self.world.compute, self._ELSEWHERE))
        return exchange.deliver_instead(document)

    def _elsewhere(self, exchange):
        what = exchange.call.path.rsplit('/', 1)[-1]
        lists = {'detail': 'servers', 'servers': 'servers', 'flavors': 'flavors', 'os-server-groups': 'server_groups'}
        if exchange.call.method == 'GET' and what in lists:
            key = 'flavors' if '/flavors' in exchange.call.path else lists[what]
            body, status = {key: []}, 200
        else:
            body, status = {'itemNotFound': {'code': 404, 'message': 'It could not be found.'}}, 404
        exchange.answer(status, http.client.responses[status], [('Content-Type', 'application/json')],
                        json.dumps(body).encode())


class _AnotherClock(Lie):
    """The agent's machine has another time of day all of a sudden; nothing else is changed."""
    moves_the_clock = True
    shift = 0

    def begin(self):
        self.world.agent.shift_clock(self.shift)

    def end(self):
        self.world.agent.shift_clock(0)


class ClockAhead(_AnotherClock):
    """One hour in the future."""
    shift = 3600


class ClockBehind(_AnotherClock):
    """One hour in the past."""
    shift = -3600


LIES = {
    'empty-list': EmptyList, 'list-without-one-server': ListWithoutOneServer, 'list-without-half': ListWithoutHalf,
    '500': InternalError, '503': ServiceUnavailable, '404-for-nova': NovaNotFound,
    '404-for-project': ProjectNotFound, 'stale-list': StaleList, 'duplicated-answers': DuplicatedAnswers,
    'late-answers': LateAnswers, 'unknown-status': UnknownStatus, 'down-cell': DownCell, 'wrong-region': WrongRegion,
    'expired-token': ExpiredToken, 'clock-ahead': ClockAhead, 'clock-behind': ClockBehind,
}
