"""An agent that orders its certificate by itself: what it says of that."""
import pathlib

from harness.waiting import wait_until

NAME = 'agent1.test'


def certificate(agent):
    return agent.get('/v1/certificates/default')


def is_issued(agent):
    shown = certificate(agent)
    return shown['source'] == 'ACME' and shown


def issued(agent):
    return wait_until(lambda: is_issued(agent), lambda: 'a certificate is issued: %s' % certificate(agent), every=0.05)


def failed(agent, failures=1):
    def has_failed():
        renewal = certificate(agent)['renewal']
        return renewal.get('failures', 0) >= failures and renewal['state'] == 'BACKING_OFF' and renewal
    return wait_until(has_failed, lambda: 'the order fails: %s' % certificate(agent), every=0.05)


def renew(agent):
    before = certificate(agent)['fingerprint']
    agent.post('/v1/certificates/default:renew', {})
    return wait_until(lambda: certificate(agent)['fingerprint'] != before and is_issued(agent),
                      lambda: 'the next certificate is served: %s' % certificate(agent), every=0.05)


def children_of(agent):
    tasks = pathlib.Path('/proc/%d/task' % agent.process.pid).iterdir()
    return {int(child) for task in tasks for child in (task / 'children').read_text().split()}
