"""Programs that people use, through the proxy: a browser, WebSocket libraries of Python and Node.js, and an attacker's."""
import asyncio
import http.server
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import threading

import pytest
import websockets

from harness import http2_frames as frames
from harness.http2_client import Http2Client
from harness.origin import Origin
from harness.waiting import LIMIT, wait_until

DATA = pathlib.Path(__file__).resolve().parent / 'data'
ASSETS = 100


@pytest.fixture
def origin():
    server = Origin()
    yield server
    server.close()


class Echo:
    """An origin of the library websockets, on an event loop in a thread of its own."""

    def __init__(self):
        self.heads, self.port = [], None
        self._loop = asyncio.new_event_loop()
        self._is_serving = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._is_serving.wait(LIMIT)

    def _run(self):
        self._loop.run_until_complete(self._serve())

    async def _serve(self):
        self._end = asyncio.Event()
        async with websockets.serve(self._echo, '127.0.0.1', 0, max_size=None, max_queue=1) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._is_serving.set()
            await self._end.wait()

    async def _echo(self, connection):
        self.heads.append((connection.path, dict(connection.request_headers.raw_items())))
        async for message in connection:
            if message == 'end':
                await connection.close(4001, 'as you said')
            else:
                await connection.send(message)

    def close(self):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def echo(agent):
    server = Echo()
    agent.add_route('/ws', 'http://127.0.0.1:%d' % server.port)
    yield server
    server.close()


# WebSockets.

def test_python_websockets(agent, echo):
    context = ssl.create_default_context(cafile=str(agent.certificates.authority))
    url = 'wss://localhost:%d/ws/room?v=1' % agent.proxy_port
    large = os.urandom(4 << 20)

    async def talk():
        async with websockets.connect(url, ssl=context, host='127.0.0.1', max_size=None) as connection:
            for number in range(200):
                await connection.send('message %d ü' % number)
                assert await connection.recv() == 'message %d ü' % number
            await connection.send(large)
            assert await connection.recv() == large
            await (await connection.ping())
            await connection.send('end')
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await connection.recv()
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, 'as you said')

    asyncio.run(talk())
    (path, headers), = echo.heads
    assert path == '/room?v=1'
    assert headers['X-Forwarded-Proto'] == 'https'


