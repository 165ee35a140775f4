#include "kubernetes/pod_network.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdint>
#include <optional>

#include "base/json_text.h"
#include "base/status.h"

namespace mex::kubernetes {
namespace {

constexpr int kNodePrefix = 24;
constexpr std::uint64_t kPodsPerNode = 256;
constexpr std::uint64_t kMostAddresses = 1024;

struct Network {
  std::uint32_t base = 0;
  int prefix = 0;

  std::uint64_t size() const { return std::uint64_t{1} << static_cast<unsigned>(32 - prefix); }
  bool contains(std::uint32_t address) const { return address >= base && address - base < size(); }
};

std::optional<std::uint32_t> parse_address(std::string_view text) {
  in_addr address{};
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::string address_text(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24U, (address >> 16U) & 255U, (address >> 8U) & 255U,
                     address & 255U);
}

absl::StatusOr<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = parse_address(text.substr(0, slash));
  Network network;
  if (base && slash != std::string_view::npos) {
    const char* const end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data() + slash + 1, end, network.prefix);
    network.base = *base;
    if (fault == std::errc() && stop == end && network.prefix >= 1 && network.prefix <= 32 &&
        *base % network.size() == 0) {
      return network;
    }
  }
  return base::error(absl::StatusCode::kInvalidArgument,
                     "{} must be an IPv4 network, like 10.244.0.0/16", base::quoted(text));
}

struct Layout {
  Network pods;
  Network nodes;
  std::uint32_t own_index = 0;
};

absl::StatusOr<Layout> layout_of(std::string_view pod_network, std::string_view subnet,
                                 std::string_view node_address) {
  Layout layout;
  MEX_ASSIGN_OR_RETURN(layout.pods, parse_network(pod_network));
  MEX_ASSIGN_OR_RETURN(layout.nodes, parse_network(subnet));
  const auto address = parse_address(node_address);
  if (!address || !layout.nodes.contains(*address)) {
    return base::error(absl::StatusCode::kInvalidArgument, "{} is not an address of the subnet {}",
                       base::quoted(node_address), subnet);
  }
  if (layout.pods.size() < layout.nodes.size() * kPodsPerNode) {
    return base::error(
        absl::StatusCode::kInvalidArgument,
        "the pod network {} is too small for the subnet {}: each of its {} addresses "
        "takes a /{}",
        pod_network, subnet, layout.nodes.size(), kNodePrefix);
  }
  layout.own_index = *address - layout.nodes.base;
  return layout;
}

std::string pods_at(const Layout& layout, std::uint32_t index) {
  const auto offset = static_cast<std::uint32_t>(index * kPodsPerNode);
  return fmt::format("{}/{}", address_text(layout.pods.base + offset), kNodePrefix);
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
  if (layout.nodes.size() > kMostAddresses) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "the subnet {} has more than {} addresses, too many for routes between "
                       "nodes: a CNI from a manifest is needed",
                       subnet, kMostAddresses);
  }
  std::vector<PodRoute> routes;
  // Neither the network's own address nor the broadcast address is a node's.
  for (std::uint32_t index = 1; index + 1 < layout.nodes.size(); ++index) {
    if (index == layout.own_index) continue;
    routes.push_back({.pod_network = pods_at(layout, index),
                      .node_address = address_text(layout.nodes.base + index)});
  }
  return routes;
}

}  // namespace mex::kubernetes
