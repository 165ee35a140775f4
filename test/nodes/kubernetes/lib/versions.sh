# shellcheck shell=sh
# shellcheck disable=SC2034  # used by the files that are read after this one
# Versions and places.

# The version that Debian 12's source package holds, its upstream name there, and the commit of that
# release; the Go it is built with, and the tools that go into its images.
kubernetes_version=v1.20.2
kubernetes_source=1.20.5+really1.20.2
kubernetes_commit=faecb196815e248d3ecfb03c680a4507229c2a56
kubernetes_date=2021-01-13T13:20:00Z
go_root=/usr/lib/go-1.19
programs='kubeadm kubelet kubectl kube-proxy kube-apiserver kube-controller-manager kube-scheduler'

cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/mexosagent/kubernetes
architecture=$(dpkg --print-architecture)
begun=$(date +%s)

say() { printf '[%3d s] %s\n' "$(($(date +%s) - begun))" "$*"; }

die() {
  echo "test/nodes/kubernetes: $*" >&2
  exit 1
}
