#!/bin/sh
# Makes this machine a node of its cluster, or says on the console why it cannot. Every line that it
# says has the form "mexosagent: NODE: PHASE: TEXT"; the last phase is "ready" or "failed".
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
# kubeadm asks for it.
export HOME="${HOME:-/root}"
# shellcheck source=/dev/null  # made for each node
. /etc/mexosagent/node.env
log=/var/log/mexosagent-kubeadm.log
keys=/var/lib/mexosagent/pki

uptime_seconds() { cut -d . -f 1 /proc/uptime; }
started=$(uptime_seconds)
elapsed() { echo $(($(uptime_seconds) - started)); }
in_time() { [ "$(elapsed)" -lt "$DEADLINE" ]; }

verdict=
say() {
  line="mexosagent: $NODE_NAME: $1: $2"
  echo "$line"
  { echo "$line" >/dev/console; } 2>/dev/null || :
  case $1 in
    ready | failed) verdict=$1 ;;
  esac
}

fail() {
  say failed "$1"
  exit 1
}

# Whatever ends the script, the last line tells.
on_exit() {
  [ -n "$verdict" ] || say failed "the bootstrap script ended by itself after $(elapsed) s"
}
trap on_exit EXIT

# The last complaint in the log, on one line and without any token.
complaint() {
  grep -v 'stack trace of this error' "$log" |
    grep -iE 'error|fail|cannot|unable|timed out|refused|invalid|unknown|not found' | tail -n 1 |
    sed -E 's/[a-z0-9]{6}\.[a-z0-9]{16}/<token>/g' | tr -cd '[:print:]' | cut -c 1-300
}

has_systemd() { [ -d /run/systemd/system ]; }

restart_service() {
  ! has_systemd || systemctl restart "$1" >>"$log" 2>&1 || fail "$1 does not start: $(complaint)"
}

# until_done PHASE COMMAND...: again and again, every 2 s, until it succeeds.
until_done() {
  phase=$1
  shift
  until "$@" >>"$log" 2>&1; do
    in_time || fail "$phase: gave up after $(elapsed) s: $(complaint)"
    sleep 2
  done
}

apt_install() {
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o Dpkg::Options::=--force-confold \
    containerd iptables openssl "kubelet=$VERSION*" "kubeadm=$VERSION*" "kubectl=$VERSION*"
}

install_packages() {
  [ -n "$PACKAGES" ] || return 0
  say packages "installing Kubernetes $VERSION"
  until_done packages apt_install
  apt-mark hold kubelet kubeadm kubectl >>"$log" 2>&1 || :
}

trust_bundle() {
  [ -s /etc/mexosagent/ca-bundle.crt ] || return 0
  if command -v update-ca-certificates >/dev/null; then
    install -D -m 644 /etc/mexosagent/ca-bundle.crt /usr/local/share/ca-certificates/mexosagent.crt
    update-ca-certificates >>"$log" 2>&1 || fail "the CA bundle is refused: $(complaint)"
  elif command -v update-ca-trust >/dev/null; then
    install -D -m 644 /etc/mexosagent/ca-bundle.crt /etc/pki/ca-trust/source/anchors/mexosagent.crt
    update-ca-trust >>"$log" 2>&1 || fail "the CA bundle is refused: $(complaint)"
  else
    fail "the image has no update-ca-certificates for the CA bundle"
  fi
}

check_tools() {
  tools='kubeadm kubelet containerd iptables ip'
  # What a master renews its certificates with.
  [ "$ROLE" = worker ] || tools="$tools kubectl openssl ctr"
  for tool in $tools; do
    command -v "$tool" >/dev/null || fail "the image has no $tool: choose an image with Kubernetes \
$VERSION in it, or a flavor that installs packages"
  done
  found=$(kubeadm version -o short 2>>"$log") || fail "kubeadm does not run: $(complaint)"
  [ "$found" = "v$VERSION" ] ||
    fail "the image has kubeadm $found, but the cluster is of v$VERSION"
}

