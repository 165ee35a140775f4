#include "kubernetes/pod_network.h"

#include <cstdint>

#include "base/ipv4.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::kubernetes {
namespace {

constexpr int kNodePrefix = 24;
constexpr std::uint64_t kMaxAddresses = 1024;

absl::StatusOr<base::Ipv4Block> parse_network(std::string_view text) {
  const auto network = base::parse_ipv4_block(text);
  if (network && network->prefix_length >= 1) return *network;
  return base::error(absl::StatusCode::kInvalidArgument,
                     "{} must be an IPv4 network, like 10.244.0.0/16", base::quoted(text));
}

struct Layout {
  base::Ipv4Block pods;
  base::Ipv4Block nodes;
  std::uint32_t own_index = 0;
};

absl::StatusOr<Layout> layout_of(std::string_view pod_network, std::string_view subnet,
                                 std::string_view node_address) {
  Layout layout;
  MEX_ASSIGN_OR_RETURN(layout.pods, parse_network(pod_network));
  MEX_ASSIGN_OR_RETURN(layout.nodes, parse_network(subnet));
  const auto address = base::parse_ipv4(node_address);
  if (!address || !layout.nodes.contains(*address)) {
    return base::error(absl::StatusCode::kInvalidArgument, "{} is not an address of the subnet {}",
                       base::quoted(node_address), subnet);
  }
  if (block_count(layout.pods, kNodePrefix) < layout.nodes.size()) {
    return base::error(
        absl::StatusCode::kInvalidArgument,
        "the pod network {} is too small for the subnet {}: each of its {} addresses "
        "takes a /{}",
        pod_network, subnet, layout.nodes.size(), kNodePrefix);
  }
  layout.own_index = address->value - layout.nodes.first.value;
  return layout;
}

std::string pods_at(const Layout& layout, std::uint32_t index) {
  return to_string(block_in(layout.pods, index, kNodePrefix));
}

}  // namespace

absl::StatusOr<std::string> pod_network_of(std::string_view pod_network, std::string_view subnet,
                                           std::string_view node_address) {
  MEX_ASSIGN_OR_RETURN(const Layout layout, layout_of(pod_network, subnet, node_address));
  return pods_at(layout, layout.own_index);
}

absl::StatusOr<std::vector<PodRoute>> pod_routes(std::string_view pod_network,
                                                 std::string_view subnet,
                                                 std::string_view node_address) {
  MEX_ASSIGN_OR_RETURN(const Layout layout, layout_of(pod_network, subnet, node_address));
  if (layout.nodes.size() > kMaxAddresses) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "the subnet {} has more than {} addresses, too many for routes between "
                       "nodes: a CNI from a manifest is needed",
                       subnet, kMaxAddresses);
  }
  std::vector<PodRoute> routes;
  // Neither the network's own address nor the broadcast address is a node's.
  for (std::uint32_t index = 1; index + 1 < layout.nodes.size(); ++index) {
    if (index == layout.own_index) continue;
    routes.push_back({.pod_network = pods_at(layout, index),
                      .node_address = to_string(address_in(layout.nodes, index))});
  }
  return routes;
}

}  // namespace mex::kubernetes
