"""What a process with the rights of another one can reach: tried by a program that runs with exactly these."""
import json
import pathlib

# Runs there. Each try answers with "done" or the name of the error.
_PROGRAM = r'''
import ctypes, errno, json, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)

def read(path):
    with open(path, 'rb') as file:
        assert file.read(1)

def read_memory(pid):
    at = int(open('/proc/%s/maps' % pid).readline().split('-')[0], 16)
    with open('/proc/%s/mem' % pid, 'rb', buffering=0) as memory:
        memory.seek(at)
        assert memory.read(1)

def trace(pid):
    if libc.ptrace(16, int(pid), None, None) != 0:  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), 'ptrace')
    os.waitpid(int(pid), 0x40000000)  # __WALL
    libc.ptrace(17, int(pid), None, None)  # PTRACE_DETACH

def enter(path):
    os.listdir(path)

def write(path):
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND))

def replace(path):
    os.rename(path, path + '.gone')

def send_signal(pid):
    os.kill(int(pid), 0)

def call(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(path)

def bind(port):
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', int(port)))

def become(user):
    os.setuid(int(user))

def tried(kind, what):
    try:
        globals()[kind](what)
        return 'done'
    except OSError as error:
        return errno.errorcode[error.errno]

print(json.dumps([tried(*each) for each in json.loads(sys.argv[1])]))
'''


def status(pid):
    """/proc/PID/status as words by name."""
    lines = pathlib.Path('/proc/%d/status' % pid).read_text().splitlines()
    return {name: words.split() for name, words in (line.split(':', 1) for line in lines)}


def _names(mask):
    """As setpriv takes a set of capabilities."""
    number = int(mask, 16)
    return ','.join(['-all', *('+cap_%d' % each for each in range(41) if number >> each & 1)])


def with_rights_of(machine, pid, tries):
    """What comes of each (kind, what), tried with user, groups, capabilities and directory of that process."""
    has = status(pid)
    command = ['setpriv', '--reuid', has['Uid'][1], '--regid', has['Gid'][1],
               *(['--groups', ','.join(has['Groups'])] if has['Groups'] else ['--clear-groups']),
               '--inh-caps', _names(has['CapPrm'][0]), '--ambient-caps', _names(has['CapPrm'][0]),
               '--bounding-set', _names(has['CapBnd'][0]), *(['--no-new-privs'] if has['NoNewPrivs'] == ['1'] else []), '--',
               '/usr/bin/python3', '-I', '-c', _PROGRAM, json.dumps([[kind, str(what)] for kind, what in tries])]
    # Where it works it may be, even if no path leads there for it.
    return json.loads(machine.run('sh', '-ec', 'cd /proc/%d/cwd; exec "$@"' % pid, 'sh', *command).stdout)


def as_root(machine, tries):
    """The same as root: that each of them can be done at all."""
    return json.loads(machine.run('/usr/bin/python3', '-I', '-c', _PROGRAM,
                                  json.dumps([[kind, str(what)] for kind, what in tries])).stdout)
