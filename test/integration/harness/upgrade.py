"""What is asked of an agent whose state directory an earlier version wrote, and what of the answers must be as it was."""

# What these answer follows from the store alone: no cloud is asked.
QUESTIONS = (
    '/v1/proxies', '/v1/flavors', '/v1/nginx-proxies', '/v1/operations', '/v1/tenants/tenant-1/clusters/test-1',
    '/v1/tenants/tenant-2/clusters/half', '/v1/events',
)
# Of the moment: when something was last looked at or tried, how often, and when it is tried next. An event that happens
# again is counted and gets the next number.
_OF_THE_MOMENT = {'active_connections', 'observed_at', 'last_transition_at', 'retry_at', 'next', 'attempts', 'counters', 'traffic',
                  'last_at', 'count', 'number'}


# The same, and of the running attempt, in an operation that has not ended.
_OF_THE_ATTEMPT = {'state', 'reason', 'steps'}


def lasting(answer):
    """The answer without what is of the moment."""
    if isinstance(answer, dict):
        if answer.get('code') == 'NotSeen':
            return {'code': 'NotSeen'}  # in which words is each version's own
        is_running = 'plan_hash' in answer and 'ended_at' not in answer
        dropped = _OF_THE_MOMENT | _OF_THE_ATTEMPT if is_running else _OF_THE_MOMENT
        if answer.get('state') == 'CREATING':  # a cluster: what blocks its operation is its reason
            dropped = dropped | {'reason'}
        return {name: lasting(value) for name, value in answer.items() if name not in dropped}
    if isinstance(answer, list):
        return [lasting(value) for value in answer]
    return answer


def as_known_then(answer, recorded):
    """The answer without what the version that recorded did not know: types of conditions, etags of routes."""
    if 'proxies' in recorded:
        return dict(answer, proxies=[{key: each[key] for key in each if key != 'etag'} for each in answer['proxies']])
    if 'conditions' not in recorded:
        return answer
    types = {condition['type'] for condition in recorded['conditions']}
    return dict(answer, conditions=[condition for condition in answer['conditions'] if condition['type'] in types])
