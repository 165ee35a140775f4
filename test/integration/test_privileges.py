"""What the programs can reach that the agent runs, with the users and capabilities of the package's units.

Every try is made by a program that has exactly the rights of the process in question, as /proc says them.
"""
import os
import pathlib
import signal
import stat

import pytest

from harness import nginx, orders
from harness.certificates import Certificates
from harness.echo import TcpEcho, ask_tcp
from harness.installed_machine import InstalledAgent, InstalledMachine
from harness.knot import Knot
from harness.own_network import ADDRESS, OwnNetwork
from harness.pebble import Pebble
from harness.tries import as_root, status, with_rights_of
from harness.waiting import wait_until

PASSWORD = 'open-sesame-7'
CLOUD = {'OS_AUTH_URL': 'http://127.0.0.1:1/v3', 'OS_USERNAME': 'u', 'OS_PASSWORD': PASSWORD, 'OS_PROJECT_NAME': 'p'}
STATE = '/var/lib/mexosagent'
NO_CAPABILITY, LOW_PORTS = '0000000000000000', '0000000000000400'
SETS = ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')
TCP, HTTP = 'LProtoTCP', 'LProtoHTTP'


@pytest.fixture(scope='module', autouse=True)
def own_network():
    with OwnNetwork():
        yield


@pytest.fixture
def machine(tmp_path):
    (tmp_path / 'machine').mkdir()
    made = InstalledMachine(tmp_path / 'machine')
    made.start_launcher(tmp_path / 'launcher.log')
    yield made
    made.close()


@pytest.fixture
def new_agent_here(machine, certificates, tmp_path, request):
    """A function that starts the agent of the machine with a certificate in its place."""
    made = request.node.agents = []

    def make(*flags, **environment):
        for name in ('cert.pem', 'key.pem'):
            machine.put('/etc/mexosagent/certs/' + name, (certificates.directory / name).read_text())
        machine.run('chown', 'mexosagent:mexosagent', '/etc/mexosagent/certs')
        agent = InstalledAgent(machine, tmp_path / 'agent', certificates, {**CLOUD, **environment},
                               ['-nginx_runtime', 'process', '-shards', '1', '-debug', *flags])
        made.append(agent)
        return agent.start()
    yield make
    for agent in made:
        agent.close()


def processes_of(machine, user):
    """By their ids, all that run as that user."""
    number, found = machine.user(user), []
    for each in pathlib.Path('/proc').glob('[0-9]*'):
        try:
            if int(status(int(each.name))['Uid'][0]) == number and '(zombie)' not in status(int(each.name))['State']:
                found.append(int(each.name))
        except OSError:
            pass  # gone
    return sorted(found)


def workers(machine):
    """The directory's name and the id of each."""
    return {os.path.basename(os.readlink('/proc/%d/cwd' % pid)): pid for pid in processes_of(machine, 'mexosagent-nginx')
            if pathlib.Path('/proc/%d/cmdline' % pid).read_bytes().startswith(b'nginx: worker process')}


def secrets(agent):
    """Everything that is the agent's alone."""
    return [('read', STATE + '/api.token'), ('read', STATE + '/sealing.key'), ('read', STATE + '/state.db'),
            ('write', STATE + '/state.db'), ('enter', STATE), ('enter', STATE + '/nginx'),
            ('read', '/etc/mexosagent/mexosagent.conf'), ('read', '/etc/mexosagent/certs/key.pem'),
            ('read', '/proc/%d/environ' % agent.pid()), ('read_memory', agent.pid()), ('trace', agent.pid()),
            ('enter', '/proc/%d/fd' % agent.pid()), ('enter', '/proc/%d/root' % agent.pid()),
            ('enter', '/proc/%d/cwd' % agent.pid()), ('send_signal', agent.pid())]


def assert_reaches_nothing(agent, pid):
    """A child of the agent's can do none of what root can."""
    machine = agent.machine
    tries = [*secrets(agent), ('call', '/run/mexosagent-launcher.socket'), ('become', 0),
             ('become', machine.user('mexosagent'))]
    assert as_root(machine, tries) == ['done'] * len(tries), 'these are no tries'
    refused = with_rights_of(machine, pid, tries)
    assert set(refused) <= {'EACCES', 'EPERM', 'ENOENT'}, list(zip(tries, refused))


