#include "cluster/plan/change.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/flavor/address_pool.h"
#include "cluster/flavor/check.h"
#include "cluster/flavor/syntax.h"

namespace mex::cluster {
namespace {

// "worker-12" of the pool "worker": 12.
int number_of(const NodeSpec& node) { return node_number(node.slot, node.group).value_or(0); }

absl::Status check_names(const NewNames& names) {
  MEX_RETURN_IF_ERROR(check_cloud_name(names.image, "image"));
  MEX_RETURN_IF_ERROR(check_cloud_name(names.nova_flavor, "flavor"));
  return check_cloud_name(names.key_pair.value_or(""), "key_pair");
}

bool names_a_source(const NewNames& names) {
  return !names.image.empty() || !names.nova_flavor.empty();
}

void take_names(NodeSpec& node, const NewNames& names) {
  if (!names.image.empty()) {
    node.image = names.image;
    node.image_id.clear();
    node.is_image_new = true;
  }
  if (!names.nova_flavor.empty()) {
    node.nova_flavor = names.nova_flavor;
    node.nova_flavor_id.clear();
    node.is_nova_flavor_new = true;
  }
}

void take_key_pair(ClusterRecord& record, const NewNames& names) {
  if (!names.key_pair) return;
  record.spec.flavor.key_pair = *names.key_pair;
}

// What a node is made of, without its place.
NodeSpec template_of(const NodeSpec& node) {
  NodeSpec result = node;
  result.slot.clear();
  result.zone.clear();
  result.address.clear();
  return result;
}

// What the pool's next node is made of; nothing if neither the pool nor its nodes say it.
std::optional<NodeSpec> template_of(const ClusterRecord& record, std::string_view pool) {
  const auto named = record.spec.pool_templates.find(std::string(pool));
  if (named != record.spec.pool_templates.end()) return named->second;
  for (const auto* nodes : {&record.spec.nodes, &record.leaving}) {
    const auto node = std::find_if(nodes->begin(), nodes->end(),
                                   [&](const NodeSpec& each) { return each.group == pool; });
    if (node != nodes->end()) return template_of(*node);
  }
  return std::nullopt;
}

// Adds nodes to one pool of a record.
class Grower {
 public:
  Grower(ClusterRecord& record, const WorkerPool& pool, const ChangeRules& rules)
      : record_(record), pool_(pool), rules_(rules) {
    const auto note = [this](const NodeSpec& node) {
      addresses_.insert(address_of(record_, node));
      if (node.group == pool_.name) numbers_.insert(number_of(node));
    };
    for (const NodeSpec& node : record_.leaving) note(node);
    for (const NodeSpec& node : record_.spec.nodes) note(node);
  }

  absl::Status add() {
    int number = 1;
    while (numbers_.count(number) > 0) ++number;
    numbers_.insert(number);
    ClusterSpec& spec = record_.spec;
    MEX_ASSIGN_OR_RETURN(NodeSpec node, next_node());
    node.slot = node_slot(pool_.name, number);
    if (!spec.zones.empty()) {
      node.zone = spec.zones[static_cast<std::size_t>(number - 1) % spec.zones.size()];
    }
    MEX_RETURN_IF_ERROR(choose_address(node));
    addresses_.insert(node.address);
    record_.joining.push_back(node.slot);
    spec.nodes.push_back(std::move(node));
    return absl::OkStatus();
  }

 private:
  // As its neighbours; the first node of a pool as the flavor and then the platform say.
  absl::StatusOr<NodeSpec> next_node() const {
    if (auto like_others = template_of(record_, pool_.name)) return *std::move(like_others);
    const auto said = [](const std::string& flavors, const std::string& platforms) {
      return flavors.empty() ? platforms : flavors;
    };
    NodeSpec node;
    node.role = NodeRole::Worker;
    node.group = pool_.name;
    take_names(node, {.image = said(pool_.shape.image, rules_.platform.image),
                      .nova_flavor = said(pool_.shape.nova_flavor, rules_.platform.flavor),
                      .key_pair = std::nullopt});
    if (!node.nova_flavor.empty() && !node.image.empty()) return node;
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "neither the pool {} of flavor {} nor the platform says which {} its "
                       "nodes have",
                       pool_.name, record_.spec.flavor.name,
                       node.nova_flavor.empty() ? "Nova flavor" : "image");
  }

