# shellcheck shell=sh
# The layer that makes a Debian root into a Kubernetes node's.

make_kubernetes() { # directory
  cp -r "$here/image/kubernetes/." "$1/"
  mkdir -p usr/bin etc/kubernetes/manifests etc/systemd/system/multi-user.target.wants
  for program in kubeadm kubelet kubectl; do cp "$cache/binaries/$program" usr/bin/; done
  # For those who put it in kubeadm's place: see lib/binaries.sh.
  cp "$cache/binaries/kubeadm-short-lived" usr/bin/
  ln -s /etc/systemd/system/kubelet.service etc/systemd/system/multi-user.target.wants/
}
