"""Everything at once, for a while: clients of HTTP/1.1 and HTTP/2 that ask, upload, leave in the middle, read slowly or
never, WebSockets, origins that die and come back, and routes, sets of origins, mirrors and certificates that change.

    test/load/mixed.py                                                  20 seconds, as CI does
    MEX_BIN_DIR=build/asan/bin test/load/mixed.py --seconds 600         with a sanitizer's build

What is asked of an origin that lives, over a route that stays, is answered 200; in the end the agent stops when it is
asked to, with nothing in its log that a sanitizer would say. Says nothing about speed.
"""
import argparse
import hashlib
import os
import pathlib
import random
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'integration'))

from harness import http2_frames as h2  # noqa: E402
from harness import raw_http  # noqa: E402
from harness.agent import Agent  # noqa: E402
from harness.certificates import Certificates  # noqa: E402
from harness.http2_client import Http2Client  # noqa: E402
from harness.origin import Origin  # noqa: E402
from harness.tunnels import Tunnels, tunnel  # noqa: E402

COMPLAINTS = ('AddressSanitizer', 'ThreadSanitizer', 'LeakSanitizer', 'runtime error:', 'check failed')


class Load:

    def __init__(self, agent, origins, seconds):
        self.agent, self.origins = agent, origins
        self.end = time.monotonic() + seconds
        self.done, self.failures = {}, []

    def run(self):
        kinds = [self.ask, self.ask_over_http2, self.upload, self.leave, self.reset_streams, self.read_nothing,
                 self.ask_where_a_mirror_is, self.talk, self.change_routes, self.change_certificates, self.kill_an_origin, self.look]
        threads = [threading.Thread(target=self._repeat, args=(kind,)) for kind in kinds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _repeat(self, kind):
        chance = random.Random(kind.__name__)
        self.done[kind.__name__] = 0
        while time.monotonic() < self.end and not self.failures:
            try:
                kind(chance)
                self.done[kind.__name__] += 1
            except Exception as problem:  # pylint: disable=broad-exception-caught
                self.failures.append('%s: %r' % (kind.__name__, problem))

    def _connect(self):
        return raw_http.connect('127.0.0.1', self.agent.proxy_port, self.agent.certificates.authority)

    # Clients that are served.

    def ask(self, chance):
        with self._connect() as connection:
            for _ in range(chance.randrange(1, 20)):
                size = chance.choice([0, 1, 1000, 70000, 400000])
                status, _, body = raw_http.ask(connection, b'GET /stays/bytes?size=%d HTTP/1.1\r\nHost: localhost\r\n\r\n' % size)
                assert (status, len(body)) == (200, size), status

    def ask_over_http2(self, chance):
        with Http2Client(self.agent) as client:
            count = chance.randrange(1, 100)
            client.send(h2.window_update(0, 1 << 30))
            for number in range(count):
                client.send(h2.headers(2 * number + 1, self._fields('/stays/bytes?size=%d' % chance.randrange(3000))))
            for number in range(count):
                assert client.answer(2 * number + 1).status == 200

    def upload(self, chance):
        body = chance.randbytes(chance.choice([1, 5000, 300000]))
        answer = self.agent.browse('POST', '/set/digest' if chance.random() < 0.5 else '/stays/digest', data=body)
        assert answer.status_code in (200, 502, 503, 504), answer.status_code
        assert answer.status_code != 200 or answer.text == hashlib.sha256(body).hexdigest()

    def ask_where_a_mirror_is(self, chance):
        assert self.agent.browse('GET', '/mirrored/x').status_code == 200
        time.sleep(chance.random() / 100)

    def talk(self, chance):
        with tunnel(self.agent, '/talks') as connection:
            for _ in range(chance.randrange(1, 50)):
                said = chance.randbytes(chance.randrange(1, 5000))
                connection.sendall(said)
                heard = b''
                while len(heard) < len(said):
                    heard += connection.recv(65536)
                assert heard == said

    # Clients that are not.

    def leave(self, chance):
        with self._connect() as connection:
            whole = b'POST /set/digest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n' + bytes(100000)
            connection.sendall(whole[:chance.randrange(len(whole))])
            if chance.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\x01\0\0\0\0\0\0\0')

    def reset_streams(self, chance):
        with Http2Client(self.agent) as client:
            for number in range(chance.randrange(1, 60)):
                client.send(h2.headers(2 * number + 1, self._fields('/set/bytes?size=100000')))
                if chance.random() < 0.3:
                    client.send(h2.reset(2 * number + 1))

    def read_nothing(self, chance):
        with self._connect() as connection:
            connection.sendall(b'GET /stays/bytes?size=1000000 HTTP/1.1\r\nHost: localhost\r\n\r\n' * 3)
            time.sleep(chance.random() / 2)

    # The other side.

    def change_routes(self, chance):
        name, url = 'passing-%d' % chance.randrange(50), chance.choice(self.origins).url
        kind = chance.randrange(4)
        if kind == 0:
            self.agent.rest('DELETE', '/v1/proxies/' + name)
            return
        more = {1: {'origin': url}, 2: {'origins': [{'url': each.url} for each in self.origins]},
                3: {'origin': url, 'mirror': {'origin': self.origins[0].url}, 'headers': [{'name': 'X', 'test': 'ABSENT'}]}}[kind]
        answer = self.agent.rest('PUT', '/v1/proxies/' + name, json={'path': '/' + name, **more})
        assert answer.status_code == 200, answer.text

    def change_certificates(self, chance):
        self.agent.process.send_signal(1)
        time.sleep(chance.random())

    def kill_an_origin(self, chance):
        dying = self.origins[2]
        dying.close()
        time.sleep(chance.random())
        self.origins[2] = Origin(port=dying.port)

    def look(self, chance):
        for path in ('/v1/proxies', '/metrics', '/readyz'):
            assert self.agent.rest('GET', path).status_code == 200
        time.sleep(chance.random() / 10)

    @staticmethod
    def _fields(path):
        return [(':method', 'GET'), (':scheme', 'https'), (':authority', 'localhost'), (':path', path)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seconds', type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        certificates = Certificates.make(pathlib.Path(directory) / 'certificates')
        agent = Agent(pathlib.Path(directory) / 'agent', certificates, flags=['-shards', '2'])
        agent.environment.update({name: value for name, value in os.environ.items() if name.endswith('SAN_OPTIONS')})
        origins, talker = [Origin(str(number)) for number in range(3)], Tunnels()
        agent.start()
        try:
            agent.add_route('/stays', origins[0].url)
            agent.add_route('/talks', 'http://127.0.0.1:%d' % talker.port)
            put = {'set': {'origins': [{'url': each.url} for each in origins[1:]]},
                   'mirrored': {'origin': origins[0].url, 'mirror': {'origin': origins[2].url}}}
            for name, route in put.items():
                assert agent.rest('PUT', '/v1/proxies/' + name, json={'path': '/' + name, **route}).status_code == 200
            load = Load(agent, origins, options.seconds)
            load.run()
            print(', '.join('%s %d' % each for each in sorted(load.done.items())))
            is_alive = agent.is_running()
            code = agent.terminate() if is_alive else agent.process.returncode
        finally:
            agent.close()
            for origin in (*origins, talker):
                origin.close()
        complaints = [line for line in agent.log().splitlines() if any(word in line for word in COMPLAINTS)]
        if load.failures or code != 0 or complaints:
            print('\n'.join(load.failures + complaints))
            print('the agent ended with %d; the end of its log:\n%s' % (code, agent.log()[-5000:]))
            return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
