"""What tests of many cases share: choosing by chance, running cells in several processes, and their tables."""
import multiprocessing
import os
import queue
import random
import signal
import sys
import time


def seed_of(variable):
    """The seed that the environment says, or one by chance; printed, so that a failure can be had again."""
    seed = int(os.environ.get(variable) or random.randrange(10 ** 6))
    print('%s=%d' % (variable, seed))
    return seed


def run_all(jobs, work, at_once, report):
    """Runs work(job, report) for each job, `at_once` of them in processes of their own; calls report with what
    they report, in this process. A process that dies is an error."""
    context = multiprocessing.get_context('fork')
    results = context.Queue()
    waiting, running = list(jobs), []
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                process = context.Process(target=_work, args=(work, waiting.pop(0), results.put))
                process.start()
                running.append(process)
            _take(results, report, seconds=0.5)
            for process in [each for each in running if each.exitcode is not None]:
                running.remove(process)
                while _take(results, report, seconds=0.2):
                    pass
                assert process.exitcode == 0, 'a process of the matrix ended with %s' % process.exitcode
    finally:
        # Each ends its agents and empties its projects.
        for process in running:
            process.terminate()
        for process in running:
            process.join()


def _work(work, job, report):
    """SIGTERM goes through what is to be done at the end; a process in the background does not hear SIGINT."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    work(job, report)


def _take(results, report, seconds):
    try:
        report(results.get(timeout=seconds))
        return True
    except queue.Empty:
        return False


def table(title, rows, columns, cell):
    """A table of Markdown; cell(row, column) is a text."""
    lines = ['| %s | %s |' % (title, ' | '.join(columns)), '| --- |' + ' --- |' * len(columns)]
    for row in rows:
        lines.append('| %s | %s |' % (row, ' | '.join(cell(row, column) for column in columns)))
    return '\n'.join(lines) + '\n'


def write_between(path, marker, text):
    """Replaces what stands in a page between the comments <!-- marker --> and <!-- end of marker -->."""
    begin, end = '<!-- %s -->\n' % marker, '<!-- end of %s -->' % marker
    before, _, rest = path.read_text().partition(begin)
    _, _, after = rest.partition(end)
    assert rest and after is not None, '%s has no place for the table' % path
    path.write_text(before + begin + '\n' + text + '\n' + end + after)


class Progress:
    """Prints one line for each result and keeps them."""

    def __init__(self, count):
        self.results = []
        self._count = count
        self._started = time.monotonic()

    def __call__(self, result):
        self.results.append(result)
        print('%4.0f s %3d/%d %-45s %5.1f s  %s' % (
            time.monotonic() - self._started, len(self.results), self._count, result.cell, result.seconds,
            ('WRONG ' + result.problem) if result.problem else 'ok' + (': ' if result.remark else '') + result.remark), flush=True)

    def wrong(self):
        return [result for result in self.results if result.problem]