def assert_is_bare(machine, pid, user, capabilities=NO_CAPABILITY):
    """User, groups, capabilities, environment and limits are those of who has nothing."""
    has = status(pid)
    number = str(machine.user(user))
    assert has['Uid'] == [number] * 4
    assert has['Groups'] == machine.run('id', '-g', user).stdout.split(), 'its own, and no other'
    assert [has[each] for each in SETS] == [[capabilities]] * len(SETS)
    assert has['NoNewPrivs'] == ['1']
    limits = pathlib.Path('/proc/%d/limits' % pid).read_text()
    assert ['0', '0'] == next(line.split()[4:6] for line in limits.splitlines() if line.startswith('Max core file size'))
    assert PASSWORD.encode() not in pathlib.Path('/proc/%d/environ' % pid).read_bytes()


def descriptors(pid):
    """What the descriptors lead to."""
    return [os.readlink(each) for each in pathlib.Path('/proc/%d/fd' % pid).iterdir()]


def test_the_agent_itself_is_closed(machine, new_agent_here):
    agent = new_agent_here()
    has = status(agent.pid())
    assert has['Uid'] == [str(machine.user('mexosagent'))] * 4
    bind_and_routes = '%016x' % (1 << 10 | 1 << 12)
    assert [has[each] for each in SETS] == [[NO_CAPABILITY], [bind_and_routes], [bind_and_routes], [bind_and_routes],
                                            [NO_CAPABILITY]]
    assert has['NoNewPrivs'] == ['1']
    # Not even another process of its own user sees its memory, and it cannot look into the launcher.
    [launcher] = processes_of(machine, 'mexosagent-launcher')
    for pid in (agent.pid(), launcher):
        tries = [('read', '/proc/%d/environ' % pid), ('read_memory', pid), ('trace', pid)]
        assert set(with_rights_of(machine, agent.pid(), tries)) <= {'EACCES', 'EPERM'}
    has = status(launcher)
    assert has['CapAmb'] == [NO_CAPABILITY] and has['NoNewPrivs'] == ['1']


@pytest.mark.parametrize('port, capabilities', [(7001, NO_CAPABILITY), (777, LOW_PORTS)], ids=['high', 'low'])
def test_an_nginx_worker_reaches_nothing_of_the_agent(machine, new_agent_here, port, capabilities):
    agent, echo = new_agent_here(), TcpEcho()
    nginx.added(agent, 'a', nginx.port(TCP, port, echo.origin))
    assert ask_tcp(ADDRESS, port, b'x') == b'tcp:x'
    [worker] = workers(machine).values()
    processes = processes_of(machine, 'mexosagent-nginx')
    assert len(processes) == 2, 'master and worker'
    for pid in processes:
        assert_is_bare(machine, pid, 'mexosagent-nginx', capabilities)
        assert b'OS_' not in pathlib.Path('/proc/%d/environ' % pid).read_bytes()
        for target in descriptors(pid):
            own = target.startswith(('socket:', 'anon_inode:')) or target.endswith('/dev/null')
            assert own or STATE + '/nginx/a-nginx-lbproxy/' in target, descriptors(pid)
    assert_reaches_nothing(agent, worker)
    # Its own: it reads the configuration, writes its log, and can change neither what the agent gave it nor its place.
    own = [('read', 'nginx.conf'), ('write', 'sessions.log'), ('write', 'nginx.conf'), ('replace', 'nginx.conf'),
           ('replace', 'error.log'), ('read', 'account'), ('bind', 80)]
    binds = 'done' if capabilities == LOW_PORTS else 'EACCES'
    answers = with_rights_of(machine, worker, own)
    assert answers == ['done', 'done', 'EACCES', 'EPERM', 'EPERM', 'EACCES', binds]
    echo.close()


def test_an_nginx_worker_reaches_nothing_of_another_instance(machine, new_agent_here, certificates):
    agent, echo = new_agent_here(), TcpEcho()
    for name, number in (('a', 7001), ('b', 7002)):
        nginx.added(agent, name, nginx.port(HTTP, number, '127.0.0.1:%d' % echo.port, path='/'))
    ours, theirs = (workers(machine)[name + '-nginx-lbproxy'] for name in 'ab')
    assert status(ours)['Gid'] != status(theirs)['Gid']
    there = '/proc/%d/cwd' % theirs
    [key] = [each.name for each in (agent.state_dir / 'nginx/b-nginx-lbproxy').glob('key-*.pem')]
    tries = [('read', '%s/%s' % (there, key)), ('read', '%s/nginx.conf' % there), ('read', '../b-nginx-lbproxy/' + key),
             ('read', '/proc/%d/environ' % theirs), ('read_memory', theirs), ('trace', theirs)]
    assert as_root(machine, tries[:2] + tries[3:]) == ['done'] * 5, 'these are no tries'
    answers = with_rights_of(machine, ours, tries)
    assert set(answers) <= {'EACCES', 'EPERM'}, list(zip(tries, answers))
    assert with_rights_of(machine, theirs, [('read', key)]) == ['done'], 'its own it may'
    echo.close()


