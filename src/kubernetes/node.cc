#include "kubernetes/node.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "kubernetes/json_access.h"

namespace mex::kubernetes {
namespace {

using nlohmann::json;

std::string node_path(const std::string& name) {
  return "/api/v1/nodes/" + http_client::percent_encode(name);
}

// Those whose values are text.
std::map<std::string, std::string> texts_of(const json& object) {
  std::map<std::string, std::string> texts;
  if (!object.is_object()) return texts;
  for (const auto& [key, value] : object.items()) {
    if (value.is_string()) texts[key] = value.get<std::string>();
  }
  return texts;
}

std::string internal_address(const json& status) {
  for (const json& address : member(status, "addresses")) {
    if (text_at(address, "type") == "InternalIP") return text_at(address, "address");
  }
  return {};
}

}  // namespace

const NodeCondition* Node::condition(std::string_view type) const {
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [&](const NodeCondition& one) { return one.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

bool Node::ready() const {
  const NodeCondition* const found = condition("Ready");
  return found != nullptr && found->status == "True";
}

absl::StatusOr<Node> node_from_json(const json& object) {
  const json& metadata = member(object, "metadata");
  const json& status = member(object, "status");
  Node node;
  node.name = text_at(metadata, "name");
  if (node.name.empty()) return absl::InternalError("node: 'metadata.name' is missing");
  node.uid = text_at(metadata, "uid");
  node.created = parse_time(text_at(metadata, "creationTimestamp"));
  node.labels = texts_of(member(metadata, "labels"));
  node.certificates = certificate_report(texts_of(member(metadata, "annotations")));
  node.pod_network = text_at(member(object, "spec"), "podCIDR");
  node.unschedulable = flag_at(member(object, "spec"), "unschedulable");
  node.internal_address = internal_address(status);
  node.kubelet_version = text_at(member(status, "nodeInfo"), "kubeletVersion");
  for (const json& condition : member(status, "conditions")) {
    node.conditions.push_back(
        {.type = text_at(condition, "type"),
         .status = text_at(condition, "status"),
         .reason = text_at(condition, "reason"),
         .message = text_at(condition, "message"),
         .last_transition = parse_time(text_at(condition, "lastTransitionTime"))});
  }
  return node;
}

absl::StatusOr<NodeList> list_nodes(Client& client, const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const Listing listing,
                       list_objects(client, "list nodes", "/api/v1/nodes", "", limits));
  return nodes_of(listing);
}

absl::StatusOr<NodeList> nodes_of(const Listing& listing) {
  NodeList list;
  list.resource_version = listing.resource_version;
  for (const json& item : listing.items) {
    MEX_ASSIGN_OR_RETURN(Node node, node_from_json(item));
    list.nodes.push_back(std::move(node));
  }
  return list;
}

absl::Status set_schedulable(Client& client, const std::string& name, bool schedulable,
                             const base::CallLimits& limits) {
  // Null removes the member (RFC 7396), which is what kubectl uncordon leaves.
  const json patch = {{"spec", {{"unschedulable", schedulable ? json() : json(true)}}}};
  return client
      .call_text({.what = fmt::format("{} node {}", schedulable ? "uncordon" : "cordon", name),
                  .method = "PATCH",
                  .path = node_path(name),
                  .body = json_text(patch),
                  .content_type = "application/merge-patch+json"},
                 limits)
      .status();
}

absl::Status delete_node(Client& client, const std::string& name, const base::CallLimits& limits) {
  const absl::Status status =
      client
          .call_text({.what = "delete node " + name, .method = "DELETE", .path = node_path(name)},
                     limits)
          .status();
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

base::WallTime parse_time(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  char zone = 0;
  const std::string copy(text);
  const int read = std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d%c", &year, &month, &day,
                               &hour, &minute, &second, &zone);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (read != 7 || (zone != 'Z' && zone != '.') || !date.ok()) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace mex::kubernetes
