"""Four cells of the lie matrix, or as many by chance as MEX_LIE_CELLS says; `lie_matrix all` has every one
(docs/lie-matrix.md).

MEX_LIE_SEED chooses the same ones again.
"""
import os

import pytest

from harness import lie_cells, matrix
from harness.lies import LIES
from harness.situations import SITUATIONS

# Known to go wrong, with the reason: "LIE SITUATION CLUSTERS" -> text. Empty is the aim.
KNOWN = {}
_CELLS = 60
_AT_ONCE = 6  # lives
# What one cluster goes through in a life.
_ALWAYS = [('empty-list', 'idle'), ('empty-list', 'repair'), ('stale-list', 'scale-down'), ('503', 'destroy')]


def chosen(seed):
    number = int(os.environ.get('MEX_LIE_CELLS') or 0)
    if not number:
        return [cell for names in _ALWAYS for cell in lie_cells.all_cells()
                if (cell.lie, cell.situation, cell.clusters) == names + (1,)]
    return lie_cells.random_cells(number, seed)


def test_there_is_a_cell_for_each_lie_in_each_situation_with_one_and_ten_clusters():
    assert len({str(cell) for cell in lie_cells.all_cells()}) == len(LIES) * len(SITUATIONS) * 2 == 224


def test_the_same_seed_chooses_the_same_cells():
    assert lie_cells.random_cells(_CELLS, 7) == lie_cells.random_cells(_CELLS, 7)
    assert lie_cells.random_cells(_CELLS, 7) != lie_cells.random_cells(_CELLS, 8)


@pytest.mark.slow
def test_no_lie_of_the_cloud_removes_what_works_or_shows_what_was_not_seen(openstack, certificates, tmp_path):
    seed = matrix.seed_of('MEX_LIE_SEED')
    cells = [cell for cell in chosen(seed) if str(cell) not in KNOWN]
    progress = matrix.Progress(len(cells))
    matrix.run_all(lie_cells.share_out(cells, _AT_ONCE, seed), lie_cells.Worker(certificates, tmp_path),
                   _AT_ONCE, progress)
    assert len(progress.results) == len(cells)
    assert not progress.wrong(), 'MEX_LIE_SEED=%d\n%s' % (
        seed, '\n\n'.join('%s: %s' % (result.cell, result.problem) for result in progress.wrong()))