  absl::Status choose_address(NodeSpec& node) const {
    if (!record_.spec.isolated()) return choose_platforms_address(node);
    const base::Ipv4Block block = *base::parse_ipv4_block(record_.spec.subnet);
    for (std::uint32_t offset = kFirstWorkerOffset;
         offset < first_automatic_offset(block.prefix_length); ++offset) {
      node.address = to_string(address_in(block, offset));
      if (addresses_.count(node.address) == 0) return absl::OkStatus();
    }
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the subnet {} has no address left for {}", record_.spec.subnet, node.slot);
  }

  // Without nodeaddrs Neutron chooses.
  absl::Status choose_platforms_address(NodeSpec& node) const {
    const auto& choice = rules_.platform.worker_addresses;
    if (record_.spec.scheme != NetworkScheme::Shared || choice.empty()) return absl::OkStatus();
    for (const std::string& address : choice) {
      if (addresses_.count(address) > 0 || rules_.is_taken(address)) continue;
      node.address = address;
      return absl::OkStatus();
    }
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "kubernetes.nodeaddrs of the toml file (MEX_K8SOS_CONFIG) has no address "
                       "left for {}",
                       node.slot);
  }

  ClusterRecord& record_;
  const WorkerPool pool_;
  const ChangeRules& rules_;
  std::set<std::string> addresses_;
  std::set<int> numbers_;
};

void retire_last(ClusterRecord& record, const std::string& pool) {
  auto& nodes = record.spec.nodes;
  auto last = nodes.end();
  for (auto node = nodes.begin(); node != nodes.end(); ++node) {
    if (node->group != pool) continue;
    if (last == nodes.end() || number_of(*node) > number_of(*last)) last = node;
  }
  std::erase(record.joining, last->slot);
  std::erase(record.failed_nodes, last->slot);
  record.leaving.push_back(*last);
  const NodeSpec left = template_of(*last);
  nodes.erase(last);
  const bool is_empty = std::none_of(nodes.begin(), nodes.end(),
                                     [&](const NodeSpec& node) { return node.group == pool; });
  if (is_empty) record.spec.pool_templates.emplace(pool, left);
}

// The pool's nodes are made of what they were made of before one of them differs.
void keep_template(ClusterRecord& record, const NodeSpec& changed) {
  const auto& nodes = record.spec.nodes;
  const auto other = std::find_if(nodes.begin(), nodes.end(), [&](const NodeSpec& node) {
    return node.group == changed.group && node.slot != changed.slot;
  });
  record.spec.pool_templates.emplace(changed.group,
                                     template_of(other == nodes.end() ? changed : *other));
}

}  // namespace

absl::StatusOr<ClusterRecord> scaled(const ClusterRecord& record, std::string_view pool, int count,
                                     const ChangeRules& rules, const NewNames& names) {
  MEX_RETURN_IF_ERROR(check_names(names));
  ClusterRecord changed = record;
  auto& pools = changed.spec.flavor.worker_pools;
  const auto found = std::find_if(pools.begin(), pools.end(),
                                  [&](const WorkerPool& other) { return other.name == pool; });
  if (found == pools.end()) {
    std::string all;
    for (const WorkerPool& other : pools) all += (all.empty() ? "" : ", ") + other.name;
    return base::error(absl::StatusCode::kNotFound,
                       "the cluster {} of tenant {} has no worker pool {}; there are: {}",
                       record.spec.name, record.spec.tenant, pool, all.empty() ? "none" : all);
  }
  if (count < 0 || count > kMaxWorkersOfPool) {
    return base::field_error("count", fmt::format("must be 0 to {}", kMaxWorkersOfPool));
  }
  changed.wanted_before = record.spec;
  found->count = count;
  take_key_pair(changed, names);
  if (names_a_source(names)) {
    NodeSpec node = template_of(changed, pool).value_or(NodeSpec());
    node.role = NodeRole::Worker;
    node.group = pool;
    take_names(node, names);
    changed.spec.pool_templates[found->name] = std::move(node);
  }
  Grower grower(changed, *found, rules);
  const auto& nodes = changed.spec.nodes;
  const auto present = static_cast<int>(std::count_if(
      nodes.begin(), nodes.end(), [&](const NodeSpec& node) { return node.group == pool; }));
  for (int i = present; i < count; ++i) MEX_RETURN_IF_ERROR(grower.add());
  for (int i = present; i > count; --i) retire_last(changed, found->name);
  return changed;
}

