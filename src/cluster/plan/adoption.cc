#include "cluster/plan/adoption.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace mex::cluster {
namespace {

bool joins(const ClusterRecord& cluster, const NodeSpec& node) {
  const auto& slots = cluster.joining;
  return std::find(slots.begin(), slots.end(), node.slot) != slots.end();
}

bool has_resource(const ClusterRecord& cluster, ResourceKind kind) {
  return std::any_of(cluster.resources.begin(), cluster.resources.end(),
                     [&](const auto& entry) { return entry.first.kind == kind; });
}

bool has_server(const ClusterRecord& cluster, const NodeSpec& node) {
  return cluster.resources.count({ResourceKind::Server, node.slot}) > 0;
}

// One of the two things that a server is made of.
struct Source {
  std::string NodeSpec::*name;
  std::string NodeSpec::*id;
  bool NodeSpec::*is_new;
  std::string_view what;
  std::string_view field;  // of the calls that name another one
};
constexpr Source kSources[] = {
    {&NodeSpec::image, &NodeSpec::image_id, &NodeSpec::is_image_new, "image", "image"},
    {&NodeSpec::nova_flavor, &NodeSpec::nova_flavor_id, &NodeSpec::is_nova_flavor_new,
     "Nova flavor", "flavor"},
};

// In a record of a version that kept no ids.
bool is_unknown(const NodeSpec& node, const Source& source) {
  return (node.*source.id).empty() && !(node.*source.is_new);
}
bool is_unknown(const NodeSpec& node) {
  return std::any_of(std::begin(kSources), std::end(kSources),
                     [&](const Source& source) { return is_unknown(node, source); });
}

bool is_network_unknown(const ClusterRecord& cluster) {
  return !cluster.spec.isolated() && cluster.references.network.id.empty() &&
         has_resource(cluster, ResourceKind::Port);
}

void take_ids(NodeSpec& node, const Discovered& discovered) {
  const auto image = discovered.images.find(image_key(node));
  if (image != discovered.images.end()) node.image_id = image->second.id;
  const auto flavor = discovered.flavors.find(nova_flavor_key(node));
  if (flavor != discovered.flavors.end()) node.nova_flavor_id = flavor->second.id;
  node.is_image_new = node.is_nova_flavor_new = false;
}

// The id that other nodes have under the same name: those of the node's pool count first, then
// those in front.
std::string id_of_others(const std::vector<NodeSpec>& nodes, const NodeSpec& node,
                         const Source& source) {
  const NodeSpec* best = nullptr;
  for (const NodeSpec& other : nodes) {
    if ((other.*source.id).empty() || other.*source.name != node.*source.name) continue;
    const bool is_better =
        best == nullptr || (best->group != node.group && other.group == node.group);
    if (is_better) best = &other;
  }
  return best == nullptr ? std::string() : best->*source.id;
}

void take_ids_of_servers(ClusterRecord& cluster, const Discovered& discovered) {
  for (auto* nodes : {&cluster.spec.nodes, &cluster.leaving}) {
    for (NodeSpec& node : *nodes) {
      const auto server = cluster.resources.find({ResourceKind::Server, node.slot});
      if (server == cluster.resources.end()) continue;
      const auto seen = discovered.sources.find(server->second);
      if (seen == discovered.sources.end()) continue;
      if (is_unknown(node, kSources[0])) node.image_id = seen->second.image_id;
      if (is_unknown(node, kSources[1])) node.nova_flavor_id = seen->second.flavor_id;
    }
  }
}

void take_ids_of_others(ClusterRecord& cluster) {
  const std::vector<NodeSpec> known = spec_with_leaving(cluster).nodes;
  const auto take = [&](NodeSpec& node) {
    for (const Source& source : kSources) {
      if (is_unknown(node, source)) node.*source.id = id_of_others(known, node, source);
    }
  };
  for (NodeSpec& node : cluster.spec.nodes) take(node);
  for (auto& [pool, node] : cluster.spec.pool_templates) take(node);
}

absl::Status unknown_source(const NodeSpec& node, const Source& source) {
  return base::with_detail(
      base::error(absl::StatusCode::kFailedPrecondition,
                  "the {} of {} is not known by its id: the record is of a version that kept only "
                  "the name {}, and no server of the cluster that was made of it is seen",
                  source.what, node.slot, node.*source.name),
      {.field = {},
       .request_id = {},
       .cloud_code = "SourceUnknown",
       .next = fmt::format("name one: nodes/{}:replace or pools/{}:scale with \"{}\"", node.slot,
                           node.group, source.field)});
}

absl::Status unknown_network() {
  return base::with_detail(
      base::error(
          absl::StatusCode::kFailedPrecondition,
          "the network of the nodes is not known by its id: the record is of a version that "
          "kept only the name, and none of the cluster's ports is seen"),
      {.field = {},
       .request_id = {},
       .cloud_code = "NetworkUnknown",
       .next = "see whether its ports are there and may be read by the agent's user"});
}

}  // namespace

