"""Loopback ports for programs that cannot be asked which port they got."""
import itertools
import os
import socket

# Below Linux's ephemeral range, so that no outgoing connection takes the port before its server does.
# Each test process starts somewhere else in the range.
_candidates = itertools.cycle(range(20000, 28000))
for _ in range(os.getpid() * 37 % 8000):
    next(_candidates)


def free_port():
    for port in _candidates:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(('127.0.0.1', port))
                udp.bind(('127.0.0.1', port))
            except OSError:
                continue
            return port


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0
