"""2,000 clients keep their connections and go on asking while 1,000 other routes come and go.

No request on a route that stays may fail, and no connection may be closed: a change of routes concerns
nobody but those who use the changed route. Says nothing about speed.
"""
import asyncio
import collections
import pathlib
import resource
import ssl
import sys
import tempfile

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
HANDSHAKES_AT_ONCE = 64
PAUSE = 0.25
DEADLINE = 300


class Failed(Exception):
    pass


async def read_head(reader):
    head = (await reader.readuntil(b'\r\n\r\n')).decode('latin-1')
    first, *lines = head.split('\r\n')[:-2]
    return first, {name.lower(): value.strip() for name, _, value in (line.partition(':') for line in lines)}


class Connection:
    """A TLS connection through the proxy that is never opened a second time."""

    @classmethod
    async def open(cls, port, authority):
        connection = cls()
        context = ssl.create_default_context(cafile=str(authority))
        connection.reader, connection.writer = await asyncio.open_connection(
            '127.0.0.1', port, ssl=context, server_hostname='localhost')
        return connection

    async def get(self, path):
        """Status and body."""
        self.writer.write(('GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n' % path).encode())
        first, headers = await read_head(self.reader)
        if headers.get('connection', '').lower() == 'close':
            raise Failed('the proxy ends the connection: %s' % first)
        body = await self.reader.readexactly(int(headers.get('content-length', 0)))
        return int(first.split()[1]), body.decode()

    def close(self):
        self.writer.transport.abort()


async def serve_origin(reader, writer):
    """Answers with the path that was asked for."""
    try:
        while True:
            first, _ = await read_head(reader)
            body = first.split()[1].encode()
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s' % (len(body), body))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


class Load:

    def __init__(self, agent, origin_port):
        self.agent = agent
        self.origin = 'http://127.0.0.1:%d' % origin_port
        self.routes_still_change = True
        self.requests = 0
        self.failures = collections.Counter()
        self._handshakes = asyncio.Semaphore(HANDSHAKES_AT_ONCE)

    async def rest(self, verb, paths):
        proxies = [{'path': path, 'origin': self.origin + path} for path in paths]
        await asyncio.to_thread(self.agent.post, '/v1/proxy', {'message': verb, 'proxies': proxies})

    async def open(self):
        async with self._handshakes:
            return await Connection.open(self.agent.proxy_port, self.agent.certificates.authority)

    async def ask(self, connection, number, turn):
        path = '/lasting-%d/client-%d/%d' % (number % LASTING_ROUTES, number, turn)
        status, body = await connection.get(path)
        self.requests += 1
        if (status, body) != (200, path):
            raise Failed('%s: %d %r' % (path, status, body[:100]))

    async def client(self, number, all_connected):
        """Asks until the routes have come to rest, and LEAST_REQUESTS_PER_CLIENT times anyway."""
        connection = await self.attempt(self.first_request(number))
        await all_connected.wait()
        if connection is not None:
            await self.attempt(self.more_requests(connection, number))
            connection.close()

    async def first_request(self, number):
        connection = await self.open()
        await self.ask(connection, number, 0)
        return connection

    async def more_requests(self, connection, number):
        turn = 1
        while self.routes_still_change or turn < LEAST_REQUESTS_PER_CLIENT:
            await self.ask(connection, number, turn)
            turn += 1
            await asyncio.sleep(PAUSE)

    async def attempt(self, work):
        """What the work gives; a failure is counted."""
        try:
            return await work
        except (Failed, OSError, EOFError, AssertionError) as error:
            self.failures[repr(error)] += 1
            return None

    async def change_routes(self, all_connected):
        await all_connected.wait()
        await self.attempt(self.add_and_remove())
        self.routes_still_change = False

    async def add_and_remove(self):
        visitor = await self.open()
        for number in range(PASSING_ROUTES + TOGETHER):
            if number < PASSING_ROUTES:
                await self.rest('add', ['/passing-%d' % number])
                await self.expect(visitor, number, 200)
            if number >= TOGETHER:
                await self.rest('delete', ['/passing-%d' % (number - TOGETHER)])
                await self.expect(visitor, number - TOGETHER, 404)
        visitor.close()

    async def expect(self, visitor, number, wanted):
        if number % TRIED == 0:
            status, _ = await visitor.get('/passing-%d/x' % number)
            if status != wanted:
                raise Failed('/passing-%d: %d instead of %d' % (number, status, wanted))


class Barrier:
    """Opens when everybody has come."""

    def __init__(self, count):
        self._missing = count
        self._open = asyncio.Event()

    async def wait(self):
        self._missing -= 1
        if self._missing == 0:
            self._open.set()
        await self._open.wait()


async def run(agent):
    origin = await asyncio.start_server(serve_origin, '127.0.0.1', 0, backlog=1024)
    load = Load(agent, origin.sockets[0].getsockname()[1])
    await load.rest('add', ['/lasting-%d' % number for number in range(LASTING_ROUTES)])
    all_connected = Barrier(CLIENTS + 1)
    await asyncio.wait_for(
        asyncio.gather(load.change_routes(all_connected),
                       *(load.client(number, all_connected) for number in range(CLIENTS))), DEADLINE)
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
    print('%d clients, %d requests, %d routes added and removed' % (CLIENTS, load.requests, PASSING_ROUTES))
    for failure, count in load.failures.most_common(10):
        print('%d times: %s' % (count, failure))
    print('%d failures' % sum(load.failures.values()))
    return 1 if load.failures or load.requests < CLIENTS * LEAST_REQUESTS_PER_CLIENT else 0


if __name__ == '__main__':
    sys.exit(main())