def test_instances_go_on_and_change_as_another_user(machine, new_agent_here, tmp_path):
    agent, echo, other = new_agent_here(), TcpEcho(), TcpEcho(name='other')
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    before = processes_of(machine, 'mexosagent-nginx')
    # Neither the agent's nor the launcher's end is theirs.
    agent.kill()
    machine.stop_launcher()
    assert ask_tcp(ADDRESS, 7001, b'1') == b'tcp:1'
    machine.start_launcher(tmp_path / 'launcher.log')
    agent.start()
    wait_until(lambda: nginx.listed(agent) == ['a-nginx-lbproxy'], 'it is listed')
    assert processes_of(machine, 'mexosagent-nginx') == before
    # A change loses no connection and keeps the master.
    master = min(before)
    nginx.added(agent, 'a', nginx.port(TCP, 7001, other.origin), nginx.port(TCP, 7002, other.origin))
    assert ask_tcp(ADDRESS, 7001, b'2') == b'other:2' and ask_tcp(ADDRESS, 7002, b'2') == b'other:2'
    assert master in processes_of(machine, 'mexosagent-nginx')
    # Its first port below 1024 takes a right that a process is given at its start only.
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin), nginx.port(TCP, 77, echo.origin))
    assert ask_tcp(ADDRESS, 77, b'3') == b'tcp:3' and ask_tcp(ADDRESS, 7001, b'3') == b'tcp:3'
    assert master not in processes_of(machine, 'mexosagent-nginx')
    # One that is refused leaves it as it was.
    refused = nginx.add(agent, 'a', nginx.port(TCP, 18889, echo.origin))
    assert refused.status_code != 200
    # Killed, it comes back; deleted, nothing is left of it.
    [worker] = workers(machine).values()
    for pid in processes_of(machine, 'mexosagent-nginx'):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: workers(machine) and list(workers(machine).values()) != [worker], 'another worker')
    wait_until(lambda: not agent.get('/v1/nginx-proxies/a').get('problem'), lambda: agent.get('/v1/nginx-proxies/a'))
    assert ask_tcp(ADDRESS, 77, b'4') == b'tcp:4'
    nginx.delete(agent, 'a')
    assert processes_of(machine, 'mexosagent-nginx') == []
    assert list((agent.state_dir / 'nginx').iterdir()) == []
    echo.close()
    other.close()


def nginx_of_the_agents_user(machine):
    return [pid for pid in processes_of(machine, 'mexosagent') if pathlib.Path('/proc/%d/comm' % pid).read_text() == 'nginx\n']


def start_without_launcher(agent):
    """Starts it anew: it has only its own user to give. The command as it was."""
    agent.terminate()
    command = agent.command
    agent.command = lambda: [word for word in command() if word not in ('-launcher', '/run/mexosagent-launcher.socket')]
    agent.start()
    return command


def test_without_a_launcher_memory_and_environment_are_closed_all_the_same(machine, new_agent_here):
    """Of the agent's own user; docs/threat-model.md says what that means for its files."""
    agent, echo = new_agent_here(), TcpEcho()
    start_without_launcher(agent)
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    worker = max(nginx_of_the_agents_user(machine))
    has = status(worker)
    assert has['NoNewPrivs'] == ['1'] and has['CapPrm'] == [LOW_PORTS]
    assert PASSWORD.encode() not in pathlib.Path('/proc/%d/environ' % worker).read_bytes()
    tries = [('read', '/proc/%d/environ' % agent.pid()), ('read_memory', agent.pid()), ('trace', agent.pid()),
             ('enter', '/proc/%d/fd' % agent.pid())]
    assert set(with_rights_of(machine, worker, tries)) == {'EACCES', 'EPERM'}
    assert with_rights_of(machine, worker, [('read', STATE + '/api.token')]) == ['done'], 'the documents say so'
    nginx.delete(agent, 'a')
    echo.close()


