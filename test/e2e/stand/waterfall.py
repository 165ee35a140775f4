"""An operation's steps as docs/benchmarks.md shows them."""
import datetime

WIDTH = 40


def moment(text):
    """Seconds since 1970 of an RFC 3339 time in UTC."""
    # Python 3.11 reads at most six digits of a second.
    head, _, fraction = text.rstrip('Z').partition('.')
    return datetime.datetime.fromisoformat(head + '+00:00').timestamp() + float('0.' + (fraction or '0'))


def spans(operation):
    """(name, start, end) of every step that ran, in seconds since the operation was asked for."""
    zero = moment(operation['created_at'])
    found = [(step['name'], moment(step['started_at']) - zero, moment(step['ended_at']) - zero)
             for step in operation['steps'] if 'started_at' in step and 'ended_at' in step]
    return sorted(found, key=lambda span: (span[1], span[2]))


def text(operation):
    rows = spans(operation)
    whole = max((end for _, _, end in rows), default=0) or 1
    lines = ['start s  took s  %-*s  step' % (WIDTH, '')]
    for name, start, end in rows:
        left = min(round(start / whole * WIDTH), WIDTH - 1)
        bar = '#' * max(1, round(end / whole * WIDTH) - left)
        lines.append('%7.1f %7.1f  %-*s  %s' % (start, end - start, WIDTH, ' ' * left + bar, name))
    return '\n'.join(lines)
