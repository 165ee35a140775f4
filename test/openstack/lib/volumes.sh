# shellcheck shell=bash
# Cinder, for those who ask for it: it costs half a minute at its first start, and few tests need it.
# The service catalog does not have it, so that a cloud without volumes is what everybody else sees.

readonly volume_services=(cinder-api cinder-scheduler cinder-volume)
readonly cinder_files=(--config-file "$state/etc/cinder/cinder.conf")

make_cinder_schema() {
  [[ ! -e $state/cinder-ready ]] || return 0
  sql -e "drop database if exists cinder; create database cinder character set utf8mb3"
  launch cinder-manage "${cinder_files[@]}" db sync >"$state/log/schema-cinder.log" 2>&1 ||
    { tail -n 20 "$state/log/schema-cinder.log" >&2; die "Cinder's database schema could not be made"; }
  touch "$state/cinder-ready"
}

start_volumes() {
  local name
  mkdir -p "$state/cinder"
  refuse_taken_port cinder-api "$cinder_port" MEX_OPENSTACK_CINDER_PORT
  make_cinder_schema
  fill volume_identity
  for name in "${volume_services[@]}"; do start_python "$name" "$name" "${cinder_files[@]}"; done
  wait_for_apis cinder-api "$cinder_port"
  fill volumes
}
