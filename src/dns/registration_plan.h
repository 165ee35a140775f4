#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "dns/claim.h"
#include "dns/dns_provider.h"

// What has to be done so that a name leads to this agent. Pure.
namespace mex::dns {

// One name as it should be, as far as this agent is concerned.
struct Registration {
  std::string name;
  bool has_wildcard = false;           // "*.<name>", too
  std::vector<std::string> addresses;  // IPv4 and IPv6; empty: the name is given up
  std::chrono::seconds ttl{300};
  bool is_proxied = false;
  std::string agent;
  std::uint64_t heartbeat = 0;
};

// One name as it is.
struct NameState {
  std::vector<DnsRecord> texts;      // at claims_name(name)
  std::vector<DnsRecord> addresses;  // A and AAAA at the name and at "*.<name>"
};

struct Step {
  enum class Kind : std::uint8_t { Add, Remove, Change };
  Kind kind;
  DnsRecord record;  // with Change: as it is to be
  DnsRecord before;  // with Change: as it is

  bool operator==(const Step&) const = default;
};

struct RegistrationPlan {
  // In an order in which any of them may be the last: what is ours is claimed before it is made,
  // and until it is gone.
  std::vector<Step> steps;
  // Address records without a claim at names where ours would have to be: unmanaged ones, also if
  // they are equal to ours. Then none of ours are made there, and a name that we have not claimed
  // yet is left alone.
  std::vector<DnsRecord> unmanaged;
};

// `dead`: agents whose claims have not been renewed for long; what they claimed is removed, unless
// an agent that is alive claims it as well.
RegistrationPlan plan_registration(const Registration& wanted, const NameState& state,
                                   const std::set<std::string>& dead);

// Why nothing is registered beside unmanaged records, of which there are some.
std::string unmanaged_problem(const RegistrationPlan& plan);

// The address records that should be there for `wanted`.
std::vector<DnsRecord> wanted_records(const Registration& wanted);

// The owners of an address record: the agents that claim it.
std::vector<std::string> owners_of(const DnsRecord& record, const NameState& state);

}  // namespace mex::dns
