#include "cluster/admission.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "cluster/resource.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kLongestValue = 255;  // Nova's limit for names and metadata

std::string path(std::string_view prefix, std::string_view field) {
  return fmt::format("{}.{}", prefix, field);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

absl::Status check_label(std::string_view value, std::string_view field) {
  if (value.empty()) return base::field_error(field, "is missing");
  if (is_dns_label(value)) return absl::OkStatus();
  return base::field_error(field, fmt::format("must be a DNS label of at most {} characters "
                                              "(a-z, 0-9 and inner hyphens)",
                                              kLongestName));
}

absl::Status check_value(std::string_view value, std::string_view field) {
  if (value.size() <= kLongestValue && is_printable(value)) return absl::OkStatus();
  return base::field_error(
      field, fmt::format("must be at most {} bytes without control characters", kLongestValue));
}

std::string flavor_names() {
  std::string names;
  for (const ClusterFlavor& flavor : cluster_flavors()) {
    if (!names.empty()) names += ", ";
    names += flavor.name;
  }
  return names;
}

std::string_view or_default(std::string_view value, std::string_view fallback) {
  return value.empty() ? fallback : value;
}

// A wish may give the cluster flavor in `flavor`, as later clients do, instead of in `kind`.
struct Kinds {
  std::string_view kind;
  std::string_view nova_flavor;
};

Kinds kinds_of(const ClusterRequest& request) {
  if (find_cluster_flavor(request.flavor) == nullptr) return {request.kind, request.flavor};
  return {or_default(request.kind, request.flavor), {}};
}

// Nova: letters, digits, '-', '_', ':', '.' and space.
bool is_metadata_key(std::string_view key) {
  return !key.empty() && key.size() <= kLongestValue &&
         std::all_of(key.begin(), key.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("-_:. ").find(c) != std::string_view::npos;
         });
}

bool is_reserved(std::string_view key) {
  constexpr std::string_view kOurs[] = {"edgeproxy", "role", "k8smaster", "tenant", "mexosagent"};
  return key.substr(0, 4) == "mex:" ||
         std::find(std::begin(kOurs), std::end(kOurs), key) != std::end(kOurs);
}

absl::StatusOr<std::map<std::string, std::string>> parse_metadata(std::string_view text,
                                                                  std::string_view field) {
  std::map<std::string, std::string> metadata;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view pair = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) {
      return base::field_error(field, "must be of the form key=value,key=value");
    }
    const std::string_view key = pair.substr(0, equals);
    const std::string_view value = pair.substr(equals + 1);
    if (!is_metadata_key(key) || value.size() > kLongestValue || !is_printable(value)) {
      return base::field_error(field,
                               "keys are letters, digits and '-_:. ', and keys and values "
                               "have at most 255 bytes");
    }
    if (is_reserved(key)) {
      return base::field_error(field, fmt::format("the key {} is set by the agent itself", key));
    }
    metadata[std::string(key)] = value;
  }
  return metadata;
}

absl::Status check_fixed_ip(std::string_view text, bool isolated, const AddressPool& pool,
                            std::string_view field) {
  if (text.empty()) return absl::OkStatus();
  const auto address = parse_ipv4(text);
  if (!address) return base::field_error(field, "must be an IPv4 address");
  if (!isolated) return absl::OkStatus();
  const auto subnet = pool.subnet_of(*address);
  if (!subnet) {
    return base::field_error(
        field, fmt::format("must be in the agent's address pool {}", to_text(pool.block())));
  }
  const std::uint32_t offset = address->value - subnet->first.value;
  if (offset > kGatewayOffset && offset < kFirstWorkerOffset) return absl::OkStatus();
  return base::field_error(field, fmt::format("must end in .{} to .{}: the rest is for the router, "
                                              "the workers and DHCP",
                                              kGatewayOffset + 1, kFirstWorkerOffset - 1));
}

