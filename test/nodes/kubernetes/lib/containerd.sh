# shellcheck shell=sh
# containerd's directory with all images in it, unpacked: a node gets it as a copy of hard links, so
# that no node spends its first seconds on importing.

make_containerd() { # directory
  mkdir -p store work/upper work/work work/merged
  unshare --mount --pid --fork --kill-child "$here/bake" "$cache/base" "$cache/containers" \
    "$1/store" "$1/work"
  rm -rf work
  mv store/* .
  rmdir store
  [ -s io.containerd.metadata.v1.bolt/meta.db ] || die "containerd left no images"
}