void keep_choices(ClusterRecord& cluster, const Discovered& discovered, OperationKind kind) {
  for (NodeSpec& node : cluster.spec.nodes) {
    if (kind == OperationKind::Create || joins(cluster, node)) take_ids(node, discovered);
  }
  for (auto& [pool, node] : cluster.spec.pool_templates) {
    if (has_new_names(node)) take_ids(node, discovered);
  }
  keep(cluster.references, discovered.references);
  if (discovered.has_volumes) cluster.spec.has_volumes = true;
  if (kind == OperationKind::Create) {
    cluster.spec.lacks_port_security = !discovered.has_port_security;
  }
}

void keep_choices_in_use(ClusterRecord& cluster, const ClusterRecord& failed) {
  std::vector<NodeSpec> in_use = failed.spec.nodes;
  std::erase_if(in_use, [&](const NodeSpec& node) { return !has_server(failed, node); });
  for (NodeSpec& node : cluster.spec.nodes) {
    for (const Source& source : kSources) {
      const bool is_in_use = std::any_of(in_use.begin(), in_use.end(), [&](const NodeSpec& other) {
        return other.*source.name == node.*source.name;
      });
      node.*source.id = id_of_others(in_use, node, source);
      node.*source.is_new = !is_in_use;
    }
  }
  // What is left of the failed one is looked for.
  cluster.spec.has_volumes = cluster.spec.has_volumes || failed.spec.has_volumes;
  CloudReferences& references = cluster.references;
  if (!has_resource(failed, ResourceKind::Port)) references.network = references.subnet = {};
  if (!has_resource(failed, ResourceKind::Router)) references.external_network = {};
  if (!has_resource(failed, ResourceKind::Subnet)) references.router = {};
  if (in_use.empty()) references.key_pair = {};
}

bool needs_adoption(const ClusterRecord& cluster, OperationKind kind) {
  if (kind == OperationKind::Destroy || !cluster.has_cloud_resources) return false;
  const auto& nodes = cluster.spec.nodes;
  return is_network_unknown(cluster) ||
         std::any_of(nodes.begin(), nodes.end(), [&](const NodeSpec& node) {
           return is_unknown(node) && (has_server(cluster, node) || joins(cluster, node));
         });
}

std::vector<PlannedStep> plan_adoption(const ClusterRecord& cluster) {
  std::vector<PlannedStep> steps{plain_step(StepKind::LogIn, LogIn{}),
                                 plain_step(StepKind::FindServerSources, FindServerSources{})};
  if (is_network_unknown(cluster)) {
    FindNodeNetwork find;
    for (const auto& [key, id] : cluster.resources) {
      if (key.kind == ResourceKind::Port) find.port_ids.push_back(id);
    }
    steps.push_back(plain_step(StepKind::FindNodeNetwork, std::move(find)));
  }
  for (PlannedStep& step : steps) {
    if (step.key != StepKey(StepKind::LogIn)) step.after.emplace_back(StepKind::LogIn);
  }
  return steps;
}

absl::Status adopt(ClusterRecord& cluster, const Discovered& discovered, OperationKind kind) {
  take_ids_of_servers(cluster, discovered);
  take_ids_of_others(cluster);
  keep(cluster.references, discovered.references);
  // A create may choose for nodes that have no server yet.
  if (kind == OperationKind::Create) {
    for (NodeSpec& node : cluster.spec.nodes) {
      for (const Source& source : kSources) {
        if (is_unknown(node, source)) node.*source.is_new = true;
      }
    }
    return absl::OkStatus();
  }
  for (const NodeSpec& node : cluster.spec.nodes) {
    if (!joins(cluster, node)) continue;
    for (const Source& source : kSources) {
      if (is_unknown(node, source)) return unknown_source(node, source);
    }
  }
  if (!cluster.joining.empty() && is_network_unknown(cluster)) return unknown_network();
  return absl::OkStatus();
}

}  // namespace mex::cluster
