"""What the container image is built upon, and the shell of who builds and runs it."""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
IMAGE = 'mobiledgex/mexosagent'


def make_base(directory):
    """A minimal Debian in a tar file, from the machine's own package sources; like debian:12-slim without documentation.

    It has the packages of the image already, so that no step of the image's build needs a network.
    """
    packages = [line for line in (ROOT / 'packaging/image/packages').read_text().splitlines() if line[:1] != '#']
    apt = pathlib.Path('/etc/apt')
    sources = [path for path in (apt / 'sources.list', *(apt / 'sources.list.d').glob('*'))
               if path.suffix in ('.list', '.sources') and path.is_file() and path.read_text().strip()]
    tar = directory / 'base.tar'
    left_out = ['--dpkgopt=path-exclude=/usr/share/%s/*' % each for each in ('doc', 'locale', 'man')]
    subprocess.run(['mmdebstrap', '--quiet', '--variant=minbase', '--dpkgopt=force-unsafe-io', *left_out,
                    '--include=' + ','.join(packages), 'bookworm', tar, *sources], check=True, env=dict(os.environ, TMPDIR=str(directory)))
    return tar


class Shell:
    """A user's shell: in a directory of its own, with an engine's client."""

    def __init__(self, directory, engine_socket, **environment):
        self.directory = directory
        programs = directory / 'bin'
        programs.mkdir(exist_ok=True)
        self.environment = {'PATH': '%s:/usr/sbin:/usr/bin:/sbin:/bin' % programs, 'HOME': str(directory),
                            'DOCKER_BUILDKIT': '0', 'DOCKER_HOST': 'unix://' + engine_socket,
                            'DOCKER_CONFIG': str(directory / 'docker'), **environment}

    def run(self, line, cwd=None):
        return subprocess.run(['bash', '-c', line], cwd=cwd or self.directory, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=self.environment, check=False)

    def done(self, line, cwd=None):
        """What it writes; it must succeed."""
        done = self.run(line, cwd)
        assert done.returncode == 0, '%s\n%s%s' % (line, done.stdout, done.stderr)
        return done.stdout

    def launched(self, line):
        return subprocess.Popen(['bash', '-c', line], cwd=self.directory, env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
