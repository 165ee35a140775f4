# shellcheck shell=sh
# A part is a directory NAME-KEY in the cache; the key is the checksum of all that it is made from, so
# a changed script makes a new one. It is filled under another name and renamed when it is whole. The
# link NAME leads to the current one.

parts='source binaries base settings containers kubernetes containerd'

# What each part is made from: files below this directory, then the parts before it.
inputs_of() { # part
  case $1 in
    source) echo lib/source.sh ;;
    binaries) echo lib/binaries.sh short-lived @source ;;
    base) echo lib/base.sh ;;
    settings) echo lib/settings.sh image/settings image/masked-units ;;
    containers) echo lib/containers.sh write_image.py web @binaries @base ;;
    kubernetes) echo lib/kubernetes.sh image/kubernetes @binaries ;;
    containerd) echo lib/containerd.sh bake @containers @base ;;
  esac
}

key_of() { # part
  for input in $(inputs_of "$1"); do
    case $input in
      @*) key_of "${input#@}" ;;
      *) (cd "$here" && find "$input" -type f -exec sha256sum {} + | sort -k 2) ;;
    esac
  done | { echo "$architecture $kubernetes_source $go_root" && cat; } | sha256sum | cut -c 1-12
}

# The link is set last of all, so where it leads to the directory is whole.
is_current() { # part
  [ "$(readlink "$cache/$1")" = "$1-$(key_of "$1")" ] && [ -d "$cache/$1/" ]
}

is_complete() {
  for part in $parts; do
    is_current "$part" || return 1
  done
}

# Two builds at once would do everything twice. What an interrupted one left is removed.
take_lock() {
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock -n 9 || { say "waiting for another build" && flock 9; }
  rm -rf "$cache"/*.making
}

make_part() { # part
  is_current "$1" && return 0
  part_begun=$(date +%s)
  whole=$1-$(key_of "$1")
  making=$cache/$1.making
  log=$cache/$1.log
  rm -rf "$making"
  mkdir -p "$making"
  say "making $1 (log: $log)"
  # In a process of its own, where `set -e` holds: as the condition of an `if` it would not.
  (set -eu && cd "$making" && "make_$1" "$making") >"$log" 2>&1 &
  wait $! || {
    tail -n 30 "$log" >&2
    die "$1 could not be made; all of it is in $log"
  }
  [ ! -e "$cache/$whole" ] || ! is_in_use "$whole" || die "nodes run on $cache/$whole: stop them first"
  rm -rf "${cache:?}/$whole"
  mv "$making" "$cache/$whole"
  ln -sfnT "$whole" "$cache/$1.link"
  mv -T "$cache/$1.link" "$cache/$1"
  say "made $1: $(($(date +%s) - part_begun)) s, $(du -sh "$cache/$whole" | cut -f 1)"
}

# Only for making other parts: 3 GB of sources and Go's cache, and image files that are in the store.
forget_unused_work() { rm -rf "$cache/go"; }

# A running node's root is made of the parts it was started with, of any site and whoever started it.
is_in_use() { # directory's name
  grep -qsF "$cache/$1" /proc/[0-9]*/mountinfo
}

prune() {
  for old in "$cache"/*-????????????; do
    name=${old##*/}
    [ "$(readlink "$cache/${name%-*}")" != "$name" ] || continue
    if is_in_use "$name"; then
      say "kept $old: a node runs on it"
    else
      rm -rf "$old"
      say "removed $old"
    fi
  done
}
