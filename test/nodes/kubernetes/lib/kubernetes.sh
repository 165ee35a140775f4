# shellcheck shell=sh
# The layer that makes a Debian root into a Kubernetes node's.

make_kubernetes() { # directory
  cp -r "$here/image/kubernetes/." "$1/"
  mkdir -p usr/bin etc/kubernetes/manifests etc/systemd/system/multi-user.target.wants
  for program in kubeadm kubelet kubectl; do cp "$cache/binaries/$program" usr/bin/; done
  ln -s /etc/systemd/system/kubelet.service etc/systemd/system/multi-user.target.wants/
}
