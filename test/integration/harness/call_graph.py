"""What a list of recorded calls says about the order they were made in."""


def depth(calls, last):
    """Round trips that had to be over, one after the other, before `last` could be sent.

    It is the longest chain of calls in which each starts after the one before has ended. Give every
    call a common delay at the proxy: then calls made together overlap, and chance makes no chains.
    """
    chain = {}
    for call in sorted(calls, key=lambda call: call.started):
        if not call.ended or call.ended > last.started:
            continue
        before = [chain[other.number] for other in calls
                  if other.number in chain and other.ended <= call.started]
        chain[call.number] = 1 + max(before, default=0)
    return max(chain.values(), default=0)


def overlap(calls):
    """Whether all these calls were under way at one moment."""
    return max(call.started for call in calls) < min(call.ended for call in calls)
