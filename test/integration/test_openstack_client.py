"""The agent's OpenStack client alone: the tests of src/openstack that need a cloud."""
import os
import subprocess

from harness.agent import binary
from harness.openstack import state_directory


def test_the_client_against_the_real_services(openstack):
    environment = {'PATH': os.environ['PATH'], 'HOME': os.environ['HOME'], 'OS_CLOUD': 'demo',
                   'OS_CLIENT_CONFIG_FILE': str(state_directory() / 'clouds.yaml')}
    done = subprocess.run([binary().with_name('openstack_live_test'), '--gtest_brief=1'], env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-8000:]
