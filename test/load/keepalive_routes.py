"""2,000 clients keep their connections and go on asking while 1,000 other routes come and go.

No request on a route that stays may fail, and no connection may be closed: a change of routes concerns
nobody but those who use the changed route. Says nothing about speed.
"""
import asyncio
import collections
import contextlib
import json
import pathlib
import resource
import ssl
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'integration'))

from harness.agent import Agent  # noqa: E402
from harness.certificates import Certificates  # noqa: E402

CLIENTS = 2000
LASTING_ROUTES = 20
PASSING_ROUTES = 1000
# Passing routes that are there at the same time.
TOGETHER = 100
# Every so many of them one is tried out.
TRIED = 25
LEAST_REQUESTS_PER_CLIENT = 3
# So few that each is over long before the agent's limit for a handshake, 10 s, on a slow machine, too.
HANDSHAKES_AT_ONCE = 16
# Between two requests of a client, in seconds: this program's own CPU is the bottleneck, so a machine on which
# connecting takes long gets longer pauses, and those who wait for the others only keep their connections open.
PAUSE = 2
PAUSES_OF_CONNECTING = 4
PAUSE_WHILE_CONNECTING = 20
# Ends what hangs; an idle machine needs a minute.
DEADLINE = 3600


class Failed(Exception):
    pass


async def read_head(reader):
    head = (await reader.readuntil(b'\r\n\r\n')).decode('latin-1')
    first, *lines = head.split('\r\n')[:-2]
    return first, {name.lower(): value.strip() for name, _, value in (line.partition(':') for line in lines)}


class Connection:
    """A connection that is kept alive and never opened a second time."""

    @classmethod
    async def open(cls, port, authority=None):
        """With TLS if there is an authority to check the certificate with."""
        connection = cls()
        tls = {'ssl': ssl.create_default_context(cafile=str(authority)),
               'server_hostname': 'localhost'} if authority else {}
        connection.reader, connection.writer = await asyncio.open_connection('127.0.0.1', port, **tls)
        return connection

    async def ask(self, method, path, body=b''):
        """Status and body."""
        length = b'Content-Length: %d\r\n' % len(body) if body else b''
        self.writer.write(b'%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n%s' % (
            method.encode(), path.encode(), length, body))
        first, headers = await read_head(self.reader)
        if headers.get('connection', '').lower() == 'close':
            raise Failed('the server ends the connection: %s' % first)
        answer = await self.reader.readexactly(int(headers['content-length']))
        return int(first.split()[1]), answer.decode()

    def close(self):
        self.writer.transport.abort()


async def serve_origin(reader, writer):
    """Answers with the path that was asked for."""
    try:
        while True:
            first, _ = await read_head(reader)
            body = first.split()[1].encode()
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s' % (len(body), body))
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        pass  # the other side or this program ends
    finally:
        writer.close()


