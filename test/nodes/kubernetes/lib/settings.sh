# shellcheck shell=sh
# The layer that makes a Debian root into a node's: settings, and units that a node does not start.

make_settings() { # directory
  cp -r "$here/image/settings/." "$1/"
  mkdir -p etc/systemd/system
  while read -r unit; do ln -s /dev/null "etc/systemd/system/$unit"; done <"$here/image/masked-units"
  ln -s /lib/systemd/system/multi-user.target etc/systemd/system/default.target
  # Where Kubernetes' own packages have the plugins, besides where Debian has them.
  mkdir -p opt/cni
  ln -s /usr/lib/cni opt/cni/bin
}
