"""A worker dies, and the agent replaces it by itself. The cluster is there to be looked at afterwards with --keep."""
from stand import life

FLAVOR = {'name': 'soon-repaired', 'worker_pools': [{'name': 'worker', 'count': 2}],
          'care': {'probe_interval': '5s', 'boot_deadline': '600s', 'api_server_deadline': '600s',
                   'nodes_ready_deadline': '60s'}}


def run(stand):
    stand.make_flavor(FLAVOR)
    with stand.steps.step('a cluster of the flavor %s is Ready' % FLAVOR['name']):
        stand.done(stand.provision(FLAVOR['name']))
    life.lose_a_worker(stand)
    assert stand.chaos.kills_left == 0
    if stand.options.keep:
        return
    with stand.steps.step('it is destroyed'):
        stand.done(stand.destroy())
    assert stand.left_over() == []
