#!/bin/sh
# Keeps the certificates that kubeadm made on this node from ending, and tells the cluster until when
# each lasts. A timer runs it every hour. It may be cut off anywhere: the next run finishes the work.
#
#   certificates        renew if one has less than two fifths of its life left
#   certificates --now  renew whatever their ends are
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
# kubeadm and kubectl ask for it.
export HOME="${HOME:-/root}"
# shellcheck source=/dev/null  # made for each node
. /etc/mexosagent/node.env
wish=${1:-}
kubernetes=/etc/kubernetes
# Outside /etc/kubernetes until all of it is whole; "installing" is there from then on.
work=/var/lib/mexosagent/certificates
staged=$work/host/etc/kubernetes
lease=mexosagent-certificates
leases=/apis/coordination.k8s.io/v1/namespaces/kube-system/leases
port=${API_ENDPOINT##*:}
problem=

say() {
  line="mexosagent: $NODE_NAME: certificates: $1"
  echo "$line"
  { echo "$line" >/dev/console; } 2>/dev/null || :
}

fail() {
  problem=$(echo "$1" | tr -cd '[:print:]' | cut -c 1-300)
  say "$problem"
  exit 1
}

# certificates DIRECTORY: each as "NAME FILE".
certificates() {
  for name in apiserver apiserver-etcd-client apiserver-kubelet-client front-proxy-client \
    etcd/server etcd/peer etcd/healthcheck-client; do
    [ ! -e "$1/pki/$name.crt" ] || echo "$name $1/pki/$name.crt"
  done
  for name in admin super-admin controller-manager scheduler; do
    [ ! -e "$1/$name.conf" ] || echo "$name $1/$name.conf"
  done
}

# The kubelet renews its own; here they are only looked at.
kubelets() {
  for name in client server; do
    file=/var/lib/kubelet/pki/kubelet-$name-current.pem
    [ ! -e "$file" ] || echo "kubelet-$name $file"
  done
}

certificate_in() {
  case $1 in
    *.conf) sed -n 's/^ *client-certificate-data: *//p' "$1" | base64 -d ;;
    *) cat "$1" ;;
  esac
}

key_of() {
  case $1 in
    *.conf) sed -n 's/^ *client-key-data: *//p' "$1" | base64 -d ;;
    *) cat "${1%.crt}.key" ;;
  esac
}

# date_of startdate|enddate FILE: in seconds since 1970; nothing if that is no certificate.
date_of() {
  text=$(certificate_in "$2" | openssl x509 -noout "-$1" 2>/dev/null) || return 0
  date -u -d "${text#*=}" +%s
}

# When it was signed. kubeadm dates certificates back to the beginning of their authority, but nobody
# writes their files later.
begin_of() {
  begin=$(date_of startdate "$1")
  written=$(stat -L -c %Y "$1")
  [ "${begin:-0}" -gt "$written" ] || begin=$written
  echo "$begin"
}

# has_left FILE N D: it is valid, and more than N/D of its life is left. One that begins in the future
# was made while the clock was wrong.
has_left() {
  now=$(date +%s)
  end=$(date_of enddate "$1")
  begin=$(begin_of "$1")
  [ -n "$end" ] && [ "$begin" -le "$now" ] && [ $(((end - now) * $3)) -gt $(((end - begin) * $2)) ]
}

# The first that has not so much left, by name; nothing if all have.
first_without() { # N D
  certificates "$kubernetes" | while read -r name file; do
    has_left "$file" "$1" "$2" || { echo "$name" && break; }
  done
}

# With what was renewed, since what is in use may have ended.
kube() { kubectl --kubeconfig "$staged/admin.conf" --request-timeout 20s "$@"; }

