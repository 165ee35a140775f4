"""Faults that a test switches on by writing a file into the fault directory, and off by removing it.

spawn_delay  seconds a hypervisor takes to start a server
spawn_fail   a hypervisor refuses to start servers; the file may name the hosts, empty means all
bind_fail    Neutron cannot bind ports on these hosts, as if their agent were dead; empty means all
"""
import os


def _text(name):
    try:
        with open(os.path.join(os.environ['MEX_FAULT_DIR'], name), encoding='utf-8') as file:
            return file.read()
    except FileNotFoundError:
        return None


def seconds(name):
    return float((_text(name) or '0').strip() or 0)


def strikes(name, host):
    text = _text(name)
    if text is None:
        return False
    hosts = text.split()
    return not hosts or host in hosts
