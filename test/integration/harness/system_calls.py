"""The system calls that a unit allows (SystemCallFilter of systemd.exec(5)), in force without systemd.

As a program: `system_calls.py FILE COMMAND...` runs a command with no other calls than those whose numbers FILE holds.
"""
import ctypes
import os
import pathlib
import re
import struct
import subprocess
import sys

_NUMBERS = '/usr/include/x86_64-linux-gnu/asm/unistd_64.h'
# seccomp(2), <linux/bpf_common.h>, <linux/audit.h>
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7fff0000, 0x00050000
_NUMBER, _ARCHITECTURE, _X86_64 = 0, 4, 0xc000003e
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_EPERM = 1


def _groups():
    text = subprocess.run(['systemd-analyze', 'syscall-filter', '--no-pager'], check=True, capture_output=True, text=True).stdout
    found = {}
    for line in text.splitlines():
        if line.startswith('@'):
            members = found.setdefault(line, set())
        elif re.match(r' +[@\w]', line):
            members.add(line.strip())
    return found


def allowed(lines):
    """The numbers of all calls that these values of SystemCallFilter allow."""
    groups = _groups()

    def names(word):
        return set().union(*(names(each) for each in groups[word])) if word in groups else {word}
    left = names('@default')
    for line in lines:
        of_line = set().union(*(names(word) for word in line.removeprefix('~').split()))
        left = left - of_line if line.startswith('~') else left | of_line
    defined = dict(re.findall(r'#define __NR_(\w+) (\d+)', pathlib.Path(_NUMBERS).read_text()))
    return sorted(int(defined[name]) for name in left if name in defined)


def _filter(numbers):
    def step(code, value, if_true=0, if_false=0):
        return struct.pack('HBBI', code, if_true, if_false, value)
    yield step(_LOAD, _ARCHITECTURE)
    yield step(_IF_EQUAL, _X86_64, 1, 0)
    yield step(_RETURN, _ERRNO | _EPERM)
    yield step(_LOAD, _NUMBER)
    for number in numbers:
        yield step(_IF_EQUAL, number, 0, 1)
        yield step(_RETURN, _ALLOW)
    yield step(_RETURN, _ERRNO | _EPERM)


def _main(file, *command):
    steps = list(_filter(map(int, pathlib.Path(file).read_text().split())))
    program = ctypes.create_string_buffer(b''.join(steps))
    header = struct.pack('HxxxxxxP', len(steps), ctypes.addressof(program))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'seccomp')
    os.execv(command[0], command)


if __name__ == '__main__':
    _main(*sys.argv[1:])
