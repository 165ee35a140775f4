# shellcheck shell=bash
# MariaDB (Unix socket only) and the services' schemas. Making them takes longer than all the rest, so
# the data directory right after it is kept beside the state directory, for these very package
# versions, and unpacked at the next first start.

readonly databases=(keystone placement glance neutron nova_api nova_cell0 nova_cell1)
readonly nova_files=(--config-file "$state/etc/nova/nova.conf" --config-file "$state/etc/nova/databases.conf")

schema_cache() {
  local versions
  versions=$(dpkg-query -W -f '${Package}=${Version}\n' mariadb-server-core \
    python3-{keystone,placement,glance,neutron,nova} | sha256sum | cut -c1-12)
  echo "$mex_cache/openstack-schemas-$versions.tar.gz"
}

launch() { "${service_environment[@]}" /usr/bin/python3 "$state/python/launch.py" "$@"; }

sql() { "${service_environment[@]}" mariadb --no-defaults -u root -S "$state/run/mariadb.sock" "$@"; }

# Without any fsync: this data may be lost, and syncing costs half of the time of making the schemas.
start_mariadb() {
  local as_root=()
  ((EUID != 0)) || as_root=(--user=root)
  start mariadb mariadbd --no-defaults "${as_root[@]}" --datadir="$state/db" \
    --socket="$state/run/mariadb.sock" --pid-file="$state/run/mariadbd.process" --skip-networking \
    --skip-log-bin --debug-no-sync --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 \
    --innodb-flush-method=nosync --innodb-buffer-pool-size=256M --innodb-log-file-size=64M \
    --innodb-lock-wait-timeout=5 --innodb-stats-persistent=0 --performance-schema=OFF \
    --max-connections=1000 --character-set-server=utf8mb3 --collation-server=utf8mb3_general_ci
  wait_for mariadb sql -e 'select 1'
}

make_keystone_schema() { launch keystone-manage --config-file "$state/etc/keystone/keystone.conf" db_sync; }
make_placement_schema() { launch placement-manage --config-file "$state/etc/placement/placement.conf" db sync; }
make_glance_schema() { launch glance-manage --config-file "$state/etc/glance/glance-api.conf" db_sync; }
make_neutron_schema() { launch neutron-db-manage --config-file "$state/etc/neutron/neutron.conf" upgrade heads; }

# The cells' addresses are templates that Nova fills from its configuration, so the schema fits any
# directory, port and password.
make_nova_schema() {
  local cell_database='{scheme}://{username}@{hostname}/'
  launch nova-manage "${nova_files[@]}" api_db sync
  launch nova-manage "${nova_files[@]}" cell_v2 map_cell0 --database_connection "${cell_database}nova_cell0?{query}"
  launch nova-manage "${nova_files[@]}" cell_v2 create_cell --name=cell1 \
    --database_connection "${cell_database}nova_cell1?{query}" \
    --transport-url '{scheme}://{username}:{password}@{hostname}:{port}/'
  launch nova-manage "${nova_files[@]}" db sync
}

make_schemas() {
  local name job failed=0
  declare -A jobs
  for name in "${databases[@]}"; do sql -e "create database $name character set utf8mb3"; done
  for name in neutron nova keystone placement glance; do
    (set -e && "make_${name}_schema") >"$state/log/schema-$name.log" 2>&1 &
    jobs[$name]=$!
  done
  for name in "${!jobs[@]}"; do
    job=${jobs[$name]}
    wait "$job" || { tail -n 20 "$state/log/schema-$name.log" >&2; failed=1; }
  done
  ((failed == 0)) || die "a database schema could not be made, see $state/log/schema-*.log"
}

start_databases() {
  local cache
  if [[ ! -e $state/schemas-ready ]]; then
    cache=$(schema_cache)
    stop mariadb
    rm -rf "$state/db"
    if [[ -s $cache ]]; then
      tar -xzf "$cache" -C "$state"
      say "database schemas taken from $cache"
    else
      say "making the database schemas (once for these package versions)"
      "${service_environment[@]}" mariadb-install-db --no-defaults --datadir="$state/db" --skip-test-db \
        --auth-root-authentication-method=normal >"$state/log/mariadb-install.log" 2>&1
      start_mariadb
      make_schemas
      stop mariadb
      tar -czf "$cache.$$" -C "$state" db
      mv "$cache.$$" "$cache"
      say "database schemas made and kept in $cache"
    fi
    touch "$state/schemas-ready"
  fi
  start_mariadb
}
