#!/bin/sh
# What the node's kernel must know after every boot: addresses of the API server, routes to the pods
# of the other nodes, and that pods may not read the node's own user-data. Can be run at any time.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck source=/dev/null  # made for each node
. /etc/mexosagent/node.env

# They may be built in; where they are missing sysctl says so below.
for module in overlay br_netfilter; do
  modprobe "$module" 2>/dev/null || :
done
sysctl -q -p /etc/sysctl.d/90-mexosagent.conf || :

# Written in place: /etc/hosts can be a mount of its own. cloud-init may have put its own there.
if [ -s /etc/mexosagent/hosts ]; then
  others=$(grep -v ' # mexosagent$' /etc/hosts || :)
  { printf '%s\n' "$others"; sed 's/$/ # mexosagent/' /etc/mexosagent/hosts; } >/etc/hosts
fi

# add_rule TABLE CHAIN RULE...: at the front, once.
add_rule() {
  table=$1
  chain=$2
  shift 2
  iptables -w -t "$table" -C "$chain" "$@" 2>/dev/null ||
    iptables -w -t "$table" -I "$chain" "$@"
}

# Only what comes in by an interface passes PREROUTING: pods are stopped before any rule of a CNI can
# let them through, and the node itself is not.
add_rule raw PREROUTING -d 169.254.169.254/32 -j DROP

[ -n "$POD_CIDR" ] || exit 0
# The world outside knows the way to nodes, not to pods.
add_rule nat POSTROUTING -s "$POD_CIDR" ! -d "$POD_NETWORK" -j MASQUERADE
ip -batch /etc/mexosagent/pod-routes
