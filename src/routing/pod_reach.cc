#include "routing/pod_reach.h"

#include <algorithm>
#include <utility>

namespace mex::routing {
namespace {

using kubernetes::Reach;

bool is_in(const std::string& range, const net::Address& address) {
  const auto parsed = net::AddressRange::parse(range);
  return parsed.ok() && parsed->contains(address);
}

bool contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

}  // namespace

RouteLookup::RouteLookup(const std::vector<KernelRoute>& routes) {
  for (const KernelRoute& each : routes) {
    auto range = net::AddressRange::parse(each.route.subnet);
    if (range.ok() && range->bits > 0) entries_.push_back({*range, each.route.gateway});
  }
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.range.bits > b.range.bits; });
}

std::string RouteLookup::gateway_to(const net::Address& address) const {
  for (const Entry& entry : entries_) {
    if (entry.range.contains(address)) return entry.gateway;
  }
  return {};
}

Reach reach_of(const std::string& address, const ClusterNetworks& networks,
               const RouteLookup& routes) {
  const auto parsed = net::Address::parse_ip(address, 0);
  if (!parsed.ok() || parsed->is_loopback() || parsed->is_any() || parsed->is_link_local()) {
    return Reach::Foreign;
  }
  if (contains(networks.node_addresses, address) || is_in(networks.node_subnet, *parsed)) {
    return Reach::Routed;
  }
  if (!is_in(networks.pod_network, *parsed)) return Reach::Foreign;
  const std::string gateway = routes.gateway_to(*parsed);
  const bool leads_there = !gateway.empty() && (gateway == networks.gateway ||
                                                contains(networks.node_addresses, gateway));
  return leads_there ? Reach::Routed : Reach::Unrouted;
}

}  // namespace mex::routing