def test_a_thousand_websockets_and_streams_live_through_everything(agent, echo, origin, tmp_path):
    """Other routes come and go, certificates are swapped, another agent takes this one's place: none of the connections
    is closed, or loses a byte."""
    context = ssl.create_default_context(cafile=str(agent.certificates.authority))
    url = 'wss://localhost:%d/ws/' % agent.proxy_port
    count = 1000
    agent.add_route('/app', origin.url)
    clients = [hundred_held_streams(agent) for _ in range(count // 100)]

    def change(number):
        agent.add_route('/other-%d' % number, 'http://127.0.0.1:9')
        if number % 2:
            agent.delete_route('/other-%d' % (number - 1))

    async def live():
        held = []
        for _ in range(count // 50):
            held += await asyncio.gather(*(
                websockets.connect(url, ssl=context, host='127.0.0.1', ping_interval=None, open_timeout=LIMIT)
                for _ in range(50)))
        for number in range(100):
            await asyncio.to_thread(change, number)
            one = held[number * 10]
            await one.send(str(number))
            assert await one.recv() == str(number)
        agent.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(wait_until, lambda: 'are read again' in agent.log(), 'the files are read again')
        after = await asyncio.to_thread(agent.successor)
        await asyncio.gather(*(one.send('still') for one in held))
        assert await asyncio.gather(*(one.recv() for one in held)) == ['still'] * count
        await asyncio.gather(*(one.close() for one in held))
        return after

    after = asyncio.run(live())
    origin.may_go_on.set()
    for client in clients:
        with client:
            client.read_until(lambda: all(stream.is_ended for stream in client.streams.values()))
            assert all(stream.body == b'chunk 0\nchunk 1\n' for stream in client.streams.values())
            assert len(client.streams) == 100
    assert agent.process.wait(LIMIT) == 0
    after.close()


def hundred_held_streams(agent):
    """A client of HTTP/2 whose answers have begun and wait for the origin."""
    client = Http2Client(agent)
    fields = [(':method', 'GET'), (':scheme', 'https'), (':authority', 'localhost'), (':path', '/app/held?count=2')]
    for number in range(100):
        client.send(frames.headers(2 * number + 1, fields, frames.END_HEADERS | frames.END_STREAM))
    client.read_until(lambda: len(client.streams) == 100 and all(each.body for each in client.streams.values()))
    return client


def test_npm_ws_on_both_sides(agent, tmp_path):
    with subprocess.Popen(['node', str(DATA / 'websocket_echo.js')], stdout=subprocess.PIPE, text=True,
                          env={'PATH': os.environ['PATH'], 'NODE_PATH': '/usr/share/nodejs'}) as server:
        try:
            agent.add_route('/node', 'http://127.0.0.1:%d' % int(server.stdout.readline()))
            done = subprocess.run(
                ['node', str(DATA / 'websocket_client.js'), 'wss://localhost:%d/node/x' % agent.proxy_port],
                capture_output=True, text=True, timeout=LIMIT, check=False,
                env={'PATH': os.environ['PATH'], 'NODE_PATH': '/usr/share/nodejs',
                     'NODE_EXTRA_CA_CERTS': str(agent.certificates.authority)})
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout) == {'echoed': 100, 'large': 1 << 20, 'extensions': 'permessage-deflate',
                                               'subprotocol': 'chat', 'code': 4001}
        finally:
            server.kill()


# A browser.

class Page(http.server.BaseHTTPRequestHandler):
    """A page with many scripts that reports what it saw."""
    protocol_version = 'HTTP/1.1'
    reports = []

    def do_GET(self):
        if self.path == '/':
            self._send('text/html', (DATA / 'page.html').read_bytes())
        elif self.path.startswith('/asset-'):
            self._send('text/javascript', b'loaded += 1; // ' + b'x' * 20000)
        else:
            self._send('text/plain', b'', 404)

    def do_POST(self):
        self.reports.append(json.loads(self.rfile.read(int(self.headers['Content-Length']))))
        self._send('text/plain', b'')

    def _send(self, content_type, body, status=200):
        self.send_response(status)
        self.send_header('Content-Type', content_type)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class PageServer(http.server.ThreadingHTTPServer):
    request_queue_size = 2 * ASSETS  # they are asked for at once


def requests_by_protocol(agent):
    found = {}
    for line in agent.rest('GET', '/metrics').text.splitlines():
        if line.startswith('mex_server_requests_total{') and 'server="proxy"' in line:
            protocol = line.split('protocol="')[1].split('"')[0]
            found[protocol] = found.get(protocol, 0) + int(float(line.rsplit(' ', 1)[1]))
    return found


def test_a_browser(agent, echo, tmp_path):
    Page.reports = []
    with PageServer(('127.0.0.1', 0), Page) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            agent.add_route('/page', 'http://127.0.0.1:%d' % server.server_port)
            with subprocess.Popen(
                    ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                     '--no-proxy-server', '--disable-background-networking', '--ignore-certificate-errors',
                     '--user-data-dir=%s' % tmp_path, '--remote-debugging-port=0',
                     'https://localhost:%d/page/' % agent.proxy_port],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={'PATH': os.environ['PATH'],
                                                                               'HOME': str(tmp_path)}) as browser:
                try:
                    report = wait_until(lambda: Page.reports and Page.reports[0], 'the page reports')
                finally:
                    browser.terminate()
        finally:
            server.shutdown()
            serving.join()
    assert report == {'loaded': ASSETS, 'protocols': ['h2'], 'failed': 0, 'echoed': 'over the same connection'}
    assert [path for path, _ in echo.heads] == ['/page']
    # The WebSocket came over HTTP/2, too (RFC 8441).
    found = requests_by_protocol(agent)
    assert found['HTTP/2'] >= ASSETS + 3 and found.get('HTTP/1', 0) == 0


# An attacker's program. Each mode opens connections for ten seconds and stays on them.

@pytest.mark.parametrize('mode', [
    ('-H',), ('-B',), ('-X', '-k', '3', '-w', '10', '-y', '20', '-n', '5', '-z', '32'),
    ('-R', '-a', '5', '-b', '10000')], ids=lambda mode: mode[0][1])
def test_slowhttptest(agent, origin, mode, tmp_path):
    agent.add_route('/app', origin.url)
    url = 'https://localhost:%d/app/bytes?size=200000' % agent.proxy_port
    with subprocess.Popen(['slowhttptest', *mode, '-c', '400', '-r', '200', '-i', '2', '-l', '10', '-p', '5', '-u', url],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=tmp_path) as attack:
        served = 0
        while attack.poll() is None:
            assert agent.browse('GET', '/app/x').status_code == 200
            served += 1
            try:
                attack.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
        said = attack.stdout.read().decode(errors='replace')
    assert served > 3, said
    verdicts = re.findall(r'service available: +(\w+)', re.sub(r'\x1b\[[0-9;]*m', '', said))
    assert verdicts and set(verdicts) == {'YES'}, said
    assert agent.rest('GET', '/healthz').status_code == 200
