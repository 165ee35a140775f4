#include "kubernetes/services/service_objects.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/ipv4.h"
#include "base/ipv6.h"
#include "base/status.h"
#include "kubernetes/json_access.h"
#include "kubernetes/node.h"

namespace mex::kubernetes {
namespace {

using nlohmann::json;

bool is_address(std::string_view text) {
  return base::parse_ipv4(text).has_value() || base::parse_ipv6(text).has_value();
}

// 0 if it is none.
std::uint16_t port_at(const json& object, const char* name) {
  const std::int64_t number = number_at(object, name);
  return number > 0 && number <= 65535 ? static_cast<std::uint16_t>(number) : std::uint16_t{0};
}

bool is_tcp(const json& port) {
  const std::string protocol = text_at(port, "protocol");
  return protocol.empty() || protocol == "TCP";
}

// Nothing where it is left out, or null.
std::optional<bool> condition(const json& conditions, const char* name) {
  const auto* const value = member(conditions, name).get_ptr<const bool*>();
  return value == nullptr ? std::nullopt : std::optional(*value);
}

// Some are written as null in place of a list.
const json& list_at(const json& object, const char* name) {
  static const json kNone = json::array();
  const json& list = member(object, name);
  return list.is_array() ? list : kNone;
}

absl::Status check_kind(const json& object, std::string_view kind) {
  if (!object.is_object() || !member(object, "metadata").is_object()) {
    return base::error(absl::StatusCode::kInternal, "{}: 'metadata' is missing", kind);
  }
  // Items of a list do not say what they are.
  const std::string found = text_at(object, "kind");
  if (found.empty() || found == kind) return absl::OkStatus();
  return base::error(absl::StatusCode::kInternal, "{}: the object is of another kind", kind);
}

std::vector<SlicePort> ports_of(const json& list) {
  std::vector<SlicePort> ports;
  for (const json& each : list) {
    const std::uint16_t port = port_at(each, "port");
    if (port != 0 && is_tcp(each)) ports.push_back({text_at(each, "name"), port});
  }
  return ports;
}

// All addresses of an endpoint lead to the same pod: the first one stands for it, as kube-proxy has
// it.
std::string first_address(const json& endpoint) {
  for (const json& each : list_at(endpoint, "addresses")) {
    const auto* const text = each.get_ptr<const std::string*>();
    return text != nullptr && is_address(*text) ? *text : std::string();
  }
  return {};
}

// v1beta1 has the node's name among the labels of its topology.
std::string node_of(const json& endpoint) {
  std::string name = text_at(endpoint, "nodeName");
  return name.empty() ? text_at(member(endpoint, "topology"), "kubernetes.io/hostname") : name;
}

void add_subset_addresses(const json& list, bool is_ready, EndpointSlice& slice) {
  for (const json& each : list) {
    std::string address = text_at(each, "ip");
    if (!is_address(address)) continue;
    slice.endpoints.push_back({std::move(address), text_at(each, "nodeName"), is_ready});
  }
}

}  // namespace

absl::StatusOr<Service> service_from_json(const json& object) {
  MEX_RETURN_IF_ERROR(check_kind(object, "Service"));
  const json& spec = member(object, "spec");
  if (!spec.is_object()) return absl::InternalError("Service: 'spec' is missing");
  Service service;
  service.name = text_at(member(object, "metadata"), "name");
  if (text_at(spec, "type") == "ExternalName") {
    service.external_name = text_at(spec, "externalName");
    if (service.external_name.empty()) service.external_name = "?";
  }
  service.is_headless = text_at(spec, "clusterIP") == "None";
  const json& selector = member(spec, "selector");
  service.has_selector = selector.is_object() && !selector.empty();
  service.is_local_traffic = text_at(spec, "externalTrafficPolicy") == "Local";
  for (const json& family : list_at(spec, "ipFamilies")) {
    service.prefers_ipv6 = family == "IPv6";
    break;
  }
  for (const json& each : list_at(spec, "ports")) {
    const std::uint16_t port = port_at(each, "port");
    if (port == 0 || !is_tcp(each)) continue;
    service.ports.push_back({text_at(each, "name"), port, port_at(each, "nodePort")});
  }
  return service;
}

absl::StatusOr<EndpointSlice> slice_from_json(const json& object) {
  MEX_RETURN_IF_ERROR(check_kind(object, "EndpointSlice"));
  const json& endpoints = member(object, "endpoints");
  if (!endpoints.is_array() && !endpoints.is_null()) {
    return absl::InternalError("EndpointSlice: 'endpoints' is no list");
  }
  EndpointSlice slice;
  slice.ports = ports_of(list_at(object, "ports"));
  for (const json& each : list_at(object, "endpoints")) {
    std::string address = first_address(each);
    if (address.empty()) continue;
    const json& conditions = member(each, "conditions");
    const bool is_ready = condition(conditions, "ready").value_or(true) &&
                          !condition(conditions, "terminating").value_or(false);
    slice.endpoints.push_back({std::move(address), node_of(each), is_ready});
  }
  return slice;
}

absl::StatusOr<std::vector<EndpointSlice>> slices_from_endpoints(const json& object) {
  MEX_RETURN_IF_ERROR(check_kind(object, "Endpoints"));
  std::vector<EndpointSlice> slices;
  for (const json& subset : list_at(object, "subsets")) {
    EndpointSlice& slice = slices.emplace_back();
    slice.ports = ports_of(list_at(subset, "ports"));
    add_subset_addresses(list_at(subset, "addresses"), true, slice);
    add_subset_addresses(list_at(subset, "notReadyAddresses"), false, slice);
  }
  return slices;
}

absl::StatusOr<ServiceNode> service_node_from_json(const json& object) {
  MEX_ASSIGN_OR_RETURN(const Node node, node_from_json(object));
  ServiceNode found{node.name, node.internal_address, node.ready()};
  if (!is_address(found.address)) found.address.clear();
  return found;
}

}  // namespace mex::kubernetes
