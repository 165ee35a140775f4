"""wrk or h2load as load, and what one run of it cost the proxy."""
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


def run_http2(proxy, path, cpu, connections, seconds, streams=10):
    """h2load, which says the mean of the times and no percentiles. It is given a number of requests: at the end of a
    time it waits now and then for a connection that nginx does not close."""
    url = 'https://127.0.0.1:%d%s' % (proxy.port, path)
    before = proxy.cpu_seconds()
    done = subprocess.run(['taskset', '-c', str(cpu), 'h2load', '--threads', '1', '--clients', str(connections),
                           '--max-concurrent-streams', str(streams), '--requests', str(4000 * seconds), url],
                          check=True, text=True, timeout=60 * seconds + 60, stdout=subprocess.PIPE)
    used = proxy.cpu_seconds() - before
    output = done.stdout
    if 'Application protocol: h2' not in output:
        raise Broken('%s %s: not over HTTP/2' % (proxy.name, path))
    succeeded, failed = map(int, re.search(r'(\d+) succeeded, (\d+) failed', output).groups())
    if failed or not succeeded:
        raise Broken('%s %s: %d succeeded, %d failed' % (proxy.name, path, succeeded, failed))
    took = _milliseconds(re.search(r'^finished in ([\d.]+m?s)', output, re.MULTILINE).group(1)) / 1e3
    mean = _milliseconds(re.search(r'^time for request: +\S+ +\S+ +(\S+)', output, re.MULTILINE).group(1))
    return Run(cpu_microseconds=used / succeeded * 1e6, busy=used / took,
               requests_per_second=succeeded / took, median_ms=mean, p99_ms=float('nan'),
               memory_megabytes=proxy.memory_megabytes())


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
