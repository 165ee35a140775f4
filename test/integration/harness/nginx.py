"""Nginx instances of an agent, from outside."""
import os
import pathlib
import signal
import socket
import ssl

from harness.waiting import LIMIT


def port(mexproto, external, origin, **more):
    return {'mexproto': mexproto, 'external': str(external), 'origin': origin, **more}


def add(agent, name, *ports, **more):
    """The raw answer."""
    return agent.rest('POST', '/v1/nginx', {'message': 'add', 'name': name, 'ports': list(ports), **more})


def added(agent, name, *ports, **more):
    answer = add(agent, name, *ports, **more)
    assert (answer.status_code, answer.text) == (200, '{"message":"OK"}'), answer.text


def delete(agent, name):
    answer = agent.rest('POST', '/v1/nginx', {'message': 'delete', 'name': name})
    assert (answer.status_code, answer.text) == (200, '{"message":"OK"}'), answer.text


def listed(agent):
    """The names in the list's text, as a client of the original reads them."""
    status = agent.post('/v1/nginx', {'message': 'list'})['status']
    assert status.startswith('[') and status.endswith(']')
    return [word.strip("'") for word in status[1:-1].split()]


def processes(agent):
    """Ids of the processes of all instances, by the directory they work in."""
    root = str(agent.state_dir / 'nginx')
    found = {}
    for process in pathlib.Path('/proc').glob('[0-9]*'):
        try:
            directory = os.readlink(process / 'cwd')
        except OSError:
            continue  # gone
        if os.path.dirname(directory) == root:
            found.setdefault(os.path.basename(directory), []).append(int(process.name))
    return found


def master(agent, name):
    """The one that leads the session."""
    return next((pid for pid in processes(agent).get(name + '-nginx-lbproxy', []) if os.getsid(pid) == pid), None)


def end_all(agent):
    for pids in processes(agent).values():
        for pid in pids:
            os.kill(pid, signal.SIGKILL)


def tls_connection(agent, address, number, timeout=LIMIT):
    """An open TLS connection, the certificate checked."""
    context = ssl.create_default_context(cafile=str(agent.certificates.authority))
    connection = socket.create_connection((address, number), timeout)
    return context.wrap_socket(connection, server_hostname='localhost')


def get(connection, path):
    """Status line and body of a GET over an open connection that stays open."""
    connection.sendall(b'GET %s HTTP/1.1\r\nHost: edge.example\r\n\r\n' % path.encode())
    data = b''
    while b'\r\n\r\n' not in data:
        more = connection.recv(65536)
        assert more, 'the connection was closed: %r' % data
        data += more
    head, _, body = data.partition(b'\r\n\r\n')
    length = next(int(line.split(b':')[1]) for line in head.split(b'\r\n') if line.lower().startswith(b'content-length'))
    while len(body) < length:
        body += connection.recv(65536)
    return head.split(b'\r\n')[0].decode(), body


def fetch(agent, address, number, path):
    with tls_connection(agent, address, number) as connection:
        return get(connection, path)
