# shellcheck shell=sh
# A Debian root: what a cloud image holds before Kubernetes comes into it, containerd included. All as
# Debian made it; our settings are a layer of their own, so that changing one takes a second.

base_packages='ca-certificates cloud-init conntrack containerd containernetworking-plugins curl dbus
  e2fsprogs ethtool gpg iproute2 iptables iputils-ping kmod openssh-server openssl procps runc socat
  systemd systemd-sysv'

make_base() { # directory
  debian_archives deb >"$cache/base.list"
  # shellcheck disable=SC2086  # a list of package names
  mmdebstrap --mode=root --variant=minbase --architectures="$architecture" \
    --include="$(echo $base_packages | tr ' ' ,)" \
    --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --skip=check/empty bookworm "$1" "$cache/base.list"
  rm "$cache/base.list"
  rm -f "$1/etc/machine-id" "$1/etc/hostname" "$1/etc/resolv.conf"
}