is_ready() { [ "$(kube --server "https://$1:$port" get --raw /readyz 2>/dev/null)" = ok ]; }

own_address() {
  sed -n 's/^ *- --advertise-address=//p' "$kubernetes/manifests/kube-apiserver.yaml"
}

other_masters() {
  own=$(own_address)
  awk -v name="${API_ENDPOINT%:*}" -v own="$own" '$2 == name && $1 != own { print $1 }' \
    /etc/mexosagent/hosts
}

authority_of() {
  case $1 in
    front-proxy-client) echo front-proxy-ca ;;
    etcd/* | apiserver-etcd-client) echo etcd/ca ;;
    *) echo ca ;;
  esac
}

# Of kubeadm, on one line.
complaint() { grep -v 'stack trace of this error' "$work/log" | tail -n 1; }

# kubeadm writes files in place, one by one. So it works on a copy, which becomes its root.
stage() {
  rm -rf "$work"
  (umask 077 && mkdir -p "$staged" "$work/host/var/lib/kubelet/pki")
  cp -a "$kubernetes/pki" "$kubernetes"/*.conf "$staged/"
  # What it asks the API server with for the cluster's settings; without an answer it uses its own.
  cp /etc/hosts "$work/host/etc/"
  kubelets | while read -r _ file; do cp -L "$file" "$work/host$file"; done
  timeout 600 kubeadm --rootfs "$work/host" certs renew all >"$work/log" 2>&1 ||
    fail "kubeadm certs renew all: $(complaint)"
  certificates "$kubernetes" | while read -r name file; do
    check "$name" "$staged${file#"$kubernetes"}" "$file" || exit 1
  done || fail "kubeadm certs renew all: $(cat "$work/fault")"
}

# check NAME RENEWED OLD: kubeadm's exit code says little.
check() {
  authority=$staged/pki/$(authority_of "$1").crt
  if cmp -s "$2" "$3"; then
    echo "it did not renew $1" >"$work/fault"
  elif ! certificate_in "$2" | openssl verify -CAfile "$authority" >"$work/fault" 2>&1; then
    echo "$1: $(sed -n 's/.*lookup: *//p' "$work/fault" | head -n 1)" >"$work/fault"
  elif [ "$(certificate_in "$2" | openssl x509 -noout -pubkey)" != \
    "$(key_of "$2" | openssl pkey -pubout)" ]; then
    echo "$1 has a key that is not its own" >"$work/fault"
  else
    return 0
  fi
  return 1
}

# One master after the other: whose name the lease has may take its API server away. 1: another has it;
# 2: it could not be asked for. Clocks may differ, so a lease is taken over when it has not changed for
# an hour as this node counts it; no run takes as long.
take_turn() {
  lease_text '' | kube create --raw "$leases" -f - >/dev/null 2>"$work/fault" && return 0
  held=$(kube get --namespace kube-system lease "$lease" \
    -o 'jsonpath={.spec.holderIdentity} {.metadata.resourceVersion}' 2>>"$work/fault") || return 2
  [ "${held%% *}" != "$NODE_NAME" ] || return 0
  up=$(cut -d . -f 1 /proc/uptime)
  if [ "$(cut -d ' ' -f 2- "/run/$lease" 2>/dev/null)" != "$held" ]; then
    echo "$up $held" >"/run/$lease"
    return 1
  fi
  [ $((up - $(cut -d ' ' -f 1 "/run/$lease"))) -gt 3600 ] || return 1
  lease_text "${held#* }" | kube replace --raw "$leases/$lease" -f - >/dev/null 2>"$work/fault"
}

end_turn() {
  holder=$(kube get --namespace kube-system lease "$lease" -o 'jsonpath={.spec.holderIdentity}' 2>/dev/null) || return 0
  [ "$holder" != "$NODE_NAME" ] || kube delete --raw "$leases/$lease" >/dev/null 2>&1 || :
}

lease_text() { # resourceVersion
  printf '{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"%s",' "$lease"
  printf '"namespace":"kube-system","resourceVersion":"%s"},' "$1"
  printf '"spec":{"holderIdentity":"%s"}}\n' "$NODE_NAME"
}

any_answers() {
  for address in $(own_address) $(other_masters); do
    ! is_ready "$address" || return 0
  done
  return 1
}

# Whether this master may restart what it runs; if not, the run ends here.
wait_for_turn() {
  [ -z "$(first_without 1 12)" ] || return 0 # too late for manners
  turn=0
  take_turn || turn=$?
  case $turn in
    1) echo "another master is being renewed: ${held%% *}" && exit 0 ;;
    # Where no API server answers there is none to be kept.
    2) ! any_answers || fail "the lease $lease cannot be had: $(tail -n 1 "$work/fault")" ;;
  esac
  for address in $(other_masters); do
    [ $turn = 2 ] || is_ready "$address" ||
      fail "waits until the API server of the master $address is ready"
  done
}

