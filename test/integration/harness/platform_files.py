"""The platform environment as k8s-prov/README.md describes it: os.env, toml and user-data files."""
import json

USER_DATA = '#cloud-config\ntimezone: UTC\nruncmd:\n - echo the operator was here\n'
# The hypervisors of test/openstack boot nothing, so there is no node to set up or to wait for.
KUBERNETES = {'image_style': 'unmanaged'}


def write_platform_files(directory, openstack_environment, defaults=(), kubernetes=KUBERNETES,
                         user_data=USER_DATA):
    """Writes the files; the environment variables that name them. `defaults` and `kubernetes` go into the toml."""
    directory.mkdir(parents=True, exist_ok=True)
    os_env, toml, userdata = (directory / ('.k8sopenstack.' + kind) for kind in ('os.env', 'toml', 'userdata'))
    os_env.write_text(''.join('export %s=%s\n' % item for item in openstack_environment.items()))
    os_env.chmod(0o600)
    values = {'region': 'RegionOne', 'zone': 'nova', 'image': 'debian-12', 'flavor': 'm1.tiny', **dict(defaults)}
    toml.write_text(_table('defaults', values) + _table('kubernetes', dict(kubernetes)))
    userdata.write_text(user_data)
    return {'MEX_K8SOS_ENV': str(os_env), 'MEX_K8SOS_CONFIG': str(toml), 'MEX_K8SOS_USERDATA': str(userdata)}


def _table(table, values):
    """What JSON says of texts, numbers and lists, TOML says, too."""
    return '[%s]\n' % table + ''.join('%s = %s\n' % (name, json.dumps(value)) for name, value in values.items())
