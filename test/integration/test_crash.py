"""kill -9 at any moment of a create or a destroy, start again: all is there once, or nothing is left.

Twenty points in a create and twenty in a destroy. Each cluster lives through several of them; two
clusters go through their lives at the same time, each with an agent and a project of its own.
"""
import concurrent.futures
import threading

import pytest

from harness import clusters
from harness import recording_proxy as fates
from harness.agent import Agent
from harness.crash import ANSWERED, LATE, LOST, Killer, live_on
from harness.platform_files import write_platform_files
from harness.project import Project
from harness.recording_proxy import RecordingProxy
from harness.waiting import wait_until


def looks(call):
    return call.method == 'GET'


def changes(call):
    return call.changes_something


# Lives of one cluster: points of its create, points of its destroy. A create makes 14 changing calls, a
# destroy at least 10; a life that meets its last point late still meets it, as repeated calls count.
LIVES = [
    ([(1, LATE), (4, LOST), (7, ANSWERED), (12, LATE)], [(1, ANSWERED), (3, LOST), (6, LATE), (9, LOST)]),
    ([(1, LOST), (3, ANSWERED), (6, LATE), (9, LOST)], [(1, LATE), (4, LOST), (7, ANSWERED), (10, LATE)]),
    ([(1, ANSWERED), (2, LOST), (8, LATE), (11, LOST)], [(1, LOST), (2, LATE), (5, ANSWERED), (8, LOST)]),
    ([(2, LATE), (5, LOST), (10, LOST), (13, ANSWERED)], [(2, LOST), (3, LATE), (6, ANSWERED), (7, LOST)]),
]
# Kills while it only looks: in the look-ups, and while it watches servers boot or go.
LOOKING = ([(1, LOST), (3, ANSWERED), (12, LOST), (18, ANSWERED)], [(1, ANSWERED), (5, LOST), (12, ANSWERED), (18, LOST)])


def test_there_are_twenty_points_in_each():
    lives = LIVES + [LOOKING]
    assert (sum(len(create) for create, _ in lives), sum(len(destroy) for _, destroy in lives)) == (20, 20)


def live(name, directory, openstack, certificates, points, which):
    """One cluster's life; what went wrong in it, or an empty text."""
    create_points, destroy_points = points
    project, proxy = Project(openstack), RecordingProxy()
    names = write_platform_files(directory / 'k8sopenstack', project.environment())
    agent = Agent(directory, certificates, dict(names, http_proxy=proxy.url), ['-audit_interval', '15s'])
    killers = []
    try:
        agent.start()
        go_through(agent, proxy, create_points, which, clusters.provision, killers)
        # Neutron itself makes a second one now and then: a POST begins anew inside it after a conflict in its
        # database. An audit removes it.
        clusters.await_exactly(project, clusters.cluster(agent))

        go_through(agent, proxy, destroy_points, which, clusters.destroy, killers)
        assert project.inventory() == {}
        assert clusters.status_of(agent) is None
        return ''
    except AssertionError as error:
        killed = '; '.join(at for killer in killers for at in killer.killed_at)
        return '%s (killed at: %s): %s\n%s\n%s' % (
            name, killed, error, '\n'.join(map(str, proxy.calls[-60:])), agent.log()[-6000:])
    finally:
        agent.close()
        proxy.close()
        project.remove()


def go_through(agent, proxy, points, which, ask, killers):
    asked = threading.Event()
    killer = Killer(agent, proxy, points, which, asked)
    killers.append(killer)
    operation_id = ask(agent)
    asked.set()

    def over():
        operation = agent.get('/v1/operations/' + operation_id)
        assert operation['state'] != 'FAILED', operation
        return operation['state'] == 'DONE'
    live_on(agent, over, lambda: 'the operation is done; killed at %s' % killer.killed_at)
    assert not killer.points_left, 'not every point was met, only %s' % killer.killed_at
    proxy.no_more_faults()


@pytest.mark.slow
def test_forty_kills_lose_and_double_nothing(tmp_path, openstack, certificates):
    lives = [('life %d' % number, points, changes)
             for number, points in enumerate(LIVES)] + [('looking', LOOKING, looks)]
    with concurrent.futures.ThreadPoolExecutor(2) as both_cores:
        running = [both_cores.submit(live, name, tmp_path / name.replace(' ', '-'), openstack, certificates,
                                     points, which) for name, points, which in lives]
    failures = [each.result() for each in running if each.result()]
    assert not failures, '\n\n'.join(failures)


def test_a_late_post_of_a_dead_process_leaves_no_double(cloud_agent, cloud, recording_proxy):
    """The POST of a server is on its way when the agent dies; the next life looks before it arrives."""
    def makes_a_server(call):
        return call.method == 'POST' and call.path.endswith('/servers')
    go_through(cloud_agent, recording_proxy, [(1, LATE)], makes_a_server, clusters.provision, [])
    clusters.assert_exactly(cloud, clusters.cluster(cloud_agent))


def test_killed_right_after_the_wish_was_accepted(cloud_agent, cloud):
    killed = threading.Event()

    def kill():
        cloud_agent.kill()
        killed.set()
    operation = clusters.provision(cloud_agent)
    threading.Thread(target=kill).start()
    killed.wait()
    cloud_agent.start()
    clusters.done(cloud_agent, operation)
    clusters.assert_exactly(cloud, clusters.cluster(cloud_agent))


def test_sigterm_in_the_middle_of_a_create(cloud_agent, cloud, recording_proxy):
    operation = clusters.provision(cloud_agent)
    wait_until(lambda: any(call.changes_something for call in recording_proxy.calls), 'the create is under way')
    assert cloud_agent.terminate() == 0
    cloud_agent.start()
    clusters.done(cloud_agent, operation)
    clusters.assert_exactly(cloud, clusters.cluster(cloud_agent))


def test_a_router_that_is_gone_when_it_is_needed_is_made_again(cloud_agent, cloud, recording_proxy):
    """Neutron itself takes back what it has shown: a POST of a router begins anew inside it after a conflict in its
    database, and makes another one."""
    def take_back(exchange):
        for router in cloud.list('router'):
            cloud.api('DELETE', 'network', '/v2.0/routers/' + router['id'])
        fates.pass_on(exchange)
    recording_proxy.once(take_back, method='PUT', path='add_router_interface')
    clusters.done(cloud_agent, clusters.provision(cloud_agent))
    clusters.assert_exactly(cloud, clusters.cluster(cloud_agent))
