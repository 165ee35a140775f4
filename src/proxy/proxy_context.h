#pragma once

#include <string>

#include "net/address.h"
#include "net/address_range.h"
#include "net/origin_policy.h"
#include "proxy/options.h"

namespace mex::proxy {

class AccessLog;

// What all shards have in common. Immutable; outlives them.
struct ProxyContext {
  Options options;
  net::OriginPolicy policy;
  std::string agent_token;  // names this agent in CDN-Loop; a token of RFC 9110
  AccessLog* access_log = nullptr;

  // Whether what this peer says in forwarding headers is believed.
  bool trusts(const net::Address& peer) const {
    return net::any_contains(options.trusted_peers, peer);
  }
};

}  // namespace mex::proxy
