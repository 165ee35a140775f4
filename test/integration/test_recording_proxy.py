"""The recording proxy records truly and does the harm it is asked for."""
import threading

import pytest
import requests

from harness import recording_proxy as fates
from harness.call_graph import depth, overlap
from harness.origin import Origin


@pytest.fixture
def origin():
    server = Origin()
    yield server
    server.close()


@pytest.fixture
def client(recording_proxy):
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {'http': recording_proxy.url}
        yield session


def test_calls_pass_unchanged_and_are_recorded(recording_proxy, origin, client):
    answer = client.post(origin.url + '/echo?x=1', data=b'body', headers={'X-Mine': 'yes'}).json()
    assert (answer['method'], answer['target'], answer['body']) == ('POST', '/echo?x=1', 'body')
    assert answer['headers']['X-Mine'] == 'yes'
    call, = recording_proxy.calls
    assert (call.method, call.path, call.query, call.body, call.status) == ('POST', '/echo', 'x=1', b'body', 200)
    assert 0 < call.started <= call.ended


def test_a_lost_answer_reaches_the_service(recording_proxy, origin, client):
    recording_proxy.once(fates.lose_answer, path='/echo')
    with pytest.raises(requests.ConnectionError):
        client.post(origin.url + '/echo')
    assert len(origin.requests) == 1
    assert client.post(origin.url + '/echo').ok


def test_a_refused_connection_does_not(recording_proxy, origin, client):
    recording_proxy.once(fates.refuse_connection, method='POST')
    assert client.get(origin.url + '/echo').ok
    with pytest.raises(requests.ConnectionError):
        client.post(origin.url + '/echo')
    assert [request['method'] for request in origin.requests] == ['GET']


def test_an_answer_of_its_own(recording_proxy, origin, client):
    recording_proxy.once(fates.answer_with(503, [('Retry-After', '1')], b'later'))
    answer = client.get(origin.url + '/echo')
    assert (answer.status_code, answer.headers['Retry-After'], answer.text) == (503, '1', 'later')
    assert origin.requests == []


def test_depth_counts_round_trips_and_not_parallel_calls(recording_proxy, origin, client):
    recording_proxy.always(fates.delay(0.05))

    def get(path):
        with requests.Session() as session:
            session.trust_env = False
            session.get(origin.url + path, proxies={'http': recording_proxy.url})
    client.get(origin.url + '/first')
    together = [threading.Thread(target=get, args=('/echo',)) for _ in range(3)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    client.get(origin.url + '/last')
    calls = recording_proxy.calls
    assert overlap(calls[1:4]) and not overlap(calls[:2])
    assert depth(calls, calls[-1]) == 2
