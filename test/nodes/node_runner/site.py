"""Where a test site lives: its network namespace, its directory, the names of all that is made for it."""
import json
import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent.parent
NAMESPACES = pathlib.Path('/run/netns')


def cache_directory():
    return pathlib.Path(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')) / 'mexosagent'


class Site:
    """The namespaces of a site's parts are called SITE.KIND-ID: with the dot, which a site's name cannot
    hold, no site ever takes another's for its own."""

    def __init__(self):
        self.name = os.environ.get('MEX_SITE') or 'mexosagent-site'
        if '.' in self.name or '/' in self.name:
            raise SystemExit('MEX_SITE must hold neither dot nor slash: ' + self.name)
        self.directory = pathlib.Path(os.environ.get('MEX_SITE_DIR') or cache_directory() / self.name)
        self.servers = self.directory / 'servers'
        self.run = self.directory / 'run'
        self.openstack = self.directory / 'openstack'
        self.consoles = self.openstack / 'consoles'  # where its Nova looks for them
        self.images = cache_directory() / 'kubernetes'

    def make_directories(self):
        for directory in (self.servers, self.consoles, self.run):
            directory.mkdir(parents=True, exist_ok=True)

    def part(self, kind, identifier):
        """Name of the namespace or control group of one thing of the cloud."""
        return '%s.%s-%s' % (self.name, kind, identifier.replace('-', '')[:12])

    def parts(self, kind=''):
        """Names of the namespaces that are there."""
        return {entry.name for entry in NAMESPACES.glob('%s.%s*' % (self.name, kind))}

    def admin(self):
        """The cloud's administrator, as clouds.yaml says it."""
        return json.loads((self.openstack / 'clouds.yaml').read_text())['clouds']['admin']['auth']
