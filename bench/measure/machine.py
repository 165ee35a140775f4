"""What was measured on, for the page that keeps the numbers."""
import datetime
import os
import pathlib
import platform
import re
import subprocess


def _first_line(*command):
    done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.splitlines()[0].strip() if done.stdout else 'unknown'


def description():
    model = re.search(r'model name\s*:\s*(.*)', pathlib.Path('/proc/cpuinfo').read_text())
    return '%s UTC, %d CPUs (%s), Linux %s, load %.1f' % (
        datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M'), os.cpu_count(),
        model.group(1) if model else platform.machine(), platform.release(), os.getloadavg()[0])


def versions():
    haproxy = re.search(r'version (\S+)', _first_line('haproxy', '-v'))
    return 'nginx %s, HAProxy %s, %s, wrk %s' % (
        _first_line('nginx', '-v').rpartition('/')[2], haproxy.group(1) if haproxy else 'unknown',
        ' '.join(_first_line('openssl', 'version').split()[:2]),
        _first_line('wrk', '-v').split()[1])
