#include "cluster/plan/change.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/flavor/address_pool.h"
#include "cluster/flavor/check.h"

namespace mex::cluster {
namespace {

// "worker-12" of the pool "worker": 12.
int number_of(const NodeSpec& node) {
  int number = 0;
  const std::string_view digits = std::string_view(node.slot).substr(node.group.size() + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

// Adds nodes to one pool of a record.
class Grower {
 public:
  Grower(ClusterRecord& record, const WorkerPool& pool, const ChangeRules& rules)
      : record_(record), pool_(pool), rules_(rules) {
    const auto note = [this](const NodeSpec& node) {
      addresses_.insert(address_of(record_, node));
      if (node.group != pool_.name) return;
      numbers_.insert(number_of(node));
      example_ = node;
    };
    for (const NodeSpec& node : record_.leaving) note(node);
    for (const NodeSpec& node : record_.spec.nodes) note(node);
  }

  absl::Status add() {
    int number = 1;
    while (numbers_.count(number) > 0) ++number;
    numbers_.insert(number);
    ClusterSpec& spec = record_.spec;
    NodeSpec node;
    node.slot = fmt::format("{}-{}", pool_.name, number);
    node.role = NodeRole::Worker;
    node.group = pool_.name;
    // As its neighbours; the first node of a pool as the flavor and then the platform say.
    const auto said = [](const std::string& flavors, const std::string& platforms) {
      return flavors.empty() ? platforms : flavors;
    };
    node.nova_flavor =
        example_ ? example_->nova_flavor : said(pool_.shape.nova_flavor, rules_.platform.flavor);
    node.image = example_ ? example_->image : said(pool_.shape.image, rules_.platform.image);
    if (node.nova_flavor.empty() || node.image.empty()) {
      return base::error(absl::StatusCode::kFailedPrecondition,
                         "neither the pool {} of flavor {} nor the platform says which {} its "
                         "nodes have",
                         pool_.name, spec.flavor.name,
                         node.nova_flavor.empty() ? "Nova flavor" : "image");
    }
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
  std::optional<NodeSpec> example_;
};

void retire_last(ClusterRecord& record, std::string_view pool) {
  auto& nodes = record.spec.nodes;
  auto last = nodes.end();
  for (auto node = nodes.begin(); node != nodes.end(); ++node) {
    if (node->group != pool) continue;
    if (last == nodes.end() || number_of(*node) > number_of(*last)) last = node;
  }
  std::erase(record.joining, last->slot);
  std::erase(record.failed_nodes, last->slot);
  record.leaving.push_back(*last);
  nodes.erase(last);
}

}  // namespace

absl::StatusOr<ClusterRecord> scaled(const ClusterRecord& record, std::string_view pool, int count,
                                     const ChangeRules& rules) {
  ClusterRecord changed = record;
  auto& pools = changed.spec.flavor.worker_pools;
  const auto found = std::find_if(pools.begin(), pools.end(),
                                  [&](const WorkerPool& other) { return other.name == pool; });
  if (found == pools.end()) {
    std::string names;
    for (const WorkerPool& other : pools) names += (names.empty() ? "" : ", ") + other.name;
    return base::error(absl::StatusCode::kNotFound,
                       "the cluster {} of tenant {} has no worker pool {}; there are: {}",
                       record.spec.name, record.spec.tenant, pool, names.empty() ? "none" : names);
  }
  if (count < 0 || count > kMaxWorkersOfPool) {
    return base::field_error("count", fmt::format("must be 0 to {}", kMaxWorkersOfPool));
  }
  changed.wanted_before = record.spec;
  found->count = count;
  Grower grower(changed, *found, rules);
  const auto& nodes = changed.spec.nodes;
  const auto present = static_cast<int>(std::count_if(
      nodes.begin(), nodes.end(), [&](const NodeSpec& node) { return node.group == pool; }));
  for (int i = present; i < count; ++i) MEX_RETURN_IF_ERROR(grower.add());
  for (int i = present; i > count; --i) retire_last(changed, pool);
  return changed;
}

absl::StatusOr<ClusterRecord> with_replaced(const ClusterRecord& record, std::string_view slot) {
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
  const auto is_there = [&](const NodeSpec& node) {
    return record.resources.count({ResourceKind::Server, node.slot}) > 0 ||
           record.resources.count({ResourceKind::Port, node.slot}) > 0;
  };
  std::vector<NodeSpec> leaving;
  for (const NodeSpec& node : spec_with_leaving(record).nodes) {
    if (find_node(wanted, node.slot) != nullptr) continue;
    // A call whose answer was lost may still make it.
    if (is_there(node) || record.unknown_until) leaving.push_back(node);
  }
  record.leaving = std::move(leaving);
  record.spec = wanted;
  record.failed_nodes.clear();
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
         !record.cordoned.empty() || !record.renewing.empty();
}

}  // namespace mex::cluster
