#include "cluster/spec/admission_addresses.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/spec/admission.h"

namespace mex::cluster {
namespace {

using IsTaken = std::function<bool(const base::Ipv4Block&)>;

// The length of the subnet that has room for the cluster's workers.
int subnet_length_of(const ClusterSpec& spec) {
  const auto workers =
      std::count_if(spec.nodes.begin(), spec.nodes.end(),
                    [](const NodeSpec& node) { return node.role == NodeRole::Worker; });
  return subnet_length_for(static_cast<std::size_t>(workers));
}

std::optional<base::Ipv4Block> first_free(const AddressPool& pool, int length,
                                          const IsTaken& is_taken) {
  for (std::uint32_t i = 0; i < pool.subnet_count(length); ++i) {
    const base::Ipv4Block block = pool.subnet(i, length);
    if (!is_taken(block)) return block;
  }
  return std::nullopt;
}

absl::Status assign_isolated(ClusterSpec& spec, const AddressPool& platform_pool,
                             const IsTaken& is_taken, std::string_view prefix) {
  const AddressPool pool = pool_of(spec, platform_pool);
  const int length = subnet_length_of(spec);
  std::optional<base::Ipv4Block> block;
  std::uint32_t master_offset = kFirstMasterOffset;
  if (const auto requested = base::parse_ipv4(spec.fixed_ip)) {
    block = pool.subnet_of(*requested, length);
    master_offset = requested->value - block->first.value;
    if (is_taken(*block)) {
      return base::error(absl::StatusCode::kFailedPrecondition,
                         "{}.fixedip: {} belongs to another cluster, or is in use elsewhere",
                         prefix, to_string(*block));
    }
  } else {
    block = first_free(pool, length, is_taken);
  }
  if (!block) {
    return base::error(absl::StatusCode::kResourceExhausted,
                       "{}: no /{} of the address pool {} is free; all {} are in use or have a "
                       "part in use",
                       prefix, length, to_string(pool.block()), pool.subnet_count(length));
  }
  spec.subnet = to_string(*block);
  std::uint32_t worker_offset = kFirstWorkerOffset;
  for (NodeSpec& node : spec.nodes) {
    std::uint32_t& offset = node.role == NodeRole::Master ? master_offset : worker_offset;
    node.address = to_string(address_in(*block, offset++));
  }
  return absl::OkStatus();
}

absl::Status refuse_taken(const ClusterSpec& spec, const NodeSpec& node, const IsTaken& is_taken,
                          std::string_view prefix) {
  const auto address = base::parse_ipv4(node.address);
  if (!address || !is_taken({*address, 32})) return absl::OkStatus();
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "{}: address {} on network {} belongs to another cluster", prefix,
                     node.address, spec.network.empty() ? "external" : spec.network);
}

absl::Status assign_shared(ClusterSpec& spec, const PlatformConfig& platform,
                           const IsTaken& is_taken, std::string_view prefix) {
  std::vector<std::string> masters = platform.master_addresses;
  std::vector<std::string> workers = platform.worker_addresses;
  if (!spec.fixed_ip.empty()) {
    if (masters.empty()) masters.emplace_back();
    masters.front() = spec.fixed_ip;
  }
  // Without nodeaddrs Neutron chooses; with them, every node must have one.
  const bool from_platform = !platform.master_addresses.empty() || !workers.empty();
  std::size_t next_master = 0;
  std::size_t next_worker = 0;
  for (NodeSpec& node : spec.nodes) {
    const bool is_master = node.role == NodeRole::Master;
    const auto& addresses = is_master ? masters : workers;
    std::size_t& next = is_master ? next_master : next_worker;
    if (next < addresses.size()) {
      node.address = addresses[next++];
    } else if (from_platform) {
      return base::error(absl::StatusCode::kFailedPrecondition,
                         "{}: kubernetes.nodeaddrs of the toml file (MEX_K8SOS_CONFIG) has no "
                         "address for {}",
                         prefix, node.slot);
    }
    MEX_RETURN_IF_ERROR(refuse_taken(spec, node, is_taken, prefix));
  }
  return absl::OkStatus();
}

// The platform's addresses are of its shared network; on an external one Neutron chooses.
absl::Status assign_external(ClusterSpec& spec, const IsTaken& is_taken, std::string_view prefix) {
  NodeSpec& master = spec.nodes.front();
  master.address = spec.fixed_ip;
  return refuse_taken(spec, master, is_taken, prefix);
}

absl::Status assign_by_scheme(ClusterSpec& spec, const AdmissionRules& rules,
                              const IsTaken& is_taken, std::string_view prefix) {
  switch (spec.scheme) {
    case NetworkScheme::Shared:
      return assign_shared(spec, rules.platform, is_taken, prefix);
    case NetworkScheme::External:
      return assign_external(spec, is_taken, prefix);
    case NetworkScheme::Isolated:
    case NetworkScheme::Platform:
      break;
  }
  return assign_isolated(spec, rules.pool, is_taken, prefix);
}

}  // namespace

AddressPool pool_of(const ClusterSpec& spec, const AddressPool& platform_pool) {
  // A flavor's pool was checked when the flavor was made.
  const auto own = AddressPool::parse(spec.flavor.network.address_pool);
  return own.ok() ? *own : platform_pool;
}

absl::Status check_fixed_ip(const ClusterSpec& spec, const AddressPool& platform_pool,
                            std::string_view field) {
  if (spec.fixed_ip.empty()) return absl::OkStatus();
  const auto address = base::parse_ipv4(spec.fixed_ip);
  if (!address) return base::field_error(field, "must be an IPv4 address");
  if (!spec.isolated()) return absl::OkStatus();
  const AddressPool pool = pool_of(spec, platform_pool);
  const auto subnet = pool.subnet_of(*address, subnet_length_of(spec));
  if (!subnet) {
    return base::field_error(
        field, fmt::format("must be in the address pool {}", to_string(pool.block())));
  }
  // The masters' addresses follow each other.
  const auto masters = static_cast<std::uint32_t>(spec.flavor.masters.count);
  const base::Ipv4 first = address_in(*subnet, kGatewayOffset + 1);
  const base::Ipv4 last = address_in(*subnet, kFirstWorkerOffset - masters);
  if (*address >= first && *address <= last) return absl::OkStatus();
  return base::field_error(field, fmt::format("must be {} to {}: the rest is for the router, the "
                                              "workers and DHCP",
                                              to_string(first), to_string(last)));
}

absl::Status assign_addresses(ClusterSpec& spec, const AdmissionRules& rules,
                              const std::function<bool(const base::Ipv4Block&)>& is_taken,
                              std::string_view prefix) {
  MEX_RETURN_IF_ERROR(assign_by_scheme(spec, rules, is_taken, prefix));
  spec.master_address = spec.nodes.front().address;
  // One master's address can be said for a network that is one, not for one network per cluster.
  if (spec.scheme == NetworkScheme::Shared && !rules.platform.master_address.empty()) {
    spec.master_address = rules.platform.master_address;
  }
  return absl::OkStatus();
}

void keep_addresses(ClusterSpec& spec, const ClusterSpec& existing) {
  spec.fixed_ip = existing.fixed_ip;
  spec.subnet = existing.subnet;
  spec.master_address = existing.master_address;
  for (NodeSpec& node : spec.nodes) {
    if (const NodeSpec* before = find_node(existing, node.slot)) node.address = before->address;
  }
}

}  // namespace mex::cluster
