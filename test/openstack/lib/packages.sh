# shellcheck shell=bash
# Installs what ../packages lists and this machine lacks.

missing_packages() { # list-file
  local name
  while read -r name; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || echo "$name"
  done < <(grep -v -e '^#' -e '^$' "$1")
}

require_packages() { # list-file
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$1")
  ((${#missing[@]})) || return 0
  [[ ${MEX_OPENSTACK_INSTALL:-1} == 1 ]] || die "these Debian packages are missing: ${missing[*]}"
  ((EUID == 0)) || as_root=(sudo)
  say "installing ${#missing[@]} Debian packages"
  "${as_root[@]}" "$here/../../tools/install-packages" "${missing[@]}"
}
