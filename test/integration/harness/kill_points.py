"""The points of the kill matrix, and how they are shared out among lives."""
import pathlib
import random
import shutil

from harness.killed import OPERATIONS, Life, Result, points_of
from harness.openstack import OpenStack, state_directory


def all_points(certificates, directory):
    """Those of a life without kills."""
    life = Life(OpenStack(state_directory()), certificates, pathlib.Path(directory) / 'without-kills')
    try:
        life.begin()
        return points_of(sorted(set(life.requests())))
    finally:
        life.close()


def random_points(points, number, seed):
    """As many of each operation as of any other, or nearly so: each is gone through as often."""
    chance = random.Random(seed)
    names = list(OPERATIONS)
    chosen = []
    for index, operation in enumerate(names):
        mine = [point for point in points if point.request.operation == operation]
        wanted = number // len(names) + (index < number % len(names))
        chosen += chance.sample(mine, min(wanted, len(mine)))
    return chosen


def share_out(points, lives):
    """Lists of points, one for each life."""
    return [part for part in (points[number::lives] for number in range(lives)) if part]


def rounds(points, together):
    """A round has at most so many points of each operation."""
    queues = {operation: [point for point in points if point.request.operation == operation]
              for operation in OPERATIONS}
    while any(queues.values()):
        yield {operation: queue[:together] for operation, queue in queues.items()}
        queues = {operation: queue[together:] for operation, queue in queues.items()}


class Worker:
    """Lives one list of points; after one that went wrong a new life begins.

    `together` is how often the agent is killed while one operation goes on, at another point each time.
    """

    def __init__(self, certificates, directory, together=1):
        self._certificates = certificates
        self._together = together
        self._directory = pathlib.Path(directory)

    def __call__(self, points, report):
        openstack = OpenStack(state_directory())
        left = list(points)
        while left:
            done = self._live(openstack, left, report)
            left = [point for point in left if point not in done]

    def _live(self, openstack, points, report):
        """The points that were met with."""
        directory = self._directory / ('life-%d-%d' % (abs(hash(points[0])), len(points)))
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        life = Life(openstack, self._certificates, directory)
        done = []
        try:
            life.begin()
            for each in rounds(points, self._together):
                for operation, mine in each.items():
                    if not mine:
                        life.go_through(operation)
                        continue
                    results = [self._kept(life, result) for result in life.run(mine)]
                    done += mine
                    for result in results:
                        report(result)
                    if results[0].problem:
                        return done
            return done
        except Exception as error:  # of the life itself
            point = next(point for point in points if point not in done)
            report(self._kept(life, Result(point, 'without a kill: %s' % error)))
            return [*done, point]
        finally:
            life.close()

    def _kept(self, life, result):
        if result.problem:
            evidence = self._directory / ('wrong-%s.txt' % str(result.cell).replace(' ', '-').replace('/', '-'))
            evidence.write_text('%s\n\n%s' % (result.problem, life.evidence()))
            result.problem += ' (evidence: %s)' % evidence
        return result
