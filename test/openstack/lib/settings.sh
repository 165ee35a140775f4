# shellcheck shell=bash
# Where the local OpenStack lives and on which ports. Every setting has a name in the environment;
# sourcing this file changes nothing on the machine.

readonly mex_cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/mexosagent
readonly state=${MEX_OPENSTACK_DIR:-$mex_cache/openstack}
readonly computes=${MEX_OPENSTACK_COMPUTES:-3}
readonly nova_api_processes=${MEX_OPENSTACK_NOVA_API_PROCESSES:-4}

# One block of ten ports below Linux's ephemeral range, with no entry in Debian's /etc/services and
# none of them a default of OpenStack, RabbitMQ, memcached or Erlang.
readonly first_port=${MEX_OPENSTACK_FIRST_PORT:-28500}
readonly keystone_port=${MEX_OPENSTACK_KEYSTONE_PORT:-$first_port}
readonly placement_port=${MEX_OPENSTACK_PLACEMENT_PORT:-$((first_port + 1))}
readonly glance_port=${MEX_OPENSTACK_GLANCE_PORT:-$((first_port + 2))}
readonly nova_port=${MEX_OPENSTACK_NOVA_PORT:-$((first_port + 3))}
readonly neutron_port=${MEX_OPENSTACK_NEUTRON_PORT:-$((first_port + 4))}
readonly rabbitmq_port=${MEX_OPENSTACK_RABBITMQ_PORT:-$((first_port + 5))}
readonly memcached_port=${MEX_OPENSTACK_MEMCACHED_PORT:-$((first_port + 6))}
readonly epmd_port=${MEX_OPENSTACK_EPMD_PORT:-$((first_port + 7))}
readonly erlang_port=${MEX_OPENSTACK_ERLANG_PORT:-$((first_port + 8))}
readonly cinder_port=${MEX_OPENSTACK_CINDER_PORT:-$((first_port + 9))}

die() {
  echo "test/openstack: $*" >&2
  exit 1
}

say() { printf '[%3d s] %s\n' "$SECONDS" "$*"; }

check_settings() {
  [[ $state == /* ]] || die "MEX_OPENSTACK_DIR must be an absolute path, it is '$state'"
  # MariaDB's socket lies in it, and a Unix socket's path ends at 107 bytes.
  ((${#state} <= 85)) || die "MEX_OPENSTACK_DIR may have at most 85 characters: '$state'"
  [[ $computes =~ ^[1-9][0-9]*$ ]] || die "MEX_OPENSTACK_COMPUTES must be a number, it is '$computes'"
}