absl::Status check_fields(const ClusterRequest& request, std::string_view prefix) {
  const std::pair<std::string_view, const std::string*> values[] = {
      {"flavor", &request.flavor}, {"image", &request.image},   {"network", &request.network},
      {"zone", &request.zone},     {"region", &request.region},
  };
  for (const auto& [name, value] : values) {
    MEX_RETURN_IF_ERROR(check_value(*value, path(prefix, name)));
  }
  if (request.storage.empty()) return absl::OkStatus();
  return base::with_detail(
      base::error(absl::StatusCode::kUnimplemented,
                  "{}.storage: volumes are not offered yet; leave it empty", prefix),
      {.field = path(prefix, "storage"), .request_id = {}, .cloud_code = {}});
}

absl::Status check_kind(std::string_view kind, std::string_view prefix) {
  const std::string field = path(prefix, "kind");
  if (kind.empty()) {
    return base::field_error(field, fmt::format("is missing; known kinds: {}", flavor_names()));
  }
  if (find_cluster_flavor(kind) != nullptr) return absl::OkStatus();
  return base::field_error(field, fmt::format("unknown kind \"{}\"; known kinds: {}",
                                              kind.substr(0, 80), flavor_names()));
}

absl::Status check_region(std::string_view wished, std::string_view ours, std::string_view prefix) {
  if (wished.empty() || ours.empty() || wished == ours) return absl::OkStatus();
  return base::field_error(path(prefix, "region"),
                           fmt::format("this agent works in region {}, not in {}", ours, wished));
}

absl::Status need(std::string_view value, std::string_view prefix, std::string_view field) {
  if (!value.empty()) return absl::OkStatus();
  return base::field_error(
      path(prefix, field),
      fmt::format("is missing, and the toml file (MEX_K8SOS_CONFIG) has no defaults.{}", field));
}

void add_nodes(ClusterSpec& spec) {
  const ClusterFlavor& flavor = *find_cluster_flavor(spec.kind);
  for (int i = 1; i <= flavor.masters; ++i) {
    spec.nodes.push_back({fmt::format("master-{}", i), NodeRole::Master, {}});
  }
  for (int i = 1; i <= flavor.workers; ++i) {
    spec.nodes.push_back({fmt::format("worker-{}", i), NodeRole::Worker, {}});
  }
}

absl::Status assign_isolated(ClusterSpec& spec, const AddressPool& pool,
                             const std::function<bool(const Ipv4Block&)>& is_taken,
                             std::string_view prefix) {
  std::optional<Ipv4Block> block;
  std::uint32_t master_offset = kFirstMasterOffset;
  if (const auto wished = parse_ipv4(spec.fixed_ip)) {
    block = pool.subnet_of(*wished);
    master_offset = wished->value - block->first.value;
    if (is_taken(*block)) {
      return base::error(absl::StatusCode::kFailedPrecondition,
                         "{}.fixedip: {} belongs to another cluster", prefix, to_text(*block));
    }
  }
  for (std::uint32_t i = 0; i < pool.subnet_count() && !block; ++i) {
    if (!is_taken(pool.subnet(i))) block = pool.subnet(i);
  }
  if (!block) {
    return base::error(absl::StatusCode::kResourceExhausted,
                       "{}: all {} subnets of the address pool {} are in use", prefix,
                       pool.subnet_count(), to_text(pool.block()));
  }
  spec.subnet = to_text(*block);
  std::uint32_t worker_offset = kFirstWorkerOffset;
  for (NodeSpec& node : spec.nodes) {
    std::uint32_t& offset = node.role == NodeRole::Master ? master_offset : worker_offset;
    node.address = to_text(address_in(*block, offset++));
  }
  return absl::OkStatus();
}

