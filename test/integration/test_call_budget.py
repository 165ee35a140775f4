"""How many calls a create costs, and how deep they stand behind each other."""
from harness import clusters
from harness.call_graph import depth, overlap
from harness.recording_proxy import delay
from harness.waiting import wait_until


def is_look(call):
    """A call of the agent's own looks at the cloud, which no operation makes."""
    return call.path.endswith(('/v3', '/v2.1/')) or call.query == 'limit=1'


def test_one_create_is_few_calls_and_shallow(cloud_agent, recording_proxy):
    # The look at the start is not the create's.
    wait_until(lambda: cloud_agent.get('/v1/cloud')['state'] == 'AVAILABLE', 'the agent knows its cloud')
    recording_proxy.forget()
    # Without a common delay the depth would say which call happened to be quick. It is far longer than a busy
    # machine takes to send calls that belong together.
    recording_proxy.always(delay(2))
    clusters.done(cloud_agent, clusters.provision(cloud_agent))
    calls = [call for call in recording_proxy.calls if not is_look(call)]
    listing = '\n'.join(map(str, calls))
    changing = [call for call in calls if call.changes_something]
    assert len(changing) <= 14, listing
    servers = [call for call in changing if call.method == 'POST' and call.path.endswith('/servers')]
    ports, = [call for call in changing if call.method == 'POST' and call.path.endswith('/ports')]
    assert len(ports.json()['ports']) == 3
    rules, = [call for call in changing if call.path.endswith('/security-group-rules')]
    assert len(rules.json()['security_group_rules']) > 1
    assert len(servers) == 3 and overlap(servers), listing
    last = max(servers, key=lambda call: call.started)
    assert depth(calls, last) <= 6, listing


def test_two_creates_are_one_login_and_one_list_of_servers_a_tick(cloud_agent, cloud, recording_proxy):
    with cloud.fault('spawn_delay', '6'):
        operations = [clusters.provision(cloud_agent, clusters.wish(name)) for name in ('a', 'b')]
        for operation in operations:
            clusters.done(cloud_agent, operation)
    calls = recording_proxy.calls
    assert len([call for call in calls if call.path.endswith('/auth/tokens')]) == 1
    assert not [call for call in calls if call.method == 'GET' and '/servers/' in call.path
                and not call.path.endswith('/servers/detail')]
    lists = [call for call in calls if call.path.endswith('/servers/detail')]
    seconds = lists[-1].started - lists[0].started
    assert len(lists) <= 8 + seconds / 0.3
