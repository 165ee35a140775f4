#include "cluster/spec/admission.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/dns_name.h"
#include "base/status.h"
#include "cluster/flavor/image_settings.h"
#include "cluster/spec/admission_addresses.h"
#include "cluster/spec/resource.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kMaxValue = 255;  // Nova's limit for names and metadata

std::string path(std::string_view prefix, std::string_view field) {
  return fmt::format("{}.{}", prefix, field);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

absl::Status check_label(std::string_view value, std::string_view field) {
  if (value.empty()) return base::field_error(field, "is missing");
  if (base::is_dns_label(value, kMaxNameLength)) return absl::OkStatus();
  return base::field_error(field, fmt::format("must be a DNS label of at most {} characters "
                                              "(a-z, 0-9 and inner hyphens)",
                                              kMaxNameLength));
}

absl::Status check_value(std::string_view value, std::string_view field) {
  if (value.size() <= kMaxValue && is_printable(value)) return absl::OkStatus();
  return base::field_error(
      field, fmt::format("must be at most {} bytes without control characters", kMaxValue));
}

std::string names_of(const FlavorSet& flavors) {
  constexpr std::size_t kNamed = 10;
  std::string names;
  std::size_t count = 0;
  for (const auto& [name, record] : flavors) {
    if (++count > kNamed) return names + ", …";
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

std::string_view or_default(std::string_view value, std::string_view fallback) {
  return value.empty() ? fallback : value;
}

// A request may give the cluster flavor in `flavor`, as later clients do, instead of in `kind`.
struct Kinds {
  std::string_view kind;
  std::string_view nova_flavor;
};

Kinds kinds_of(const ClusterRequest& request, const FlavorSet& flavors) {
  if (flavors.find(request.flavor) == flavors.end()) return {request.kind, request.flavor};
  return {or_default(request.kind, request.flavor), {}};
}

// Nova: letters, digits, '-', '_', ':', '.' and space.
bool is_metadata_key(std::string_view key) {
  return !key.empty() && key.size() <= kMaxValue && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_:. ").find(c) != std::string_view::npos;
  });
}

bool is_reserved(std::string_view key) {
  constexpr std::string_view kOurs[] = {"edgeproxy", "role", "k8smaster", "tenant", "mexosagent"};
  return key.substr(0, 4) == "mex:" ||
         std::find(std::begin(kOurs), std::end(kOurs), key) != std::end(kOurs);
}

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
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
    // Blanks beside the signs are how people write lists; before a key they would hide whose it is.
    const std::string_view key = without_blanks(pair.substr(0, equals));
    const std::string_view value = without_blanks(pair.substr(equals + 1));
    if (!is_metadata_key(key) || value.size() > kMaxValue || !is_printable(value)) {
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

absl::Status check_kind(std::string_view kind, const FlavorSet& flavors, std::string_view prefix) {
  const std::string field = path(prefix, "kind");
  if (kind.empty()) {
    return base::field_error(field, fmt::format("is missing; known kinds: {}", names_of(flavors)));
  }
  if (flavors.find(kind) != flavors.end()) return absl::OkStatus();
  return base::field_error(field, fmt::format("unknown kind \"{}\"; known kinds: {}",
                                              kind.substr(0, 80), names_of(flavors)));
}

absl::Status check_region(std::string_view requested, std::string_view ours,
                          std::string_view prefix) {
  if (requested.empty() || ours.empty() || requested == ours) return absl::OkStatus();
  return base::field_error(
      path(prefix, "region"),
      fmt::format("this agent works in region {}, not in {}", ours, requested));
}

absl::Status need(std::string_view value, const ClusterFlavor& flavor, std::string_view prefix,
                  std::string_view field) {
  if (!value.empty()) return absl::OkStatus();
  return base::field_error(path(prefix, field),
                           fmt::format("is missing; neither the flavor {} nor the toml file "
                                       "(MEX_K8SOS_CONFIG, defaults.{}) says one",
                                       flavor.name, field));
}

// Where the nodes are to be. A network that the request names is used, whatever the flavor
// would do.
absl::Status decide_network(ClusterSpec& spec, const ClusterRequest& request,
                            const PlatformConfig& platform, std::string_view prefix) {
  const NetworkSettings& network = spec.flavor.network;
  spec.scheme = network.scheme;
  if (!request.network.empty()) {
    spec.scheme = NetworkScheme::Shared;
  } else if (network.scheme == NetworkScheme::Platform) {
    spec.scheme = platform.network.empty() ? NetworkScheme::Isolated : NetworkScheme::Shared;
  }
  spec.external_network = or_default(network.external_network, platform.external_network);
  if (spec.scheme == NetworkScheme::External) spec.network_subnet = network.subnet;
  if (spec.scheme != NetworkScheme::Shared) return absl::OkStatus();
  spec.external_network.clear();
  spec.network = or_default(request.network, or_default(network.network, platform.network));
  // A subnet is one of the network that it is named with.
  if (request.network.empty() || request.network == network.network) {
    spec.network_subnet = network.subnet;
  }
  if (spec.network_subnet.empty() && spec.network == platform.network) {
    spec.network_subnet = platform.subnet;
  }
  return need(spec.network, spec.flavor, prefix, "network");
}

class NodeBuilder {
 public:
  NodeBuilder(ClusterSpec& spec, const ClusterRequest& request, const PlatformConfig& platform,
              std::string_view nova_flavor)
      : spec_(spec), request_(request), platform_(platform), nova_flavor_(nova_flavor) {}

  void add(NodeRole role, std::string_view group, int count, const NodeShape& shape) {
    for (int i = 1; i <= count; ++i) {
      NodeSpec& node = spec_.nodes.emplace_back();
      node.slot = node_slot(group, i);
      node.role = role;
      node.group = group;
      node.nova_flavor = or_default(nova_flavor_, or_default(shape.nova_flavor, platform_.flavor));
      node.image = or_default(request_.image, or_default(shape.image, platform_.image));
      if (spec_.zones.empty()) continue;
      node.zone = spec_.zones[static_cast<std::size_t>(i - 1) % spec_.zones.size()];
    }
  }

 private:
  ClusterSpec& spec_;
  const ClusterRequest& request_;
  const PlatformConfig& platform_;
  std::string_view nova_flavor_;
};

absl::Status check_nodes_of(const ClusterSpec& spec, std::string_view prefix) {
  constexpr std::size_t kMaxHostName = 63;
  // "<cluster>-<cluster id>-<slot>", with an id of eight characters.
  constexpr std::size_t kBetween = 10;
  for (const NodeSpec& node : spec.nodes) {
    MEX_RETURN_IF_ERROR(need(node.nova_flavor, spec.flavor, prefix, "flavor"));
    MEX_RETURN_IF_ERROR(need(node.image, spec.flavor, prefix, "image"));
    if (spec.name.size() + kBetween + node.slot.size() <= kMaxHostName) continue;
    return base::field_error(
        path(prefix, "name"),
        fmt::format("must be at most {} characters: with {} host names would be over {}",
                    kMaxHostName - kBetween - node.slot.size(), node.slot, kMaxHostName));
  }
  return absl::OkStatus();
}

std::vector<std::string> zones_of(const ClusterRequest& request, const ClusterFlavor& flavor,
                                  const PlatformConfig& platform) {
  if (!request.zone.empty()) return {request.zone};
  if (!flavor.placement.zones.empty()) return flavor.placement.zones;
  if (!platform.zone.empty()) return {platform.zone};
  return {};
}

// Every node has what the request names.
bool all_have(const ClusterSpec& spec, std::string NodeSpec::*member, std::string_view value) {
  return std::all_of(spec.nodes.begin(), spec.nodes.end(),
                     [&](const NodeSpec& node) { return node.*member == value; });
}

}  // namespace

absl::Status check_identity(const ClusterRequest& request, std::string_view prefix) {
  MEX_RETURN_IF_ERROR(check_label(request.name, path(prefix, "name")));
  return check_label(request.tenant, path(prefix, "tenant"));
}

absl::Status validate_request(const ClusterRequest& request, const FlavorSet& flavors,
                              std::string_view prefix) {
  MEX_RETURN_IF_ERROR(check_identity(request, prefix));
  MEX_RETURN_IF_ERROR(check_fields(request, prefix));
  return check_kind(kinds_of(request, flavors).kind, flavors, prefix);
}

absl::StatusOr<ClusterSpec> admit(const ClusterRequest& request, const AdmissionRules& rules,
                                  std::string_view prefix) {
  const PlatformConfig& platform = rules.platform;
  MEX_RETURN_IF_ERROR(validate_request(request, rules.flavors, prefix));
  const Kinds kinds = kinds_of(request, rules.flavors);
  const FlavorRecord& record = rules.flavors.find(kinds.kind)->second;
  ClusterSpec spec;
  spec.tenant = request.tenant;
  spec.name = request.name;
  spec.flavor = record.flavor;
  take_platforms(platform, spec.flavor.kubernetes);
  spec.flavor_revision = record.revision;
  spec.region = or_default(request.region, or_default(platform.region, rules.region));
  spec.zones = zones_of(request, spec.flavor, platform);
  spec.fixed_ip = request.fixed_ip;
  spec.proxy_address = platform.proxy_address;
  MEX_RETURN_IF_ERROR(decide_network(spec, request, platform, prefix));
  NodeBuilder nodes(spec, request, platform, kinds.nova_flavor);
  nodes.add(NodeRole::Master, kMasterGroup, spec.flavor.masters.count, spec.flavor.masters.shape);
  for (const WorkerPool& pool : spec.flavor.worker_pools) {
    nodes.add(NodeRole::Worker, pool.name, pool.count, pool.shape);
  }
  MEX_RETURN_IF_ERROR(check_nodes_of(spec, prefix));
  MEX_RETURN_IF_ERROR(check_region(spec.region, rules.region, prefix));
  MEX_RETURN_IF_ERROR(check_fixed_ip(spec, rules.pool, path(prefix, "fixedip")));
  MEX_ASSIGN_OR_RETURN(spec.metadata, parse_metadata(request.metadata, path(prefix, "metadata")));
  return spec;
}

FlavorSet with_own_flavor(const FlavorSet& flavors, const ClusterSpec& spec) {
  FlavorSet own = flavors;
  FlavorRecord& record = own[spec.flavor.name];
  record.flavor = spec.flavor;
  record.revision = spec.flavor_revision;
  return own;
}

absl::Status check_same(const ClusterSpec& existing, const ClusterRequest& request,
                        const AdmissionRules& rules, std::string_view prefix) {
  MEX_ASSIGN_OR_RETURN(const ClusterSpec requested, admit(request, rules, prefix));
  const std::string_view nova_flavor = kinds_of(request, rules.flavors).nova_flavor;
  struct Comparison {
    std::string_view field;
    bool is_named;
    bool is_equal;
  };
  const Comparison comparisons[] = {
      {"kind", true, requested.flavor.name == existing.flavor.name},
      {"flavor", !nova_flavor.empty(), all_have(existing, &NodeSpec::nova_flavor, nova_flavor)},
      {"image", !request.image.empty(), all_have(existing, &NodeSpec::image, request.image)},
      {"network", !request.network.empty(), requested.network == existing.network},
      {"fixedip", !request.fixed_ip.empty(), requested.fixed_ip == existing.fixed_ip},
      {"zone", !request.zone.empty(), requested.zones == existing.zones},
      {"metadata", !request.metadata.empty(), requested.metadata == existing.metadata},
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
