"""Nova's own fake hypervisor driver with faults and a delay that tests switch on (see mex_faults)."""
import time

import nova.conf
from nova import exception
from nova.virt import fake

import mex_faults


class MexDriver(fake.FakeDriver):

    def spawn(self, *args, **kwargs):
        # nova-compute is an eventlet program: its other work goes on meanwhile.
        time.sleep(mex_faults.seconds('spawn_delay'))
        if mex_faults.strikes('spawn_fail', nova.conf.CONF.host):
            raise exception.NovaException('this hypervisor was told to refuse (fault spawn_fail)')
        return super().spawn(*args, **kwargs)
