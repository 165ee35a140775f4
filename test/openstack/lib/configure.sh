# shellcheck shell=bash
# Lays out the state directory and writes every service's configuration from the templates in config/.

make_state_directory() {
  mkdir -p "$state"/{etc,log,run,home,rabbitmq,fault,keys/fernet,keys/credential,images/{store,staging,tasks},locks,nova,neutron}
  chmod 700 "$state"
}

# One password for every user of this cloud, made at the first start and readable only by its owner.
read_password() {
  [[ -s $state/password ]] || (umask 077 && openssl rand -hex 16 >"$state/password")
  password=$(<"$state/password")
}

render_configuration() {
  rm -rf "$state/python"
  cp -r "$here/python" "$state/python"
  env STATE="$state" PASSWORD="$password" \
    KEYSTONE_URL="http://127.0.0.1:$keystone_port/v3" \
    GLANCE_URL="http://127.0.0.1:$glance_port" GLANCE_PORT="$glance_port" NEUTRON_PORT="$neutron_port" CINDER_PORT="$cinder_port" \
    RABBITMQ_PORT="$rabbitmq_port" RABBITMQ_URL="rabbit://mex:$password@127.0.0.1:$rabbitmq_port/" \
    MEMCACHED="127.0.0.1:$memcached_port" \
    DATABASE="mysql+pymysql://root@localhost" DATABASE_SOCKET="unix_socket=$state/run/mariadb.sock&charset=utf8" \
    TOKEN_SECONDS="${MEX_OPENSTACK_TOKEN_SECONDS:-3600}" \
    TOKEN_CACHE_SECONDS="${MEX_OPENSTACK_TOKEN_CACHE_SECONDS:-60}" \
    /usr/bin/python3 -B "$here/python/render.py" "$here/config" "$state/etc"
}

write_credentials() {
  local user
  for user in demo admin; do
    cat >"$state/$user.rc" <<END
unset \${!OS_*}
export OS_AUTH_URL=http://127.0.0.1:$keystone_port/v3
export OS_IDENTITY_API_VERSION=3
export OS_REGION_NAME=RegionOne
export OS_INTERFACE=public
export OS_USERNAME=$user
export OS_PASSWORD=$password
export OS_PROJECT_NAME=$user
export OS_USER_DOMAIN_NAME=Default
export OS_PROJECT_DOMAIN_NAME=Default
END
  done
}
