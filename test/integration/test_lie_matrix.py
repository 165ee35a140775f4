"""Sixty cells of the lie matrix by chance, or as many as MEX_LIE_CELLS says; `lie_matrix all` has every one
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
_CELLS = int(os.environ.get('MEX_LIE_CELLS') or 60)
_AT_ONCE = 6  # lives


def test_there_is_a_cell_for_each_lie_in_each_situation_with_one_and_ten_clusters():
    assert len({str(cell) for cell in lie_cells.all_cells()}) == len(LIES) * len(SITUATIONS) * 2 == 224


def test_the_same_seed_chooses_the_same_cells():
    assert lie_cells.random_cells(60, 7) == lie_cells.random_cells(60, 7)
    assert lie_cells.random_cells(60, 7) != lie_cells.random_cells(60, 8)


@pytest.mark.parametrize('number', [1, 4, 60, 224])
def test_what_is_chosen_by_chance_is_as_many_different_cells_as_were_asked_for(number):
    assert len({str(cell) for cell in lie_cells.random_cells(number, 7)}) == number


@pytest.mark.parametrize('at_once', [1, 8, 16])
def test_each_cell_is_lived_through_once_and_no_round_has_two_lies_or_a_situation_twice(at_once):
    cells = lie_cells.random_cells(60, 7)
    jobs = lie_cells.share_out(cells, at_once, 7)
    rounds = [each for _, rounds in jobs for each in rounds]
    assert sorted(str(cell) for each in rounds for cell in each) == sorted(map(str, cells))
    for each in rounds:
        assert len({cell.lie for cell in each}) == len({cell.clusters for cell in each}) == 1
        assert len({cell.situation for cell in each}) == len(each)


@pytest.mark.slow
def test_no_lie_of_the_cloud_removes_what_works_or_shows_what_was_not_seen(openstack, certificates, tmp_path):
    seed = matrix.seed_of('MEX_LIE_SEED')
    cells = [cell for cell in lie_cells.random_cells(_CELLS, seed) if str(cell) not in KNOWN]
    progress = matrix.Progress(len(cells))
    matrix.run_all(lie_cells.share_out(cells, _AT_ONCE, seed), lie_cells.Worker(certificates, tmp_path),
                   _AT_ONCE, progress)
    assert len(progress.results) == len(cells)
    assert not progress.wrong(), 'MEX_LIE_SEED=%d\n%s' % (
        seed, '\n\n'.join('%s: %s' % (result.cell, result.problem) for result in progress.wrong()))
