"""Sixty points of the kill matrix by chance, or as many as MEX_KILL_POINTS says; `kill_matrix all` has every one
(docs/kill-matrix.md).

Here one cluster goes through its life, and the agent dies at twelve points of each operation; there each operation has
one kill. MEX_KILL_SEED chooses the same points again.
"""
import os

import pytest

from harness import kill_points, matrix
from harness.killed import OPERATIONS, Request, name_of, points_of, requests_of
from harness.recording_proxy import Call

_POINTS = int(os.environ.get('MEX_KILL_POINTS') or 60)
_TOGETHER = 12
# At a time. Each goes through every operation.
_LIVES = min(4, -(-_POINTS // (_TOGETHER * len(OPERATIONS))))


def call(method, path):
    return Call(0, method, path, '', 80, b'', 0.0)


def test_a_request_has_the_same_name_in_every_run():
    assert name_of(call('PUT', '/v2.0/routers/86285fed-d2e1-478b-a010-a789a3fdd9ed/add_router_interface')) == (
        'PUT /routers/{id}/add_router_interface')
    assert name_of(call('GET', '/v2.1/os-quota-sets/0123456789abcdef0123456789abcdef/detail')) == (
        'GET /os-quota-sets/{id}/detail')
    assert name_of(call('POST', '/v3/auth/tokens')) == 'POST /auth/tokens'


def test_looking_until_a_server_is_there_is_one_point_and_what_changes_nothing_is_never_late():
    calls = [call('GET', '/v2.1/servers/detail')] * 3 + [call('POST', '/v2.1/servers')] * 2
    requests = requests_of('create', calls)
    assert requests == [Request('create', 'GET /servers/detail', 1), Request('create', 'POST /servers', 1),
                        Request('create', 'POST /servers', 2)]
    assert [len(points_of([each])) for each in requests] == [3, 4, 4]


@pytest.mark.slow
def test_no_kill_loses_or_doubles_anything(openstack, certificates, tmp_path):
    seed = matrix.seed_of('MEX_KILL_SEED')
    points = kill_points.random_points(kill_points.all_points(certificates, tmp_path), _POINTS, seed)
    progress = matrix.Progress(len(points))
    worker = kill_points.Worker(certificates, tmp_path, _TOGETHER)
    matrix.run_all(kill_points.share_out(points, _LIVES), worker, _LIVES, progress)
    assert len(progress.results) == _POINTS
    assert not progress.wrong(), 'MEX_KILL_SEED=%d\n%s' % (
        seed, '\n\n'.join('%s: %s' % (result.cell, result.problem) for result in progress.wrong()))
    # Which look-ups there are depends a little on chance; without kills this test would show nothing.
    assert sum(result.remark == 'not met' for result in progress.results) <= max(1, _POINTS // 10)