absl::StatusOr<ClusterRecord> with_replaced(const ClusterRecord& record, std::string_view slot,
                                            const NewNames& names) {
  MEX_RETURN_IF_ERROR(check_names(names));
  const NodeSpec* node = find_node(record.spec, slot);
  if (node == nullptr) {
    return base::error(absl::StatusCode::kNotFound, "the cluster {} of tenant {} has no node {}",
                       record.spec.name, record.spec.tenant, slot);
  }
  if (node->role == NodeRole::Master) {
    return base::error(absl::StatusCode::kUnimplemented,
                       "{} is a master: only workers can be replaced", slot);
  }
  ClusterRecord changed = record;
  if (names_a_source(names) || names.key_pair) {
    if (!changed.wanted_before) changed.wanted_before = record.spec;
  }
  take_key_pair(changed, names);
  if (names_a_source(names)) {
    keep_template(changed, *node);
    auto& nodes = changed.spec.nodes;
    take_names(nodes[static_cast<std::size_t>(node - record.spec.nodes.data())], names);
  }
  add_slot(changed.failed_nodes, node->slot);
  add_slot(changed.joining, node->slot);
  return changed;
}

ClusterRecord with_renewal(const ClusterRecord& record) {
  ClusterRecord changed = record;
  for (const NodeSpec& node : record.spec.nodes) add_slot(changed.renewing, node.slot);
  return changed;
}

Repair repaired(const ClusterRecord& record, const std::vector<std::string>& slots,
                base::WallTime now) {
  Repair repair{.cluster = record, .nodes = {}};
  std::erase_if(repair.cluster.repairs,
                [&](base::WallTime time) { return now - time >= std::chrono::hours(1); });
  for (const std::string& slot : slots) {
    auto replaced = with_replaced(repair.cluster, slot);
    if (!replaced.ok()) continue;
    repair.cluster = *std::move(replaced);
    repair.cluster.repairs.push_back(now);
    repair.cluster.unhealthy.erase(slot);
    repair.nodes += (repair.nodes.empty() ? "" : ", ") + slot;
  }
  return repair;
}

void undo_change(ClusterRecord& record) {
  const ClusterSpec wanted = record.wanted_before.value_or(record.spec);
  record.wanted_before.reset();
  record.is_change_kept = false;
  const auto is_there = [&](const NodeSpec& node) {
    const auto has = [&](ResourceKind kind) {
      return record.resources.count({kind, node.slot}) > 0;
    };
    return has(ResourceKind::Server) || has(ResourceKind::Volume) || has(ResourceKind::Port);
  };
  std::vector<NodeSpec> leaving;
  for (const NodeSpec& node : spec_with_leaving(record).nodes) {
    if (find_node(wanted, node.slot) != nullptr) continue;
    // A call whose answer was lost may still make it.
    if (is_there(node) || record.unknown_until) leaving.push_back(node);
  }
  record.leaving = std::move(leaving);
  const bool has_volumes = record.spec.has_volumes;
  record.spec = wanted;
  record.spec.has_volumes = wanted.has_volumes || has_volumes;  // of the nodes that leave
  record.failed_nodes.clear();
  record.restoring.clear();
  record.renewing.clear();
  record.joining.clear();
  for (const NodeSpec& node : wanted.nodes) {
    if (record.resources.count({ResourceKind::Server, node.slot}) == 0) {
      record.joining.push_back(node.slot);
    }
  }
  std::erase_if(record.cordoned,
                [&](const std::string& slot) { return find_node(wanted, slot) == nullptr; });
}

bool has_open_change(const ClusterRecord& record) {
  return !record.joining.empty() || !record.leaving.empty() || !record.failed_nodes.empty() ||
         !record.cordoned.empty() || !record.restoring.empty() || !record.renewing.empty();
}

}  // namespace mex::cluster
