"""The cells of the lie matrix, and how they are shared out among lives."""
import pathlib
import random
import shutil

from harness.lied_to import Cell, Life, Result
from harness.lies import LIES
from harness.openstack import OpenStack, state_directory
from harness.situations import SITUATIONS

COUNTS = (1, 10)


def all_cells():
    return [Cell(lie, situation, count) for count in COUNTS for situation in SITUATIONS for lie in LIES]


def random_cells(number, seed):
    """Two of three are with one cluster: ten take long to be made."""
    chance = random.Random(seed)
    few = number * 2 // 3
    return [cell for count, part in zip(COUNTS, (few, number - few))
            for cell in chance.sample([cell for cell in all_cells() if cell.clusters == count], part)]


def in_order(cells, seed):
    """So that few clusters are made for it alone: what happens to a cluster between its create and its destroy."""
    chance = random.Random(seed)
    chance.shuffle(cells)
    creates = [cell for cell in cells if cell.situation == 'create']
    destroys = [cell for cell in cells if cell.situation == 'destroy']
    rest = [cell for cell in cells if cell.situation not in ('create', 'destroy')]
    rounds = max(len(creates), len(destroys), 1)
    ordered = []
    for number in range(rounds):
        ordered += creates[number:number + 1] + rest[number::rounds] + destroys[number:number + 1]
    return ordered


def share_out(cells, at_once, seed):
    """[(clusters, cells)]: a life for each of at most `at_once` lists, a third of them with ten clusters."""
    lives = {10: max(1, at_once // 3)}
    lives[1] = max(1, at_once - lives[10])
    jobs = []
    for count in reversed(COUNTS):
        mine = [cell for cell in cells if cell.clusters == count]
        parts = [mine[number::lives[count]] for number in range(lives[count])]
        jobs += [(count, in_order(part, seed)) for part in parts if part]
    return jobs


class Worker:
    """Lives one list of cells; when a cell went wrong, what follows is a new life's."""

    def __init__(self, certificates, directory):
        self._certificates = certificates
        self._directory = pathlib.Path(directory)

    def __call__(self, job, report):
        count, cells = job
        openstack = OpenStack(state_directory())
        while cells:
            directory = self._directory / ('%d-%s' % (count, str(cells[0]).replace(' ', '-')))
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(parents=True)
            cells = self._live(openstack, directory, count, cells, report)

    def _live(self, openstack, directory, count, cells, report):
        life = Life(openstack, self._certificates, directory, count - 1)
        try:
            try:
                life.begin()
            except Exception as error:
                report(Result(cells[0], 'it did not begin: %s\n%s' % (error, life.agent.log()[-3000:])))
                return cells[1:]
            for number, cell in enumerate(cells):
                result = life.run(cell)
                if result.problem:
                    evidence = self._directory / ('wrong-%s.txt' % str(cell).replace(' ', '-'))
                    evidence.write_text('%s\n\n%s' % (result.problem, life.evidence()))
                    result.problem += ' (evidence: %s)' % evidence
                report(result)
                if result.problem:
                    return cells[number + 1:]
            return []
        finally:
            life.close()
