"""The loop: what Nova and Neutron say becomes real.

One list call of Nova and one of Neutron per tick. A call that fails changes nothing: no node is ever
stopped because a list could not be read. The runner may be killed and started again at any time: nodes
live in their keepers, and what is there is found again by name.
"""
import fcntl
import logging
import os
import signal
import sys
import time

from . import config_drive, links, process
from .cloud import Cloud, CloudError
from .fabric import Fabric
from .machine import Machine, all_machines

_TICK = 0.5
# Changes that the list of ports does not tell, as of a router's routes, are seen after so many ticks.
_FULL_LOOK = 10
_OFF = ('SHUTOFF', 'SUSPENDED', 'PAUSED', 'SHELVED', 'SHELVED_OFFLOADED', 'RESCUED')


class Runner:

    def __init__(self, site):
        self._site = site
        self._cloud = Cloud(site.admin())
        self._fabric = Fabric(site, self._cloud)
        self._images = {}
        self._keepers = []
        self._trouble = {}  # server -> what was last said about it

    def run_forever(self):
        lock = open(self._site.run / 'lock', 'w', encoding='utf-8')
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        process.remember(self._site.run / 'runner', os.getpid())
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        tick = 0
        while True:
            try:
                self.step(everything=tick % _FULL_LOOK == 0)
                tick += 1
            except (CloudError, links.LinkError) as failure:
                self._say('', 'looking again: %s' % failure)
            time.sleep(_TICK)

    def step(self, everything):
        servers = self._cloud.servers()
        self._fabric.refresh(everything)
        for gone in {machine.id for machine in all_machines(self._site)} - {s['id'] for s in servers}:
            logging.info('%s: deleted', Machine(self._site, gone).node.get('name', gone))
            Machine(self._site, gone).remove()
        for server in servers:
            try:
                self._settle(server)
            except (CloudError, links.LinkError, TimeoutError, OSError) as failure:
                self._say(server['id'], '%s: %s' % (server['name'], failure))
        self._keepers = [keeper for keeper in self._keepers if keeper.poll() is None]

    def _say(self, who, text):
        """Once, not every tick."""
        if self._trouble.get(who) != text:
            logging.warning('%s', text)
            self._trouble[who] = text

    def _settle(self, server):
        machine = Machine(self._site, server['id'])
        node = machine.node
        if server['status'] in _OFF:
            if node.get('power') == 'on':
                machine.halt()
                machine.update(power='off')
                logging.info('%s: off (%s)', server['name'], server['status'])
        elif server['status'] == 'ACTIVE':
            if not node:
                self._first_boot(machine, server)
            elif self._wants_boot(machine, node, server):
                self._boot(machine, server)

    def _wants_boot(self, machine, node, server):
        if node.get('power') != 'on' or 'nova_updated' not in node:
            return True
        if not machine.is_running() and machine.ending() in ('', 'reboot'):
            return True  # the site was down, or somebody inside asked for it
        if node['nova_updated'] == server['updated']:
            return False
        reboot = self._cloud.last_reboot(server['id'])
        if reboot == node['nova_reboot']:
            machine.update(nova_updated=server['updated'])
            return False
        return True

    def _first_boot(self, machine, server):
        wiring = self._fabric.wiring(server['id'])
        if not wiring.ports and server['addresses']:
            return  # the ports were listed a moment before they were bound
        machine.make_disk(self._image_kind(server),
                          config_drive.files(server, wiring, self._cloud.public_key(server)),
                          wiring.name_servers())
        self._boot(machine, server)

    def _boot(self, machine, server):
        begun = time.monotonic()
        wiring = self._fabric.wiring(server['id'])
        reboot = self._cloud.last_reboot(server['id'])
        machine.update(name=server['name'], slot=server['metadata'].get('mex:slot', ''), power='on',
                       project=server['tenant_id'],
                       addresses=[address for port in wiring.ports for address, _ in wiring.addresses(port)])
        self._keepers.append(machine.boot(lambda namespace: self._fabric.plug(namespace, wiring)))
        # Last, so that a runner killed in between boots it again.
        machine.update(nova_updated=server['updated'], nova_reboot=reboot)
        logging.info('%s: started, %s (%.0f ms)', server['name'], ' '.join(machine.node['addresses']),
                     (time.monotonic() - begun) * 1000)

    def _image_kind(self, server):
        """The image's property mex_image: `bare` for a Debian without Kubernetes; else it has it."""
        image = server['image']['id'] if server['image'] else None
        if image and image not in self._images:
            self._images[image] = self._cloud.image(image).get('mex_image', 'kubernetes')
        return self._images.get(image, 'kubernetes')
