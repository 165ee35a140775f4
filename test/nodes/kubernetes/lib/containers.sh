# shellcheck shell=sh
# Container images, each made from nothing but our binaries and what they need at run time. They get
# the names that kubeadm asks for, of the old and of the new registry.

names() { # NAME:TAG...
  for name in "$@"; do printf 'k8s.gcr.io/%s registry.k8s.io/%s ' "$name" "$name"; done
}

write_image() { # root entry-point name...
  # shellcheck disable=SC2046,SC2086  # lists of names
  /usr/bin/python3 "$here/write_image.py" "${1##*/}.tar" "$1" "$architecture" "$2" $3
}

# The shared libraries of programs of the Debian root, and their loader, into an image's root.
copy_libraries() { # image-root program...
  image_root=$1
  shift
  chroot "$cache/base" ldd "$@" | grep -oE '/[^ :]+\.so[^ :]*' | sort -u | while read -r library; do
    mkdir -p "$image_root$(dirname "$library")"
    cp -L "$cache/base$library" "$image_root$library"
  done
}

make_containers() { # directory
  for program in kube-apiserver kube-controller-manager kube-scheduler; do
    install -D "$cache/binaries/$program" "roots/$program/usr/local/bin/$program"
    write_image "roots/$program" "/usr/local/bin/$program" "$(names "$program:$kubernetes_version")"
  done
  mkdir -p roots/pause roots/web
  gcc -Os -static -DVERSION=3.2 -o roots/pause/pause "$cache/source/kubernetes/build/pause/linux/pause.c"
  write_image roots/pause /pause "$(names pause:3.2 pause:3.6)"
  mkdir -p "$cache/go/tmp"
  go_build go build -trimpath -ldflags '-s -w' -o "$PWD/roots/web/web" "$here/web/main.go"
  write_image roots/web /web docker.io/mexosagent/web:1
  make_etcd_container
  make_proxy_container
  rm -rf roots
}

make_etcd_container() {
  install -D "$cache/source/unpacked/usr/bin/etcd" roots/etcd/usr/local/bin/etcd
  # It needs the C library only, as `true` does; the next line would tell otherwise.
  copy_libraries "$PWD/roots/etcd" /bin/true
  chroot roots/etcd /usr/local/bin/etcd --version
  write_image roots/etcd /usr/local/bin/etcd "$(names etcd:3.4.13-0)"
}

# kube-proxy drives iptables, whose matches and targets are libraries of their own, and conntrack.
make_proxy_container() {
  root=$PWD/roots/kube-proxy
  plugins=/usr/lib/$(uname -m)-linux-gnu/xtables
  install -D "$cache/binaries/kube-proxy" "$root/usr/local/bin/kube-proxy"
  mkdir -p "$root/usr/sbin" "$root$(dirname "$plugins")" "$root/etc" "$root/run"
  cp -L "$cache/base/usr/sbin/xtables-nft-multi" "$cache/base/usr/sbin/conntrack" "$root/usr/sbin/"
  for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -s xtables-nft-multi "$root/usr/sbin/$name"
  done
  cp -r "$cache/base$plugins" "$root$plugins"
  # shellcheck disable=SC2046  # a list of file names
  copy_libraries "$root" /usr/sbin/xtables-nft-multi /usr/sbin/conntrack \
    $(for plugin in "$root$plugins"/*.so; do echo "${plugin#"$root"}"; done)
  write_image roots/kube-proxy /usr/local/bin/kube-proxy "$(names "kube-proxy:$kubernetes_version")"
}
