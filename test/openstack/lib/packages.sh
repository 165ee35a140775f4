# shellcheck shell=bash
# Installs what ../packages lists and this machine lacks, without letting any of it start a service.

missing_packages() {
  local name
  while read -r name; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || echo "$name"
  done < <(grep -v -e '^#' -e '^$' "$1")
}

install_packages() { # list-file
  local missing as_root=() apt
  mapfile -t missing < <(missing_packages "$1")
  ((${#missing[@]})) || return 0
  [[ ${MEX_OPENSTACK_INSTALL:-1} == 1 ]] || die "these Debian packages are missing: ${missing[*]}"
  ((EUID == 0)) || as_root=(sudo)
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=900
    -o Dpkg::Options::=--force-confold)
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  # rabbitmq-server and memcached would start themselves; Debian's switch against it is policy-rc.d.
  local policy=/usr/sbin/policy-rc.d ours=0 status=0
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
    ours=1
  fi
  { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"; } \
    >"$state/log/apt.log" 2>&1 || status=$?
  ((ours == 0)) || "${as_root[@]}" rm -f "$policy"
  ((status == 0)) || { tail -n 5 "$state/log/apt.log" >&2; die "apt-get failed, see $state/log/apt.log"; }
}