start_containerd() {
  ! has_systemd || systemctl daemon-reload >>"$log" 2>&1 || :
  if [ -s /etc/mexosagent/containerd.toml ]; then
    install -D -m 644 /etc/mexosagent/containerd.toml /etc/containerd/config.toml
  fi
  # Debian keeps the plugins elsewhere than every CNI's own installer.
  mkdir -p /opt/cni/bin
  for plugin in /usr/lib/cni/*; do
    [ ! -x "$plugin" ] || [ -e "/opt/cni/bin/${plugin##*/}" ] || ln -s "$plugin" /opt/cni/bin/
  done
  ! has_systemd || systemctl enable containerd kubelet >>"$log" 2>&1 || :
  restart_service containerd
  until_done containerd test -S /run/containerd/containerd.sock
}

start_clock() {
  for service in systemd-timesyncd chrony chronyd; do
    ! has_systemd || systemctl try-restart "$service" >>"$log" 2>&1 || :
  done
}

# Whether the API server is up and knows our token. Cheaper, and asked more often, than kubeadm would
# do it by itself; without Python kubeadm is simply tried.
api_knows_us() {
  command -v python3 >/dev/null || return 0
  python3 - "$API_ENDPOINT" "$TOKEN_ID" /etc/mexosagent/ca.crt <<'PYTHON'
import ssl, sys, urllib.request
endpoint, token, authority = sys.argv[1:]
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({}),
    urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=authority)))
url = "https://" + endpoint + "/api/v1/namespaces/kube-public/configmaps/cluster-info"
try:
    answer = opener.open(url, timeout=3).read().decode()
except Exception as fault:
    sys.exit("error: " + endpoint + ": " + str(fault))
sys.exit(0 if "jws-kubeconfig-" + token in answer else "error: the token is not known yet")
PYTHON
}

# kubeadm reset removes the directory, so every attempt begins with what was brought along.
lay_out_keys() {
  [ -d "$keys" ] || return 0
  mkdir -p /etc/kubernetes/pki
  cp -pR "$keys/." /etc/kubernetes/pki/
}

attempt() {
  lay_out_keys
  case $ROLE in
    first-master) set -- init ;;
    *) set -- join ;;
  esac
  set -- "$@" --config /etc/mexosagent/kubeadm.yaml
  [ -z "$IGNORED_PREFLIGHT_ERRORS" ] ||
    set -- "$@" --ignore-preflight-errors "$IGNORED_PREFLIGHT_ERRORS"
  [ -z "$SKIPPED_PHASES" ] || set -- "$@" --skip-phases "$SKIPPED_PHASES"
  kubeadm "$@" >>"$log" 2>&1
}

become_node() {
  tries=1
  until attempt; do
    in_time || fail "kubeadm: gave up after $(elapsed) s and $tries tries: $(complaint)"
    say retrying "kubeadm: $(complaint)"
    kubeadm reset --force >>"$log" 2>&1 || :
    tries=$((tries + 1))
    sleep 2
  done
}

# Until the node is ready the timer finds nothing to do.
start_renewal() {
  ! has_systemd || systemctl enable --now mexosagent-certificates.timer >>"$log" 2>&1 ||
    fail "the timer that renews certificates does not start: $(complaint)"
}

if [ -e /var/lib/mexosagent/ready ]; then
  say ready "was a node already"
  exit 0
fi
(umask 077 && : >"$log")
say starting "$ROLE of Kubernetes $VERSION"
trust_bundle
install_packages
check_tools
start_clock
/usr/local/lib/mexosagent/network >>"$log" 2>&1 || fail "the node's network: $(tail -n 1 "$log")"
swapoff -a 2>>"$log" || :
start_containerd
if [ "$ROLE" != first-master ]; then
  say waiting "for the API server at $API_ENDPOINT"
  until_done "API server" api_knows_us
fi
say joining "running kubeadm after $(elapsed) s"
become_node
start_renewal
# The keys have found their place.
rm -rf "$keys"
mkdir -p /var/lib/mexosagent
touch /var/lib/mexosagent/ready
say ready "node of the cluster after $(elapsed) s"
