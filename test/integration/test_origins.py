"""Routes with several origins: shares, failures, health checks and live changes, through the real agent."""
import collections
import pathlib
import threading

import pytest

from harness.origin import RawOrigin
from harness.origin_process import OriginProcess
from harness.steady_load import SteadyLoad
from harness.waiting import wait_until

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / 'docs' / 'origins.md'
FAST_CHECK = {'type': 'HTTP', 'path': '/up', 'interval': '0.2s', 'timeout': '0.2s'}


@pytest.fixture
def origins():
    """A function that starts origins, each in its own process."""
    made = []

    def make(*names):
        made.extend(OriginProcess(name) for name in names)
        return made[-len(names):]
    yield make
    for each in made:
        each.close()


def put(agent, origins, **more):
    answer = agent.rest('PUT', '/v1/proxies/web', json={
        'path': '/web', 'origins': [each if isinstance(each, dict) else {'url': each.url} for each in origins], **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def states(agent):
    return [each['state'] for each in agent.get('/v1/proxies/web')['origins']]


def served_by(agent, **headers):
    answer = agent.browse('GET', '/web', headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()['origin']


def test_requests_are_shared_by_weight(agent, origins):
    one, two = origins('one', 'two')
    put(agent, [{'url': one.url, 'weight': 3}, {'url': two.url}])
    with SteadyLoad(agent, '/web') as load:
        load.await_more(2000)
    assert load.failures == []
    total = sum(load.served_by.values())
    assert abs(load.served_by['one'] / total - 0.75) < 0.75 * 0.05, load.served_by
    shown = agent.get('/v1/proxies/web')
    assert [int(each['requests']) for each in shown['origins']] == [load.served_by['one'], load.served_by['two']]


def test_an_origin_killed_under_load_costs_no_request(agent, origins):
    one, two, three = origins('one', 'two', 'three')
    put(agent, [one, two, three])
    with SteadyLoad(agent, '/web') as load:
        load.await_more(300)
        two.kill()
        load.await_more(1000)
        before = load.served_by['two']
        load.await_more(300)
        assert load.served_by['two'] == before
    assert load.failures == []
    assert min(load.served_by.values()) > 0
    shown = agent.get('/v1/proxies/web')['origins'][1]
    assert shown['state'] == 'EJECTED', shown
    assert 'ejected_until' in shown
    assert 'connect' in shown['reason'] or 'connection' in shown['reason']


def test_requests_that_may_not_be_repeated_fail_only_in_flight(agent, origins):
    one, two = origins('one', 'two')
    put(agent, [one, two])
    with SteadyLoad(agent, '/web', clients=4, method='POST', body='hello') as load:
        load.await_more(300)
        two.kill()
        load.await_more(600)
    assert len(load.failures) <= 4, load.failures


def test_an_ejected_origin_comes_back(agent, origins):
    one, two = origins('one', 'two')
    put(agent, [one, two], ejection={'base_time': '1s'})
    two.kill()
    with SteadyLoad(agent, '/web') as load:
        wait_until(lambda: states(agent)[1] == 'EJECTED', 'the dead origin is ejected')
        two.start()
        wait_until(lambda: states(agent)[1] == 'HEALTHY', 'it comes back')
        before = load.served_by['two']
        wait_until(lambda: load.served_by['two'] > before + 10, 'it serves again')
    assert load.failures == []


def test_a_health_check_takes_an_origin_out_and_back(agent, origins):
    one, two = origins('one', 'two')
    put(agent, [one, two], health_check=FAST_CHECK)
    two.kill()
    wait_until(lambda: states(agent) == ['HEALTHY', 'FAILING'], 'the check fails')
    shown = agent.get('/v1/proxies/web')['origins'][1]
    assert shown['reason'] == 'when it was checked, it cannot be connected to'
    assert {served_by(agent) for _ in range(10)} == {'one'}
    assert 'failures' not in shown, 'no request has met the dead origin'
    two.start()
    wait_until(lambda: states(agent) == ['HEALTHY', 'HEALTHY'], 'the check passes')
    assert {served_by(agent) for _ in range(20)} == {'one', 'two'}


def test_a_check_knows_a_liar_by_its_answer(agent, origins):
    one, = origins('one')
    liars = [RawOrigin(b'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'), RawOrigin(b'what?\r\n\r\n'), RawOrigin(None)]
    put(agent, [one] + liars, health_check=FAST_CHECK)
    wait_until(lambda: states(agent) == ['HEALTHY'] + ['FAILING'] * 3, 'the liars are found')
    assert {served_by(agent) for _ in range(10)} == {'one'}
    for each in liars:
        each.close()


def test_all_origins_fail_their_checks_and_are_used_all_the_same(agent, origins):
    one, two = origins('one', 'two')
    put(agent, [one, two], health_check={**FAST_CHECK, 'min_status': 299, 'max_status': 299})
    wait_until(lambda: states(agent) == ['FAILING', 'FAILING'], 'both fail')
    assert {served_by(agent) for _ in range(10)} == {'one', 'two'}


def test_a_cookie_binds_a_client_until_its_origin_dies(agent, origins):
    one, two = origins('one', 'two')
    put(agent, [one, two], balance={'policy': 'STICKY'})
    answer = agent.browse('GET', '/web')
    cookie, _, attributes = answer.headers['Set-Cookie'].partition(';')
    bound = answer.json()['origin']
    assert attributes == ' Path=/web; HttpOnly; SameSite=Lax; Secure'
    assert str(one.port) not in cookie and str(two.port) not in cookie
    for _ in range(10):
        again = agent.browse('GET', '/web', headers={'Cookie': cookie})
        assert again.json()['origin'] == bound and 'Set-Cookie' not in again.headers
    agent.restart()
    assert served_by(agent, Cookie=cookie) == bound, 'the id outlives the agent'
    (one if bound == 'one' else two).kill()
    moved = agent.browse('GET', '/web', headers={'Cookie': cookie})
    assert moved.json()['origin'] != bound
    assert moved.headers['Set-Cookie'].startswith('mex_origin=')


def test_an_origin_of_weight_zero_keeps_its_clients_and_gets_no_others(agent, origins):
    one, two = origins('one', 'two')
    put(agent, [one, two], balance={'policy': 'STICKY'})
    cookies = {}
    for _ in range(4):
        answer = agent.browse('GET', '/web')
        cookies[answer.json()['origin']] = answer.headers['Set-Cookie'].partition(';')[0]
    put(agent, [one, {'url': two.url, 'weight': 0}], balance={'policy': 'STICKY'})
    assert {served_by(agent) for _ in range(10)} == {'one'}
    assert served_by(agent, Cookie=cookies['two']) == 'two'


def test_a_header_chooses_the_origin(agent, origins):
    put(agent, origins('one', 'two', 'three'),
        balance={'policy': 'HASH', 'hash_key': 'HEADER', 'hash_name': 'X-User'})
    users = {user: served_by(agent, **{'X-User': user}) for user in map(str, range(30))}
    assert len(collections.Counter(users.values())) == 3
    assert all(served_by(agent, **{'X-User': user}) == origin for user, origin in users.items())


def test_live_changes_of_the_set_lose_nothing(agent, origins):
    one, two, three = origins('one', 'two', 'three')
    put(agent, [one, two, three])
    with SteadyLoad(agent, '/web') as load:
        for change in range(40):
            put(agent, [one, two, three][change % 3:] or [one], health_check=FAST_CHECK if change % 2 else {})
            load.await_more(20)
        put(agent, [three])
        load.await_more(20)
        before = load.served_by['one'] + load.served_by['two']
        load.await_more(100)
        assert load.served_by['one'] + load.served_by['two'] == before
    assert load.failures == []


def test_a_removed_origin_finishes_its_answer(agent, origins):
    one, two = origins('one', 'two')
    put(agent, [one])
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(agent.browse('GET', '/web/slow?seconds=2')))
    waiting.start()
    wait_until(lambda: agent.get('/v1/proxies/web')['origins'][0].get('requests_under_way') == 1, 'it is under way')
    put(agent, [two])
    assert served_by(agent) == 'two'
    waiting.join()
    assert [answer.text for answer in answers] == ['slow']


def test_limits_answer_503_at_once(agent, origins):
    one, = origins('one')
    put(agent, [one], limits={'max_requests': 1})
    waiting = threading.Thread(target=lambda: agent.browse('GET', '/web/slow?seconds=2'))
    waiting.start()
    wait_until(lambda: agent.get('/v1/proxies/web')['origins'][0].get('requests_under_way') == 1, 'it is under way')
    refused = agent.browse('GET', '/web')
    assert refused.status_code == 503
    assert 'as many requests as are allowed' in refused.text
    waiting.join()
    assert served_by(agent) == 'one'


def test_a_route_has_its_own_timeouts(agent, origins):
    one, = origins('one')
    put(agent, [one], timeouts={'first_byte': '0.3s'})
    late = agent.browse('GET', '/web/slow?seconds=5')
    assert late.status_code == 504
    assert 'did not answer in time' in late.text


def test_the_set_survives_a_restart(agent, origins):
    one, two = origins('one', 'two')
    before = put(agent, [one, {'url': two.url, 'weight': 5}], health_check=FAST_CHECK)
    agent.restart()
    after = agent.get('/v1/proxies/web')
    assert [(each['url'], each['weight'], each['id']) for each in after['origins']] == \
        [(each['url'], each['weight'], each['id']) for each in before['origins']]
    two.kill()
    wait_until(lambda: states(agent) == ['HEALTHY', 'FAILING'], 'it is checked as before')


def test_the_documents_lines_work(agent):
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith('curl ')]
    assert len(lines) >= 4
    for line in lines:
        answer = agent.curl(line)
        assert answer.returncode == 0 and '"error"' not in answer.stdout, line + '\n' + answer.stdout