absl::Status assign_shared(ClusterSpec& spec, const PlatformConfig& platform,
                           const std::function<bool(const Ipv4Block&)>& is_taken,
                           std::string_view prefix) {
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
    const auto address = parse_ipv4(node.address);
    if (address && is_taken({*address, 32})) {
      return base::error(absl::StatusCode::kFailedPrecondition,
                         "{}: address {} on network {} belongs to another cluster", prefix,
                         node.address, spec.network);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status check_identity(const ClusterRequest& request, std::string_view prefix) {
  MEX_RETURN_IF_ERROR(check_label(request.name, path(prefix, "name")));
  return check_label(request.tenant, path(prefix, "tenant"));
}

absl::Status check_wish(const ClusterRequest& request, std::string_view prefix) {
  MEX_RETURN_IF_ERROR(check_identity(request, prefix));
  MEX_RETURN_IF_ERROR(check_fields(request, prefix));
  return check_kind(kinds_of(request).kind, prefix);
}

absl::StatusOr<ClusterSpec> admit(const ClusterRequest& request, const AdmissionRules& rules,
                                  std::string_view prefix) {
  const PlatformConfig& platform = rules.platform;
  MEX_RETURN_IF_ERROR(check_wish(request, prefix));
  const Kinds kinds = kinds_of(request);
  ClusterSpec spec;
  spec.tenant = request.tenant;
  spec.name = request.name;
  spec.kind = kinds.kind;
  spec.flavor = or_default(kinds.nova_flavor, platform.flavor);
  spec.image = or_default(request.image, platform.image);
  spec.region = or_default(request.region, or_default(platform.region, rules.region));
  spec.zone = or_default(request.zone, platform.zone);
  spec.network = or_default(request.network, platform.network);
  spec.external_network = platform.external_network;
  spec.fixed_ip = request.fixed_ip;
  spec.proxy_address = platform.proxy_address;
  MEX_RETURN_IF_ERROR(need(spec.flavor, prefix, "flavor"));
  MEX_RETURN_IF_ERROR(need(spec.image, prefix, "image"));
  MEX_RETURN_IF_ERROR(check_region(spec.region, rules.region, prefix));
  MEX_RETURN_IF_ERROR(
      check_fixed_ip(spec.fixed_ip, spec.isolated(), rules.pool, path(prefix, "fixedip")));
  MEX_ASSIGN_OR_RETURN(spec.metadata, parse_metadata(request.metadata, path(prefix, "metadata")));
  add_nodes(spec);
  return spec;
}

absl::Status assign_addresses(ClusterSpec& spec, const AdmissionRules& rules,
                              const std::function<bool(const Ipv4Block&)>& is_taken,
                              std::string_view prefix) {
  MEX_RETURN_IF_ERROR(spec.isolated() ? assign_isolated(spec, rules.pool, is_taken, prefix)
                                      : assign_shared(spec, rules.platform, is_taken, prefix));
  const auto master = std::find_if(spec.nodes.begin(), spec.nodes.end(), [](const NodeSpec& node) {
    return node.role == NodeRole::Master;
  });
  if (master != spec.nodes.end()) spec.master_address = master->address;
  // One master's address can be said for a network that is one, not for one network per cluster.
  if (!spec.isolated() && !rules.platform.master_address.empty()) {
    spec.master_address = rules.platform.master_address;
  }
  return absl::OkStatus();
}

absl::Status check_same(const ClusterSpec& existing, const ClusterRequest& request,
                        const AdmissionRules& rules, std::string_view prefix) {
  MEX_ASSIGN_OR_RETURN(const ClusterSpec wished, admit(request, rules, prefix));
  const Kinds kinds = kinds_of(request);
  struct Comparison {
    std::string_view field;
    bool is_named;
    bool is_equal;
  };
  const Comparison comparisons[] = {
      {"kind", true, wished.kind == existing.kind},
      {"flavor", !kinds.nova_flavor.empty(), wished.flavor == existing.flavor},
      {"image", !request.image.empty(), wished.image == existing.image},
      {"network", !request.network.empty(), wished.network == existing.network},
      {"fixedip", !request.fixed_ip.empty(), wished.fixed_ip == existing.fixed_ip},
      {"zone", !request.zone.empty(), wished.zone == existing.zone},
      {"metadata", !request.metadata.empty(), wished.metadata == existing.metadata},
  };
  for (const Comparison& comparison : comparisons) {
    if (!comparison.is_named || comparison.is_equal) continue;
    return base::with_detail(
        base::error(absl::StatusCode::kAlreadyExists,
                    "{}.{}: the cluster {} of tenant {} exists with another {}; destroy it first "
                    "or choose another name",
                    prefix, comparison.field, existing.name, existing.tenant, comparison.field),
        {.field = path(prefix, comparison.field), .request_id = {}, .cloud_code = {}});
  }
  return absl::OkStatus();
}

}  // namespace mex::cluster
