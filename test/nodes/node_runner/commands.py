"""The commands of the program `runner`."""
import inspect
import logging
import os
import subprocess
import sys
import time

from . import cgroups, links, process
from .cloud import Cloud
from .machine import all_machines, halt_everything
from .runner import Runner
from .site import HERE, Site

USAGE = """usage: runner COMMAND

  run                   look after the nodes; to be started in the site's network namespace
  start, stop           the same in the background; the nodes go on without it
  list                  id, slot, addresses, state and name of every node
  exec NODE COMMAND...  run a command inside a node
  console NODE          all that the node has written to its console
  kill NODE             the node dies, as by a crash of its hypervisor; Nova still says ACTIVE
  cut NODE, heal NODE   pull its network cable, put it in again
  shell COMMAND...      run a command in the site's network namespace
  make                  make that namespace
  images                put into Glance what the tests need besides what is there
  remove                stop everything; only the disks in the site's directory stay

NODE is a server's name, the beginning of its id, or a slot of a cluster (mex:slot) if that is unique.
"""


def find(site, word):
    machines = [machine for machine in all_machines(site) if machine.node]
    for fits in (lambda m: m.node.get('name') == word, lambda m: m.node.get('slot') == word,
                 lambda m: m.id.startswith(word)):
        found = [machine for machine in machines if fits(machine)]
        if len(found) == 1:
            return found[0]
        if found:
            sys.exit('runner: %d nodes are called %s' % (len(found), word))
    sys.exit('runner: no node is called %s' % word)


def run(site):
    logging.basicConfig(level=logging.INFO, format='%(asctime)s %(message)s')
    Runner(site).run_forever()


def start(site):
    site.make_directories()
    if process.recall(site.run / 'runner'):
        return
    with open(site.run / 'runner.log', 'ab') as log:
        child = subprocess.Popen(
            ['nsenter', '--net=/run/netns/' + site.name, sys.executable, str(HERE / 'runner'), 'run'],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    while not process.recall(site.run / 'runner'):
        if child.poll() is not None:
            sys.exit('runner: it ended at once, see %s' % (site.run / 'runner.log'))
        time.sleep(0.02)


def stop(site):
    process.stop(site.run / 'runner')


def list_nodes(site):
    for machine in sorted(all_machines(site), key=lambda machine: machine.node.get('name', '')):
        node = machine.node
        state = 'running' if machine.first_process() else machine.ending() or node.get('power', '-')
        print(machine.id[:8], node.get('slot') or '-', ','.join(node.get('addresses', ())) or '-',
              state, node.get('name', '-'))


def execute(site, name, *words):
    machine = find(site, name)
    command = machine.command(*words)
    cgroups.enter(machine.namespace)
    os.execvp(command[0], command)


def console(site, name):
    sys.stdout.buffer.write(find(site, name).console.read_bytes())


def crash(site, name):
    find(site, name).crash()


def cut(site, name):
    _set_cables(find(site, name), 'down')


def heal(site, name):
    _set_cables(find(site, name), 'up')


def _set_cables(machine, state):
    """At the bridge's end: the node sees its cable pulled, and keeps addresses and routes."""
    for namespace, end in machine.node['cables']:
        links.ip(namespace, 'link', 'set', end, state)


def shell(site, *words):
    command = ['nsenter', '--net=/run/netns/' + site.name, *words]
    os.execvp(command[0], command)


def make(site):
    site.make_directories()
    links.make_namespace(site.name)


def images(site):
    Cloud(site.admin()).ensure_image('debian-12-bare', mex_image='bare')


def remove(site):
    stop(site)
    halt_everything(site)


COMMANDS = {'run': run, 'start': start, 'stop': stop, 'list': list_nodes, 'exec': execute, 'console': console,
            'kill': crash, 'cut': cut, 'heal': heal, 'shell': shell, 'make': make, 'images': images, 'remove': remove}


def main(words):
    if not words or words[0] not in COMMANDS:
        sys.exit(USAGE)
    command = COMMANDS[words[0]]
    try:
        inspect.signature(command).bind(None, *words[1:])
    except TypeError:
        sys.exit(USAGE)
    try:
        command(Site(), *words[1:])
    except (ProcessLookupError, links.LinkError) as failure:
        sys.exit('runner: %s' % failure)
