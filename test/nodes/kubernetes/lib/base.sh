# shellcheck shell=sh
# A Debian root: what a cloud image holds before Kubernetes comes into it, containerd included.

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
  cp -r "$here/image/base/." "$1/"
  rm -f "$1/etc/machine-id" "$1/etc/hostname" "$1/etc/resolv.conf"
  for unit in $(cat "$1/etc/masked-units"); do ln -sf /dev/null "$1/etc/systemd/system/$unit"; done
  rm "$1/etc/masked-units"
  ln -sfn /lib/systemd/system/multi-user.target "$1/etc/systemd/system/default.target"
  # Where Kubernetes' own packages have the plugins, besides where Debian has them.
  mkdir -p "$1/opt/cni"
  ln -s /usr/lib/cni "$1/opt/cni/bin"
}
