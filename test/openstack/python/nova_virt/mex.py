"""Nova's own fake hypervisor driver with faults and a delay that tests switch on (see mex_faults)."""
import time

import nova.conf
from nova import exception
from nova.virt import fake

import mex_faults


class MexDriver(fake.FakeDriver):

    def spawn(self, context, instance, *args, **kwargs):
        scopes = (nova.conf.CONF.host, instance.project_id)
        # nova-compute is an eventlet program: its other work goes on meanwhile.
        time.sleep(mex_faults.seconds('spawn_delay', *scopes))
        if mex_faults.strikes('spawn_fail', *scopes):
            raise exception.NovaException('this hypervisor was told to refuse (fault spawn_fail)')
        return super().spawn(context, instance, *args, **kwargs)
