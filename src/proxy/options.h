#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/address_range.h"

namespace mex::proxy {

// How a shard of the proxy behaves. The defaults are meant to be shipped.
struct Options {
  // Name resolution, TCP and TLS together, over all addresses of the origin.
  std::chrono::milliseconds connect_timeout{5'000};
  // No byte moved towards or from the origin although it was its turn; then 504.
  std::chrono::milliseconds origin_timeout{60'000};
  // How long a client that sent "Expect: 100-continue" waits for an origin that does not answer
  // before its body is taken anyway.
  std::chrono::milliseconds continue_timeout{1'000};

  // A connection is not reused after being idle for so long, nor later than `idle_margin` before
  // the moment the origin announced in "Keep-Alive: timeout".
  std::chrono::milliseconds idle_timeout{30'000};
  std::chrono::milliseconds idle_margin{4'000};
  // No request is sent on a connection that is older. What stands behind an origin's address can
  // change: a NodePort chooses a pod for each connection, a name may lead elsewhere.
  std::chrono::milliseconds max_age{60'000};
  // Idle for longer than this, a connection is looked at (one system call) before it is reused.
  std::chrono::milliseconds trusted_idle{100};

  // Requests at once on a connection over HTTP/2, if the origin allows as many.
  std::size_t max_streams = 250;
  // An HTTP/2 connection to a machine that gives no sign of life ends after so long.
  std::chrono::seconds lost_origin{30};

  // Of one shard; more are closed. So many that answers which come at once, as to the streams of
  // many connections of HTTP/2, leave connections for the next requests.
  std::size_t max_idle_per_origin = 1024;
  std::size_t max_connections_per_origin = 4096;  // of one shard; then requests wait
  // Of one shard, to all origins together; idle ones make room for others, then requests wait.
  std::size_t max_origin_connections = 16'384;
  // How long a request waits for a connection, then 503. 0: it does not.
  std::chrono::milliseconds queue_timeout{10'000};
  std::size_t max_queue = 1024;         // that wait for one origin or route, of one shard; then 503
  std::size_t high_water = 64U << 10U;  // bytes waiting for an origin: the client pauses
  unsigned max_interim_responses = 16;  // 1xx of one exchange; then 502

  // Tunnels of a removed route are ended within this time.
  std::chrono::milliseconds removed_tunnel_grace{5'000};

  // A TLS connection that is passed through, without a byte either way.
  std::chrono::milliseconds passthrough_idle_timeout{3'600'000};
  // How long one is silent before another one may have its place when all are taken.
  std::chrono::milliseconds passthrough_min_silence{10'000};
  // After so long without a sign of life from either side's machine it ends, too.
  std::chrono::seconds passthrough_lost_peer{30};
  // How long a server may take to accept while there is another one to ask.
  std::chrono::milliseconds passthrough_connect_timeout{1'500};
  // How long a server that could not be connected to comes last, and after further failures.
  std::chrono::milliseconds passthrough_retry{5'000};
  std::chrono::milliseconds passthrough_max_retry{60'000};

  // Peers whose X-Forwarded-*, Forwarded and X-Real-IP are believed and added to; those of all
  // others are replaced.
  std::vector<net::AddressRange> trusted_peers;

  // Where the access log goes (see LogOutput); empty: there is none.
  std::string access_log;
  bool access_log_query = false;  // queries are a part of it, with what is secret in them
  // Requests that bring no X-Request-ID or traceparent get one, which origins see.
  bool names_requests = false;

  // PEM file of the authorities that https origins are checked against; empty: the system's.
  std::string origin_ca_file;

  // How addresses of host-name origins are asked for; empty: as /etc/resolv.conf says.
  std::vector<net::Address> name_servers;
};

}  // namespace mex::proxy
