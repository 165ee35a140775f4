"""The Debian package, as `./dev deb` makes it: what is in it, and what it does to a machine.

The machine is this one's root seen through an overlay, in a mount namespace of its own: whatever the
package changes is gone afterwards.
"""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def package():
    made = subprocess.run(['tools/deb'], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return ROOT / re.search(r"in '(build/.*\.deb)'", made).group(1)


def field(package, name):
    return subprocess.run(['dpkg-deb', '-f', package, name], check=True, capture_output=True, text=True).stdout.strip()


def names(depends):
    return {re.split(r'[ (|]', each.strip())[0] for each in depends.split(',')}


def test_it_depends_on_what_the_image_holds(package):
    lines = (ROOT / 'packaging/image/packages').read_text().splitlines()
    held = {line for line in lines if not line.startswith('#')}
    # libspdlog1.10 is named by what it provides: a library for one version of libfmt.
    provided = subprocess.run(['dpkg-query', '-W', '-f', '${Provides}, ', 'libspdlog1.10'], check=True,
                              capture_output=True, text=True).stdout
    everywhere = {'libc6', 'libcrypt1', 'libgcc-s1', 'libstdc++6', 'zlib1g', 'adduser'}  # in every Debian
    missing = names(field(package, 'Depends')) - held - names(provided) - everywhere
    assert not missing, 'not in packaging/image/packages'


def test_nobody_else_may_read_keys_and_settings(package):
    listing = subprocess.run(['dpkg-deb', '-c', package], check=True, capture_output=True, text=True).stdout
    mode = {line.split()[5]: line.split()[0] for line in listing.splitlines()}
    assert mode['./etc/mexosagent/'] == mode['./etc/mexosagent/certs/'] == 'drwxr-x---'
    assert mode['./etc/mexosagent/mexosagent.conf'] == '-rw-r-----'
    assert mode['./usr/bin/mexosagent'] == mode['./usr/lib/mexosagent/mexosagent-launcher'] == '-rwxr-xr-x'


LIFE = r'''
set -e
mount -t tmpfs none {tmp}
mkdir {tmp}/changes {tmp}/work {tmp}/machine
mount -t overlay overlay -o lowerdir=/,upperdir={tmp}/changes,workdir={tmp}/work {tmp}/machine
mount --bind /proc {tmp}/machine/proc
cp {package} {tmp}/machine/tmp/package.deb
exec chroot {tmp}/machine sh -ec '
  export DEBIAN_FRONTEND=noninteractive
  dpkg --force-depends -i /tmp/package.deb
  mexosagent -version
  stat -c "%U:%G %a" /etc/mexosagent/certs
  for each in mexosagent mexosagent-launcher mexosagent-nginx mexosagent-acme mexosagent-dns; do id $each; done
  systemd-analyze verify /lib/systemd/system/mexosagent.service /lib/systemd/system/mexosagent-launcher.service \
    /lib/systemd/system/mexosagent-launcher.socket
  for each in mexosagent mexosagent-launcher; do
    systemd-analyze security --offline=true --no-pager /lib/systemd/system/$each.service | tail -n 1
  done
  mkdir -p /var/lib/mexosagent && touch /var/lib/mexosagent/state /etc/mexosagent/certs/key.pem
  dpkg -r mexosagent
  test -e /var/lib/mexosagent/state && test -e /etc/mexosagent/mexosagent.conf
  dpkg -P mexosagent
  test ! -e /var/lib/mexosagent && test ! -e /etc/mexosagent/mexosagent.conf
  test -e /etc/mexosagent/certs/key.pem
'
'''


def test_from_installation_to_purge(package, tmp_path):
    life = subprocess.run(['unshare', '--mount', 'sh', '-c', LIFE.format(tmp=tmp_path, package=package)],
                          capture_output=True, text=True)
    assert life.returncode == 0, life.stdout + life.stderr
    assert re.search(r'^mexosagent \d', life.stdout, re.MULTILINE)
    assert 'mexosagent:mexosagent 750' in life.stdout
    exposure = float(re.search(r'exposure level for mexosagent.service: ([\d.]+)', life.stdout).group(1))
    # systemd's own scale: 9.6 is a unit that says nothing, below 2 is "OK".
    assert exposure < 2, life.stdout
    # What becomes other users is a unit by itself.
    exposure = float(re.search(r'exposure level for mexosagent-launcher.service: ([\d.]+)', life.stdout).group(1))
    assert exposure < 2, life.stdout


def test_every_program_has_a_user_of_its_own(package, tmp_path):
    life = subprocess.run(['unshare', '--mount', 'sh', '-c', LIFE.format(tmp=tmp_path, package=package)],
                          capture_output=True, text=True)
    assert life.returncode == 0, life.stdout + life.stderr
    ids = {name: (number, groups.split(',')) for number, name, groups in
           re.findall(r'^uid=(\d+)\(([\w-]+)\) .*groups=(.*)$', life.stdout, re.MULTILINE)}
    assert set(ids) == {'mexosagent', *('mexosagent-' + each for each in ('launcher', 'nginx', 'acme', 'dns'))}
    assert len({number for number, _ in ids.values()}) == len(ids)
    named = {name: {re.sub(r'.*\((.*)\)', r'\1', group) for group in groups} for name, (_, groups) in ids.items()}
    # The agent shows files to nginx and to lego by their groups; nobody has one of the agent's.
    assert named.pop('mexosagent') == {'mexosagent', 'mexosagent-nginx', 'mexosagent-acme'}
    assert all(groups == {name} for name, groups in named.items()), named


def test_neither_unit_may_do_more_than_it_says():
    units = ROOT / 'packaging/deb'
    capabilities = {name: set(re.search(r'^CapabilityBoundingSet=(.*)$', (units / name).read_text(), re.MULTILINE).group(1).split())
                    for name in ('mexosagent.service', 'mexosagent-launcher.service')}
    assert capabilities['mexosagent.service'] == {'CAP_NET_BIND_SERVICE', 'CAP_NET_ADMIN'}, 'it becomes no other user'
    assert 'CAP_NET_ADMIN' not in capabilities['mexosagent-launcher.service'], 'it changes no route'
