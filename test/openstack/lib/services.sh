# shellcheck shell=bash
# What runs: the message queue, the cache, and OpenStack's own services.

start_message_queue_and_cache() {
  local as_root=()
  ((EUID != 0)) || as_root=(-u root)
  refuse_taken_port memcached "$memcached_port" MEX_OPENSTACK_MEMCACHED_PORT
  refuse_taken_port epmd "$epmd_port" MEX_OPENSTACK_EPMD_PORT
  refuse_taken_port rabbitmq "$rabbitmq_port" MEX_OPENSTACK_RABBITMQ_PORT
  start memcached memcached "${as_root[@]}" -l 127.0.0.1 -p "$memcached_port" -U 0 -m 128
  start epmd epmd -address 127.0.0.1 -port "$epmd_port"
  wait_for epmd listens "$epmd_port"
  # The +sbwt switches keep Erlang's schedulers from spinning while they wait.
  start rabbitmq env HOME="$state/rabbitmq" ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$epmd_port" \
    RABBITMQ_NODENAME="mex$epmd_port@localhost" RABBITMQ_DIST_PORT="$erlang_port" \
    RABBITMQ_CONF_ENV_FILE="$state/etc/rabbitmq/rabbitmq-env.conf" \
    RABBITMQ_CONFIG_FILE="$state/etc/rabbitmq/rabbitmq.conf" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$state/etc/rabbitmq/enabled_plugins" \
    RABBITMQ_MNESIA_BASE="$state/rabbitmq" RABBITMQ_LOG_BASE="$state/log" \
    RABBITMQ_PID_FILE="$state/run/rabbitmq-server" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none" \
    /usr/lib/rabbitmq/bin/rabbitmq-server
}

# uwsgi's --http-socket closes after each answer; the header says so to the client.
start_wsgi() { # name port processes application
  start "$1" env OS_KEYSTONE_CONFIG_DIR="$state/etc/keystone" OS_PLACEMENT_CONFIG_DIR="$state/etc/placement" \
    OS_NOVA_CONFIG_DIR="$state/etc/nova" OS_NOVA_CONFIG_FILES='paste.ini;nova.conf;databases.conf' \
    uwsgi --plugins python3 --http-socket "127.0.0.1:$2" --module "$4" --need-app --lazy-apps \
    --master --processes "$3" --threads 1 --enable-threads --thunder-lock --listen 100 \
    --die-on-term --no-orphans --buffer-size 65535 --add-header 'Connection: close' --disable-logging
}

start_python() { # name arguments-of-launch...
  local name=$1
  shift
  start "$name" /usr/bin/python3 "$state/python/launch.py" "$@"
}

start_apis() {
  refuse_taken_port keystone "$keystone_port" MEX_OPENSTACK_KEYSTONE_PORT
  refuse_taken_port placement "$placement_port" MEX_OPENSTACK_PLACEMENT_PORT
  refuse_taken_port glance "$glance_port" MEX_OPENSTACK_GLANCE_PORT
  refuse_taken_port neutron "$neutron_port" MEX_OPENSTACK_NEUTRON_PORT
  refuse_taken_port nova-api "$nova_port" MEX_OPENSTACK_NOVA_PORT
  start_wsgi keystone "$keystone_port" 2 'keystone.server.wsgi:initialize_public_application()'
  start_wsgi placement "$placement_port" 2 'placement.wsgi:init_application()'
  start_python glance glance-api --config-file "$state/etc/glance/glance-api.conf"
  start_python neutron neutron-server --config-file "$state/etc/neutron/neutron.conf"
  wait_for rabbitmq listens "$rabbitmq_port"
  start_wsgi nova-api "$nova_port" "$nova_api_processes" 'nova.api.openstack.compute.wsgi:init_application()'
}

# Keystone's keys and its first user. Both need no running service.
bootstrap_keystone() {
  local keystone=(keystone-manage --config-file "$state/etc/keystone/keystone.conf") tool
  local url=http://127.0.0.1:$keystone_port/v3
  [[ ! -e $state/keystone-ready ]] || return 0
  {
    for tool in fernet_setup credential_setup; do
      launch "${keystone[@]}" "$tool" --keystone-user "$(id -un)" --keystone-group "$(id -gn)"
    done
    service_environment+=(OS_BOOTSTRAP_PASSWORD="$password")
    launch "${keystone[@]}" bootstrap --bootstrap-region-id RegionOne --bootstrap-public-url "$url" \
      --bootstrap-internal-url "$url" --bootstrap-admin-url "$url"
    unset 'service_environment[-1]'
  } >"$state/log/bootstrap.log" 2>&1 || { tail -n 20 "$state/log/bootstrap.log" >&2; die "Keystone could not be set up"; }
  touch "$state/keystone-ready"
}

# These log in to Keystone at once and die when it refuses them: not before their users are there.
start_nova_workers() {
  local number
  start_python nova-conductor nova-conductor "${nova_files[@]}"
  start_python nova-scheduler nova-scheduler "${nova_files[@]}"
  for ((number = 1; number <= computes; number++)); do
    mkdir -p "$state/nova/compute-$number"
    # oslo.config takes OS_<GROUP>__<OPTION> from the environment before it looks into the files.
    start "nova-compute-$number" env OS_DEFAULT__HOST="compute-$number" \
      OS_DEFAULT__STATE_PATH="$state/nova/compute-$number" \
      /usr/bin/python3 "$state/python/launch.py" nova-compute --config-file "$state/etc/nova/nova.conf"
  done
}

fill() { # step...
  "${service_environment[@]}" MEX_PASSWORD="$password" MEX_COMPUTES="$computes" MEX_STATE="$state" \
    MEX_KEYSTONE="http://127.0.0.1:$keystone_port/v3" MEX_PLACEMENT="http://127.0.0.1:$placement_port" \
    MEX_GLANCE="http://127.0.0.1:$glance_port" MEX_NOVA="http://127.0.0.1:$nova_port/v2.1" \
    MEX_NEUTRON="http://127.0.0.1:$neutron_port" MEX_CINDER="http://127.0.0.1:$cinder_port/v3" /usr/bin/python3 "$state/python/fill.py" "$@"
}

wait_for_apis() { # name port...
  while (($#)); do
    wait_for "$1" listens "$2"
    shift 2
  done
}

check_services() {
  local name
  for name in $(started_services); do
    is_alive "$name" || { tail -n 20 "$state/log/$name.log" >&2; die "$name died, see $state/log/$name.log"; }
  done
}
