"""Nova's own fake hypervisor driver with faults and a delay that tests switch on (see mex_faults), and
with the console of a real node where ../../nodes runs one for the server."""
import os
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

    def get_console_output(self, context, instance):
        state = os.path.dirname(os.environ['MEX_FAULT_DIR'])
        try:
            with open(os.path.join(state, 'consoles', instance.uuid + '.log'), 'rb') as console:
                return console.read()
        except FileNotFoundError:
            return super().get_console_output(context, instance)