def test_an_nginx_of_an_earlier_version_makes_way(machine, new_agent_here):
    """The agent started it itself, as its own user."""
    agent, echo = new_agent_here(), TcpEcho()
    with_launcher = start_without_launcher(agent)
    nginx.added(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    assert len(nginx_of_the_agents_user(machine)) == 2 and processes_of(machine, 'mexosagent-nginx') == []
    agent.kill()
    agent.command = with_launcher
    agent.start()
    wait_until(lambda: len(processes_of(machine, 'mexosagent-nginx')) == 2, lambda: 'it is started anew: ' + agent.log())
    assert nginx_of_the_agents_user(machine) == []

    def answers():
        try:
            return ask_tcp(ADDRESS, 7001, b'x') == b'tcp:x'
        except OSError:
            return False
    wait_until(answers, 'the port answers')
    for pid in processes_of(machine, 'mexosagent-nginx'):
        assert_is_bare(machine, pid, 'mexosagent-nginx')
    nginx.delete(agent, 'a')
    assert list((agent.state_dir / 'nginx').iterdir()) == []
    echo.close()


def test_lego_reaches_nothing_of_the_agent(machine, new_agent_here, tmp_path):
    pebble = Pebble(tmp_path / 'pebble', http_port=80)
    machine.put('/etc/mexosagent/ca.pem', pebble.authority.read_text())
    pebble.pause()
    agent = new_agent_here('-fqdn', orders.NAME, '-acme_email', 'you@' + orders.NAME, '-acme_server', pebble.url,
                           '-acme_ca', '/etc/mexosagent/ca.pem', '-http', ':80')

    def lego():
        return [pid for pid in processes_of(machine, 'mexosagent-acme')
                if b'--domains' in pathlib.Path('/proc/%d/cmdline' % pid).read_bytes()]
    [pid] = wait_until(lego, lambda: 'lego is at work: %s' % agent.log(), every=0.02)
    assert_is_bare(machine, pid, 'mexosagent-acme')
    assert_reaches_nothing(agent, pid)
    for target in descriptors(pid):
        assert target.startswith(('socket:', 'anon_inode:', 'pipe:', '/memfd:')), descriptors(pid)
    # It ends with the agent, and the next one goes on.
    agent.kill()
    wait_until(lambda: not lego(), 'lego ends with the agent')
    agent.start()
    pebble.go_on()
    issued = orders.issued(agent)
    assert issued['renewal']['challenge'] == 'http-01' and issued['issuer'].startswith('CN=Pebble Intermediate')
    # What it left is the agent's, and closed.
    owner = machine.user('mexosagent')
    kept = [machine.root / 'etc/mexosagent/certs' / each for each in ('key.pem', 'acme')]
    kept += [each for each in kept[1].rglob('*')]
    assert len(kept) > 6
    for each in kept:
        assert each.stat().st_uid == owner and not stat.S_IMODE(each.stat().st_mode) & 0o77, each
    assert not (agent.state_dir / 'acme-order').exists()
    # The account is used again.
    orders.renew(agent)
    assert len(list((machine.root / 'etc/mexosagent/certs/acme/accounts').glob('*/*/account.json'))) == 1
    pebble.close()


def test_nsupdate_and_dig_reach_nothing_of_the_agent(machine, new_agent_here, tmp_path):
    knot = Knot(tmp_path / 'knot')
    machine.put('/etc/mexosagent/tsig.key', knot.key.read_text())
    agent = new_agent_here('-fqdn', 'edge.' + knot.zone, '-public_address', '198.51.100.7', '-dns', 'rfc2136',
                           '-dns_server', knot.address, '-dns_key', '/etc/mexosagent/tsig.key', '-dns_interval', '30s')
    wait_until(lambda: knot.records('edge.' + knot.zone, 'A') == ['198.51.100.7'], lambda: 'it is registered: ' + agent.log())
    agent.terminate()
    knot.pause()
    agent.start()
    [pid, *_] = wait_until(lambda: processes_of(machine, 'mexosagent-dns'), 'dig is at work', every=0.02)
    os.kill(pid, signal.SIGSTOP)  # so that it is still there at the end
    assert_is_bare(machine, pid, 'mexosagent-dns')
    assert_reaches_nothing(agent, pid)
    assert with_rights_of(machine, pid, [('read', '/etc/mexosagent/tsig.key')]) == ['EACCES']
    os.kill(pid, signal.SIGCONT)
    knot.close()


def test_without_a_launcher_it_says_so_and_serves_everything_else(machine, new_agent_here):
    machine.stop_launcher()
    agent, echo = new_agent_here(), TcpEcho()
    answer = nginx.add(agent, 'a', nginx.port(TCP, 7001, echo.origin))
    assert answer.status_code != 200 and 'launcher' in answer.text
    assert agent.rest('GET', '/readyz').status_code == 200
    echo.close()
