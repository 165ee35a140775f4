"""Faults that a test switches on by making a file in the fault directory, and off by removing it.

spawn_delay  the file's text is the time in seconds a hypervisor takes to start a server
spawn_fail   hypervisors refuse to start servers
bind_fail    Neutron cannot bind ports, as if the hosts' agents were dead
volume_delay the file's text is the time in seconds Cinder takes to make a volume
volume_fail  Cinder cannot make volumes: status error
volume_delete_fail  Cinder cannot delete volumes: status error_deleting

A file of just that name strikes everywhere, NAME@WORD only the host or the project of that name or id:
so tests that run at the same time leave each other alone.
"""
import os


def _text(name, scopes):
    for file_name in [name] + [name + '@' + scope for scope in scopes]:
        try:
            with open(os.path.join(os.environ['MEX_FAULT_DIR'], file_name), encoding='utf-8') as file:
                return file.read()
        except FileNotFoundError:
            pass
    return None


def seconds(name, *scopes):
    return float((_text(name, scopes) or '0').strip() or 0)


def strikes(name, *scopes):
    return _text(name, scopes) is not None
