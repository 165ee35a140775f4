#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/flavor/check.h"
#include "cluster/flavor/syntax.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kMaxDnsServers = 5;
constexpr int kNodeBlock = 24;  // every node's part of the pod network

struct Named {
  std::string field;
  base::Ipv4Block block;
};

absl::Status refuse_unless_isolated(const NetworkSettings& network) {
  if (network.scheme == NetworkScheme::Isolated || network.scheme == NetworkScheme::Platform) {
    return absl::OkStatus();
  }
  const std::pair<std::string_view, bool> fields[] = {
      {"address_pool", !network.address_pool.empty()},
      {"router", !network.router.empty()},
      {"nat", !network.nat},
      {"dns_servers", !network.dns_servers.empty()},
  };
  for (const auto& [name, is_set] : fields) {
    if (!is_set) continue;
    return base::field_error(fmt::format("flavor.network.{}", name),
                             "is only for clusters that have a network of their own (scheme "
                             "ISOLATED); leave it out");
  }
  return absl::OkStatus();
}

absl::Status check_scheme(const NetworkSettings& network) {
  MEX_RETURN_IF_ERROR(refuse_unless_isolated(network));
  if (!network.network.empty() && network.scheme != NetworkScheme::Shared) {
    return base::field_error("flavor.network.network",
                             "is only for the scheme SHARED; leave it empty");
  }
  if (!network.external_network.empty() && network.scheme == NetworkScheme::Shared) {
    return base::field_error("flavor.network.external_network",
                             "is not for the scheme SHARED; leave it empty");
  }
  if (!network.subnet.empty() && network.scheme != NetworkScheme::Shared &&
      network.scheme != NetworkScheme::External) {
    return base::field_error("flavor.network.subnet",
                             "is only for the schemes SHARED and EXTERNAL; leave it empty");
  }
  if (network.router.empty()) return absl::OkStatus();
  if (!network.nat) {
    return base::field_error("flavor.network.nat",
                             "an existing router's NAT is its owner's: leave it out");
  }
  if (network.external_network.empty()) return absl::OkStatus();
  return base::field_error("flavor.network.external_network",
                           "an existing router's gateway is its owner's: leave it empty");
}

absl::Status check_names(const NetworkSettings& network) {
  MEX_RETURN_IF_ERROR(check_cloud_name(network.network, "flavor.network.network"));
  MEX_RETURN_IF_ERROR(
      check_cloud_name(network.external_network, "flavor.network.external_network"));
  MEX_RETURN_IF_ERROR(check_cloud_name(network.router, "flavor.network.router"));
  MEX_RETURN_IF_ERROR(check_cloud_name(network.subnet, "flavor.network.subnet"));
  if (network.dns_servers.size() > kMaxDnsServers) {
    return base::field_error(
        "flavor.network.dns_servers",
        fmt::format("must have at most {} servers, as Neutron takes them", kMaxDnsServers));
  }
  for (std::size_t i = 0; i < network.dns_servers.size(); ++i) {
    if (base::parse_ipv4(network.dns_servers[i])) continue;
    return base::field_error(fmt::format("flavor.network.dns_servers[{}]", i),
                             "must be an IPv4 address");
  }
  return absl::OkStatus();
}

absl::StatusOr<Named> read_block(std::string field, std::string_view text, int shortest,
                                 int longest) {
  const auto block = base::parse_ipv4_block(text);
  if (!block || block->prefix_length < shortest || block->prefix_length > longest) {
    return base::field_error(
        field, fmt::format("must be an IPv4 block of /{} to /{} whose host bits are zero, such as "
                           "10.244.0.0/16",
                           shortest, longest));
  }
  if (const std::string_view what = reserved_part(*block); !what.empty()) {
    return base::field_error(
        field, fmt::format("{} holds {} addresses, which no network may have", text, what));
  }
  return Named{std::move(field), *block};
}

absl::Status refuse_overlap(const Named& one, const Named& other) {
  if (!overlap(one.block, other.block)) return absl::OkStatus();
  return base::field_error(one.field, fmt::format("{} overlaps {} ({})", to_string(one.block),
                                                  to_string(other.block), other.field));
}

// See kubernetes/pod_network.h. What subnet another network has is seen when a cluster is made.
bool has_pods_by_address(const ClusterFlavor& flavor) {
  return flavor.kubernetes.cni == kBridgeCni &&
         flavor.kubernetes.image_style != ImageStyle::Unmanaged &&
         (flavor.network.scheme == NetworkScheme::Isolated ||
          flavor.network.scheme == NetworkScheme::Platform);
}

absl::Status check_room(const Named& pods, const Named& nodes, const ClusterFlavor& flavor) {
  const std::uint64_t blocks = block_count(pods.block, kNodeBlock);
  if (blocks < node_count(flavor)) {
    return base::field_error(pods.field, fmt::format("has room for {} nodes, a /24 each; the "
                                                     "flavor has {}",
                                                     blocks, node_count(flavor)));
  }
  const std::size_t workers = node_count(flavor) - static_cast<std::size_t>(flavor.masters.count);
  const int needed = subnet_length_for(workers);
  if (nodes.block.prefix_length > needed) {
    return base::field_error("flavor.network.address_pool",
                             fmt::format("{} is too small: {} workers need a subnet of /{}",
                                         to_string(nodes.block), workers, needed));
  }
  const int widest = needed - (32 - kNodeBlock);
  if (!has_pods_by_address(flavor) || pods.block.prefix_length <= widest) return absl::OkStatus();
  return base::field_error(
      pods.field, fmt::format("must be /{} or larger: with the CNI bridge each address of the "
                              "nodes' subnet, a /{}, has a /24 of it",
                              widest, needed));
}

}  // namespace

absl::Status check_network(const ClusterFlavor& flavor, const AddressPool& platform_pool) {
  const NetworkSettings& network = flavor.network;
  MEX_RETURN_IF_ERROR(check_scheme(network));
  MEX_RETURN_IF_ERROR(check_names(network));
  MEX_ASSIGN_OR_RETURN(const Named pods, read_block("flavor.kubernetes.pod_network",
                                                    flavor.kubernetes.pod_network, 8, kNodeBlock));
  // kube-apiserver takes at most 20 bits of service addresses.
  MEX_ASSIGN_OR_RETURN(const Named services, read_block("flavor.kubernetes.service_network",
                                                        flavor.kubernetes.service_network, 12, 24));
  MEX_RETURN_IF_ERROR(refuse_overlap(services, pods));
  Named nodes{"the platform's address pool", platform_pool.block()};
  if (!network.address_pool.empty()) {
    MEX_ASSIGN_OR_RETURN(nodes,
                         read_block("flavor.network.address_pool", network.address_pool, 8, 24));
  }
  MEX_RETURN_IF_ERROR(check_room(pods, nodes, flavor));
  MEX_RETURN_IF_ERROR(refuse_overlap(pods, nodes));
  return refuse_overlap(services, nodes);
}

}  // namespace mex::cluster
