"""Namespaces, virtual cables and addresses, through iproute2. Every function may be called again."""
import json
import subprocess

from . import site


class LinkError(Exception):
    pass


def _run(*command, text=None):
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
    if done.returncode:
        raise LinkError('%s: %s' % (' '.join(command), (done.stderr or done.stdout).strip()))
    return done.stdout


def ip(namespace, *arguments):
    return _run('ip', '-n', namespace, *arguments)


def ip_json(namespace, *arguments):
    return json.loads(_run('ip', '-n', namespace, '-json', *arguments) or '[]')


def inside(namespace, script, text=None):
    """Runs a line of shell in a namespace."""
    return _run('nsenter', '--net=%s/%s' % (site.NAMESPACES, namespace), 'sh', '-euc', script, text=text)


def make_namespace(name):
    if not (site.NAMESPACES / name).exists():
        _run('ip', 'netns', 'add', name)
        # Not as on the host, of which it would be inherited: nothing is forwarded. And a new address is
        # announced, so that nobody goes on sending to the machine that had it before.
        inside(name, 'cd /proc/sys/net/ipv4; echo 0 >ip_forward; echo 1 >conf/default/arp_notify')
    ip(name, 'link', 'set', 'lo', 'up')


def remove_namespace(name):
    if (site.NAMESPACES / name).exists():
        _run('ip', 'netns', 'del', name)


def names(namespace):
    return {link['ifname'] for link in ip_json(namespace, 'link')}


def make_bridge(namespace, name, mtu=1500):
    if name not in names(namespace):
        ip(namespace, 'link', 'add', name, 'mtu', str(mtu), 'type', 'bridge', 'forward_delay', '0', 'stp_state', '0')
    ip(namespace, 'link', 'set', name, 'up')


def make_cable(namespace, name, mac, mtu, bridge_namespace, bridge, bridge_end):
    """A cable from a bridge to an interface `name` elsewhere."""
    if name not in names(namespace):
        if bridge_end in names(bridge_namespace):
            ip(bridge_namespace, 'link', 'del', bridge_end)  # its other end is somewhere else
        ip(namespace, 'link', 'add', name, 'address', mac, 'mtu', str(mtu), 'type', 'veth',
           'peer', 'name', bridge_end, 'mtu', str(mtu), 'netns', bridge_namespace)
    ip(bridge_namespace, 'link', 'set', bridge_end, 'master', bridge, 'up')
    ip(namespace, 'link', 'set', name, 'up')


def set_addresses(namespace, interface, wanted):
    """wanted: addresses with prefix length. Others of global scope are removed."""
    answer = ip_json(namespace, 'address', 'show', 'dev', interface)
    present = {'%s/%d' % (address['local'], address['prefixlen'])
               for link in answer for address in link.get('addr_info', ()) if address['scope'] == 'global'}
    for address in present - set(wanted):
        ip(namespace, 'address', 'del', address, 'dev', interface)
    for address in wanted:
        if address not in present:
            more = ('nodad',) if ':' in address else ('broadcast', '+')
            ip(namespace, 'address', 'add', address, *more, 'dev', interface)


def set_routes(namespace, wanted):
    """wanted: pairs of destination and gateway. What others have set by a gateway is removed."""
    for family in ('-4', '-6'):
        of_family = {(to, via) for to, via in wanted if (':' in via) == (family == '-6')}
        present = set()
        for route in ip_json(namespace, family, 'route'):
            if 'gateway' in route:
                default = '0.0.0.0/0' if family == '-4' else '::/0'
                present.add((default if route['dst'] == 'default' else _with_prefix(route['dst']), route['gateway']))
        for to, via in present - of_family:
            ip(namespace, family, 'route', 'del', to, 'via', via)
        for to, via in sorted(of_family - present):
            ip(namespace, family, 'route', 'add', to, 'via', via)


def _with_prefix(destination):
    if '/' in destination:
        return destination
    return destination + ('/128' if ':' in destination else '/32')
