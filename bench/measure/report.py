"""Medians and ratios of interleaved rounds, as lines for people."""
import statistics


def median_of(runs, value):
    return statistics.median(value(run) for run in runs)


def median_ratio(ours, theirs):
    """The median over the rounds of ours / theirs: both of a round met the same noise."""
    return statistics.median(a / b for a, b in zip(ours, theirs))


def table(titles, rows):
    """A Markdown table."""
    cells = [titles] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(titles))]
    lines = ['| ' + ' | '.join(cell.ljust(width) for cell, width in zip(row, widths)) + ' |' for row in cells]
    lines.insert(1, '| ' + ' | '.join('-' * width for width in widths) + ' |')
    return '\n'.join(lines)