class Load:

    def __init__(self, agent, origin_port):
        self.agent = agent
        self.origin = 'http://127.0.0.1:%d' % origin_port
        self.routes_still_change = True
        self.pause = PAUSE
        self.changes = 0
        self.requests = 0
        self.failures = collections.Counter()
        self._handshakes = asyncio.Semaphore(HANDSHAKES_AT_ONCE)

    async def change(self, api, verb, path):
        wish = {'message': verb, 'proxies': [{'path': path, 'origin': self.origin + path}]}
        status, answer = await api.ask('POST', '/v1/proxy', json.dumps(wish).encode())
        if status != 200:
            raise Failed('%s %s: %d %s' % (verb, path, status, answer))
        self.changes += 1

    async def open(self):
        async with self._handshakes:
            return await Connection.open(self.agent.proxy_port, self.agent.certificates.authority)

    async def ask(self, connection, number, turn):
        path = '/lasting-%d/client-%d/%d' % (number % LASTING_ROUTES, number, turn)
        status, body = await connection.ask('GET', path)
        self.requests += 1
        if (status, body) != (200, path):
            raise Failed('%s: %d %r' % (path, status, body[:100]))

    async def client(self, number, all_connected):
        """Asks until the routes have come to rest, and LEAST_REQUESTS_PER_CLIENT times anyway."""
        connection = await self.attempt(self.first_request(number))
        all_connected.arrive()
        if connection is not None:
            await self.attempt(self.more_requests(connection, number, all_connected))
            connection.close()

    async def first_request(self, number):
        connection = await self.open()
        await self.ask(connection, number, 0)
        return connection

    async def more_requests(self, connection, number, all_connected):
        turn = 1
        while self.routes_still_change or turn < LEAST_REQUESTS_PER_CLIENT:
            await self.rest(all_connected)
            await self.ask(connection, number, turn)
            turn += 1

    async def rest(self, all_connected):
        if all_connected.is_open():
            await asyncio.sleep(self.pause)
        else:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(all_connected.wait(), PAUSE_WHILE_CONNECTING)

    async def attempt(self, work):
        """What the work gives; a failure is counted."""
        try:
            return await work
        except (Failed, OSError, EOFError) as error:
            self.failures[repr(error)] += 1
            return None

    async def change_routes(self, all_connected):
        began = time.monotonic()
        all_connected.arrive()
        await all_connected.wait()
        self.pause = max(PAUSE, (time.monotonic() - began) / PAUSES_OF_CONNECTING)
        await self.attempt(self.add_and_remove())
        self.routes_still_change = False

    async def add_and_remove(self):
        api, visitor = await Connection.open(self.agent.rest_port), await self.open()
        for number in range(PASSING_ROUTES + TOGETHER):
            if number < PASSING_ROUTES:
                await self.change(api, 'add', '/passing-%d' % number)
                await self.expect(visitor, number, 200)
            if number >= TOGETHER:
                await self.change(api, 'delete', '/passing-%d' % (number - TOGETHER))
                await self.expect(visitor, number - TOGETHER, 404)
        api.close()
        visitor.close()

    async def expect(self, visitor, number, wanted):
        if number % TRIED == 0:
            status, _ = await visitor.ask('GET', '/passing-%d/x' % number)
            if status != wanted:
                raise Failed('/passing-%d: %d instead of %d' % (number, status, wanted))


class Barrier:
    """Opens when everybody has come."""

    def __init__(self, count):
        self._missing = count
        self._open = asyncio.Event()

    def arrive(self):
        self._missing -= 1
        if self._missing == 0:
            self._open.set()

    def is_open(self):
        return self._open.is_set()

    async def wait(self):
        await self._open.wait()


async def run(agent):
    origin = await asyncio.start_server(serve_origin, '127.0.0.1', 0, backlog=1024)
    load = Load(agent, origin.sockets[0].getsockname()[1])
    api = await Connection.open(agent.rest_port)
    for number in range(LASTING_ROUTES):
        await load.change(api, 'add', '/lasting-%d' % number)
    api.close()
    all_connected = Barrier(CLIENTS + 1)
    work = asyncio.gather(load.change_routes(all_connected),
                          *(load.client(number, all_connected) for number in range(CLIENTS)))
    try:
        await asyncio.wait_for(work, DEADLINE)
    except asyncio.TimeoutError:
        load.failures['not over after %d s' % DEADLINE] += 1
    origin.close()
    return load


def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix='mex-load-') as name:
        directory = pathlib.Path(name)
        agent = Agent(directory / 'agent', Certificates.make(directory / 'certificates'))
        try:
            load = asyncio.run(run(agent.start()))
            if not agent.is_running():
                load.failures['the agent ended:\n' + agent.log()[-4000:]] += 1
        finally:
            agent.close()
    print('%d clients, %d requests, %d changes of routes' % (CLIENTS, load.requests, load.changes))
    for failure, count in load.failures.most_common(10):
        print('%d times: %s' % (count, failure))
    print('%d failures' % sum(load.failures.values()))
    return 1 if load.failures or load.requests < CLIENTS * LEAST_REQUESTS_PER_CLIENT else 0


if __name__ == '__main__':
    sys.exit(main())
