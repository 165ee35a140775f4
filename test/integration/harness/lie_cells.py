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
    """Two of three are with one cluster. With ten, lies are chosen, and each one's situations go on at once."""
    chance = random.Random(seed)
    ones = [cell for cell in all_cells() if cell.clusters == 1]
    alone = chance.sample(ones, min(number * 2 // 3, len(ones)))
    among_others = []
    for lie in chance.sample(list(LIES), len(LIES)):
        left = number - len(alone) - len(among_others)
        among_others += [Cell(lie, situation, 10) for situation in
                         chance.sample(list(SITUATIONS), min(left, len(SITUATIONS)))]
    return alone + among_others


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


def rounds_of(cells, seed):
    """Lists of cells that are lived through at once: with one cluster one, with ten a lie's."""
    if cells and cells[0].clusters == 1:
        return [[cell] for cell in in_order(cells, seed)]
    lies = sorted({cell.lie for cell in cells})
    random.Random(seed).shuffle(lies)
    return [[cell for cell in cells if cell.lie == lie] for lie in lies]


def share_out(cells, at_once, seed):
    """[(clusters, rounds)]: a life for each of at most `at_once` lists; one of eight has ten clusters."""
    among_others = max(1, at_once // 8)
    rounds = rounds_of([cell for cell in cells if cell.clusters == 10], seed)
    jobs = [(10, part) for part in _dealt(rounds, among_others)]
    # Each life has as many creates as destroys, or nearly so.
    names = list(SITUATIONS)
    alone = sorted([cell for cell in cells if cell.clusters == 1], key=lambda cell: names.index(cell.situation))
    return jobs + [(1, rounds_of(part, seed)) for part in _dealt(alone, max(1, at_once - among_others))]


def _dealt(things, hands):
    return [part for part in (things[number::hands] for number in range(hands)) if part]


class Worker:
    """Lives through lists of rounds; after one in which a cell went wrong, what follows is a new life's."""

    def __init__(self, certificates, directory):
        self._certificates = certificates
        self._directory = pathlib.Path(directory)

    def __call__(self, job, report):
        count, rounds = job
        openstack = OpenStack(state_directory())
        while rounds:
            directory = self._directory / ('%d-%s' % (count, str(rounds[0][0]).replace(' ', '-')))
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(parents=True)
            rounds = self._live(openstack, directory, count, rounds, report)

    def _live(self, openstack, directory, count, rounds, report):
        """The rounds that are left."""
        life = Life(openstack, self._certificates, directory, count)
        try:
            try:
                life.begin()
            except Exception as error:
                for cell in rounds[0]:
                    report(Result(cell, 'it did not begin: %s\n%s' % (error, life.agent.log()[-3000:])))
                return rounds[1:]
            for number, cells in enumerate(rounds):
                results = life.run(cells)
                self._keep_evidence(life, results)
                for result in results:
                    report(result)
                if any(result.problem for result in results):
                    return rounds[number + 1:]
            return []
        finally:
            life.close()

    def _keep_evidence(self, life, results):
        wrong = [result for result in results if result.problem]
        evidence = life.evidence() if wrong else ''
        for result in wrong:
            file = self._directory / ('wrong-%s.txt' % str(result.cell).replace(' ', '-'))
            file.write_text('%s\n\n%s' % (result.problem, evidence))
            result.problem += ' (evidence: %s)' % file
