"""wrk as load, and what one run of it cost the proxy."""
import dataclasses
import re
import subprocess

_UNIT = {'us': 1e-3, 'ms': 1.0, 's': 1e3, 'm': 6e4}


@dataclasses.dataclass
class Run:
    cpu_microseconds: float  # of the proxy, per request
    busy: float              # share of the proxy's CPU that it used
    requests_per_second: float
    median_ms: float
    p99_ms: float
    memory_megabytes: float


class Broken(Exception):
    """Some request failed: then the numbers mean nothing."""


def _milliseconds(text):
    number, unit = re.fullmatch(r'([\d.]+)(us|ms|s|m)', text).groups()
    return float(number) * _UNIT[unit]


def _percentile(output, percent):
    return _milliseconds(re.search(r'^\s+%d%%\s+(\S+)' % percent, output, re.MULTILINE).group(1))


def run(proxy, path, cpu, connections, seconds):
    url = 'https://127.0.0.1:%d%s' % (proxy.port, path)
    before = proxy.cpu_seconds()
    done = subprocess.run(['taskset', '-c', str(cpu), 'wrk', '--threads', '1', '--connections', str(connections),
                           '--duration', '%ds' % seconds, '--latency', url], check=True, text=True,
                          timeout=seconds + 60, stdout=subprocess.PIPE)
    used = proxy.cpu_seconds() - before
    output = done.stdout
    trouble = re.findall(r'^\s*(?:Socket errors|Non-2xx).*$', output, re.MULTILINE)
    if trouble:
        raise Broken('%s %s: %s' % (proxy.name, path, '; '.join(map(str.strip, trouble))))
    requests, took = re.search(r'(\d+) requests in ([\d.]+m?s)', output).groups()
    if int(requests) == 0:
        raise Broken('%s %s: no request was answered in %s' % (proxy.name, path, took))
    return Run(cpu_microseconds=used / int(requests) * 1e6, busy=used / (_milliseconds(took) / 1e3),
               requests_per_second=float(re.search(r'Requests/sec:\s+([\d.]+)', output).group(1)),
               median_ms=_percentile(output, 50), p99_ms=_percentile(output, 99),
               memory_megabytes=proxy.memory_megabytes())
