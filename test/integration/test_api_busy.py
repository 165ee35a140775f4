"""What is slow behind the API keeps only those waiting who ask for it, and they hear it."""
import collections
import concurrent.futures
import contextlib
import json
import socket
import threading
import urllib.parse

import pytest

from harness import nginx
from harness.owner import Owner
from harness.waiting import wait_until


class SilentEngine:
    """Takes connections and calls, and never answers: an engine that hangs."""

    def __init__(self, path):
        self.address = 'unix://%s' % path
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen(200)
        self._taken = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        with contextlib.suppress(OSError):
            while True:
                self._taken.append(self._socket.accept()[0])

    def close(self):
        self._socket.close()
        for each in self._taken:
            each.close()


@pytest.fixture
def silent_engine(tmp_path):
    engine = SilentEngine(tmp_path / 'engine')
    yield engine
    engine.close()


def test_a_silent_engine_keeps_no_reader_waiting(new_agent, silent_engine):
    """140 changes took all threads: /v1/status was answered with 429."""
    agent = new_agent({'DOCKER_HOST': silent_engine.address}, ['-nginx_runtime', 'docker']).start()

    def change(number):
        return nginx.add(agent, 'i%d' % number, nginx.port('LProtoTCP', 20000 + number, '198.51.100.7:80'))
    with concurrent.futures.ThreadPoolExecutor(140) as pool:
        changes = [pool.submit(change, number) for number in range(140)]
        with Owner(agent) as owner:
            # Reads of instances, too.
            for _ in range(20):
                assert nginx.listed(agent) == []
                assert agent.get('/v1/nginx-proxies') == {}
            wait_until(owner.has_been_answered(20), lambda: 'the owner is answered: %s' % owner.failures[:3], every=0.02)
            answers = [change.result() for change in changes]
        assert owner.failures == []
    assert collections.Counter(answer.status_code for answer in answers).keys() <= {429, 503, 504}
    for answer in answers:
        assert 'busy' in answer.text or 'does not answer' in answer.text or 'going on' in answer.text, answer.text
    assert any('busy: ' in answer.text for answer in answers)


def test_an_engine_that_is_not_used_may_be_silent(new_agent, silent_engine):
    """Its containers of an earlier time are looked for, and changes waited for that."""
    agent = new_agent({'DOCKER_HOST': silent_engine.address}, ['-nginx_runtime', 'process']).start()
    try:
        for number in range(3):
            nginx.added(agent, 'i%d' % number, nginx.port('LProtoTCP', 21000 + number, '127.0.0.1:80'))
    finally:
        agent.close()
        nginx.end_all(agent)


def test_of_five_updates_at_once_those_who_lose_hear_it(new_agent):
    """All five were made, one after the other, and each heard OK."""
    agent = new_agent(flags=['-nginx_runtime', 'process']).start()
    together = threading.Barrier(5)

    def update(number):
        together.wait()
        origin = {'address': '127.0.0.1:%d' % (9000 + number)}
        return agent.rest('PUT', '/v1/nginx-proxies/a', {'ports': [
            {'protocol': 'TCP', 'external': 22000, 'origins': [origin]}]})
    try:
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(update, range(5)))
        winners = [answer.json() for answer in answers if answer.status_code == 200]
        losers = [answer for answer in answers if answer.status_code != 200]
        assert winners, [answer.text for answer in answers]
        for answer in losers:
            assert answer.status_code == 409 and 'is being changed by another call' in answer.text, answer.text
        kept = agent.get('/v1/nginx-proxies/a')
        assert kept['ports'] in [winner['ports'] for winner in winners]
    finally:
        agent.close()
        nginx.end_all(agent)


def test_lists_of_28000_routes(new_agent):
    """gRPC's limit of 4 MiB within the process made 429 of them."""
    agent = new_agent().start()
    count = 28000
    names = ['service-of-a-tenant-with-a-long-name-%05d' % number for number in range(count)]
    for begin in range(0, count, 4000):
        agent.post('/v1/proxy', {'message': 'add', 'proxies': [
            {'name': name, 'path': '/tenants/%s' % name, 'origin': 'http://198.51.100.7:8080/applications/%s' % name}
            for name in names[begin:begin + 4000]]})
    listed, page = [], agent.get('/v1/proxies?page_size=1000')
    listed += page['proxies']
    while 'next_page_token' in page:
        page = agent.get('/v1/proxies?page_size=1000&page_token=' + urllib.parse.quote(page['next_page_token'], safe=''))
        listed += page['proxies']
    assert [each['name'] for each in listed] == names
    assert len(agent.post('/v1/status', {})['proxies']) == count
    listed = agent.post('/v1/proxy', {'message': 'list'})
    assert listed['status'].startswith('map[') and listed['status'].count('http://') == count
    assert len(agent.rest('POST', '/v1/status', {}).content) > 4 << 20