# What differs from what is in use, relative to /etc/kubernetes.
renewed_files() {
  (cd "$staged" && find pki -name '*.crt' -o -name '*.key' && ls ./*.conf) | while read -r file; do
    cmp -s "$staged/$file" "$kubernetes/$file" || echo "$file"
  done
}

# All are written before the first takes its place: a full disk changes nothing.
install_staged() {
  : >"$work/installing"
  renewed_files | while read -r file; do cp -a "$staged/$file" "$kubernetes/$file.new"; done
  sync
  renewed_files | while read -r file; do mv "$kubernetes/$file.new" "$kubernetes/$file"; done
  sync
}

# The container of a static pod that runs; nothing if none does.
container_of() {
  pod="labels.\"io.kubernetes.pod.name\"==\"$1-$NODE_NAME\""
  for id in $(ctr -n k8s.io containers list -q "$pod,labels.\"io.kubernetes.container.name\"==\"$1\""); do
    ctr -n k8s.io tasks list | awk -v id="$id" '$1 == id && $3 == "RUNNING" { print id }'
  done
}

runs() { [ -n "$(container_of "$1")" ]; }
is_gone() { ! ctr -n k8s.io tasks list | awk -v id="$1" '$1 == id && $3 == "RUNNING"' | grep -q .; }

# wait_for SECONDS COMMAND...
wait_for() {
  patience=$1
  shift
  until "$@"; do
    [ "$patience" -gt 0 ] || return 1
    patience=$((patience - 1))
    sleep 1
  done
}

# The kubelet starts another one at once. Nothing in /etc/kubernetes/manifests is touched, so that a
# cut of the power leaves a node that starts as always.
stop() {
  for id in $(container_of "$1"); do
    ctr -n k8s.io tasks kill -s SIGTERM "$id" || :
    wait_for 15 is_gone "$id" || ctr -n k8s.io tasks kill -s SIGKILL "$id" || :
  done
}

# The API server goes before its etcd, so that no request meets one without the other.
restart_components() {
  stop kube-apiserver
  stop etcd
  wait_for 600 is_ready "$(own_address)" ||
    fail "the API server of this master is not ready 600 s after it was restarted"
  for name in kube-controller-manager kube-scheduler; do
    stop "$name"
    wait_for 600 runs "$name" || fail "$name does not run 600 s after it was restarted"
  done
}

renew() {
  due=$(first_without 2 5)
  if [ ! -e "$work/installing" ]; then
    [ -n "$due" ] || [ "$wish" = --now ] || return 0
    echo "renewing: ${due:-as it was asked for}"
    stage
    wait_for_turn
  fi
  install_staged
  restart_components
  end_turn
  rm -rf "$work"
  say "renewed, until $(date -u -d "@$(date_of enddate "$kubernetes/pki/apiserver.crt")" +%FT%TZ)"
}

# For the agent, which reads it from this node's object.
tell() {
  lives=$({ certificates "$kubernetes" && kubelets; } | while read -r name file; do
    echo "$name=$(begin_of "$file")-$(date_of enddate "$file")"
  done)
  kubectl --kubeconfig "$kubernetes/kubelet.conf" --request-timeout 20s annotate node "$NODE_NAME" \
    --overwrite "mexosagent/certificates=$(echo "$lives" | paste -s -d ' ' -)" \
    "mexosagent/certificates-problem=$problem" >/dev/null || :
}

on_exit() {
  status=$?
  trap - EXIT
  [ $status = 0 ] || [ -n "$problem" ] || problem="the run ended by itself: see journalctl -u $lease"
  tell
  exit $status
}

[ -e /var/lib/mexosagent/ready ] || exit 0
trap on_exit EXIT
[ "$ROLE" = worker ] || renew
