"""launch.py PROGRAM ARGUMENTS...: runs a program of OpenStack's Python packages.

Debian ships most programs in packages of their own, which also bring users, init scripts and
questions. Their code is in the python3-* packages: only these few lines are missing.
"""
import importlib
import os
import sys

PROGRAMS = {
    'keystone-manage': 'keystone.cmd.manage',
    'placement-manage': 'placement.cmd.manage',
    'glance-api': 'glance.cmd.api',
    'glance-manage': 'glance.cmd.manage',
    'neutron-server': 'neutron.cmd.eventlet.server',
    'neutron-db-manage': 'neutron.db.migration.cli',
    'nova-manage': 'nova.cmd.manage',
    'nova-conductor': 'nova.cmd.conductor',
    'nova-scheduler': 'nova.cmd.scheduler',
    'nova-compute': 'nova.cmd.compute',
    'cinder-manage': 'cinder.cmd.manage',
    'cinder-api': 'cinder.cmd.api',
    'cinder-scheduler': 'cinder.cmd.scheduler',
    'cinder-volume': 'cinder.cmd.volume',
}


def main():
    program = sys.argv[1]
    module = importlib.import_module(PROGRAMS[program])
    sys.argv = [program] + sys.argv[2:]
    if program == 'nova-compute':
        # Nova loads its driver only from the package nova.virt: our directory becomes a part of it.
        import nova.virt
        nova.virt.__path__.append(os.path.join(os.path.dirname(__file__), 'nova_virt'))
    return module.main()


if __name__ == '__main__':
    sys.exit(main())
