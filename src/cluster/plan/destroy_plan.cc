#include "cluster/plan/destroy_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace mex::cluster {
namespace {

constexpr std::array<ResourceKind, 7> kAllKinds{
    ResourceKind::Server,     ResourceKind::Port,    ResourceKind::Router,
    ResourceKind::Subnet,     ResourceKind::Network, ResourceKind::SecurityGroup,
    ResourceKind::ServerGroup};

// Builds the graph of removals in the order in which the cloud allows them.
class DestroyPlanBuilder {
 public:
  Plan build(const std::vector<ObservedResource>& resources, const ClusterSpec& spec,
             std::string_view cluster_id) {
    for (const ObservedResource& resource : resources) {
      const auto key = key_of(resource, spec, cluster_id);
      by_kind_[resource.kind].push_back(
          {key.value_or(ResourceKey{resource.kind, {}}), resource.id});
    }
    remove_servers();
    detach_routers(spec);
    remove_all(ResourceKind::Port, [this](const Remove& port) { return gone_[port.key.node]; });
    remove_all(ResourceKind::SecurityGroup, [this](const Remove&) { return ports_; });
    remove_all(ResourceKind::ServerGroup, [this](const Remove&) { return all_gone_; });
    remove_all(ResourceKind::Router, [this](const Remove&) { return detached_; });
    remove_all(ResourceKind::Subnet, [this](const Remove&) { return joined(ports_, detached_); });
    remove_all(ResourceKind::Network, [this](const Remove&) { return joined(ports_, subnets_); });
    return std::move(plan_);
  }

 private:
  using Names = std::vector<std::string>;

  static Names joined(Names a, const Names& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  // Two resources for one place have the same key: the second step is told apart by its id.
  std::string unique(std::string name, const std::string& id) {
    if (!names_.insert(name).second) {
      name += fmt::format(" {}", id);
      names_.insert(name);
    }
    return name;
  }

  std::string add(std::string name, Action action, Names after, const std::string& id) {
    plan_.steps.push_back({.name = name,
                           .action = std::move(action),
                           .after = std::move(after),
                           .is_done = false,
                           .check_existing = false,
                           .resource_id = id});
    return name;
  }

  void remove_servers() {
    for (const Remove& server : by_kind_[ResourceKind::Server]) {
      const std::string name = unique("remove " + to_string(server.key), server.id);
      add(name, server, {}, server.id);
      const std::string gone = unique("gone " + server.key.node, server.id);
      gone_[server.key.node].push_back(add(gone, AwaitGone{server.id}, {name}, server.id));
      all_gone_.push_back(gone);
    }
  }

  void detach_routers(const ClusterSpec& spec) {
    if (spec.isolated() && !spec.has_own_router()) {
      for (const Remove& subnet : by_kind_[ResourceKind::Subnet]) {
        const std::string name = unique("remove router interface", subnet.id);
        detached_.push_back(add(name, DetachRouter{{}, subnet.id}, {}, subnet.id));
      }
    }
    for (const Remove& router : by_kind_[ResourceKind::Router]) {
      for (const Remove& subnet : by_kind_[ResourceKind::Subnet]) {
        const std::string name = unique("remove router interface", router.id);
        detached_.push_back(add(name, DetachRouter{router.id, subnet.id}, {}, router.id));
      }
    }
  }

  template <typename After>
  void remove_all(ResourceKind kind, After after) {
    for (const Remove& resource : by_kind_[kind]) {
      const std::string name = unique("remove " + to_string(resource.key), resource.id);
      add(name, resource, after(resource), resource.id);
      if (kind == ResourceKind::Port) ports_.push_back(name);
      if (kind == ResourceKind::Subnet) subnets_.push_back(name);
    }
  }

  std::map<ResourceKind, std::vector<Remove>> by_kind_;
  std::map<std::string, Names> gone_;  // by node
  Names all_gone_;
  Names detached_;
  Names ports_;
  Names subnets_;
  std::set<std::string> names_;
  Plan plan_;
};

}  // namespace

std::vector<PlannedStep> plan_inventory(const ClusterSpec& spec, std::string_view verb,
                                        std::string_view after) {
  std::vector<PlannedStep> steps;
  const bool has_server_groups = !groups_kept_apart(spec).empty();
  for (const ResourceKind kind : kAllKinds) {
    if (kind == ResourceKind::ServerGroup && !has_server_groups) continue;
    PlannedStep step = plain_step(fmt::format("{} {}s", verb, to_string(kind)), FindOwned{kind});
    if (!after.empty()) step.after.emplace_back(after);
    steps.push_back(std::move(step));
  }
  return steps;
}

std::vector<PlannedStep> plan_destroy_looks(const ClusterSpec& spec) {
  std::vector<PlannedStep> steps = plan_inventory(spec, "look", kLogInStep);
  steps.insert(steps.begin(), plain_step(std::string(kLogInStep), LogIn{}));
  return steps;
}

std::vector<PlannedStep> plan_audit(const ClusterSpec& spec, bool has_unknown_calls) {
  constexpr std::string_view kWait = "late answers";
  std::vector<PlannedStep> steps = plan_inventory(spec, "audit", has_unknown_calls ? kWait : "");
  if (has_unknown_calls) {
    steps.insert(steps.begin(), plain_step(std::string(kWait), AwaitLateAnswers{}));
  }
  return steps;
}

Removal plan_destroy(const Inventory& inventory, const ResourceIds& journal,
                     const ClusterSpec& spec, std::string_view cluster_id) {
  Removal removal;
  for (const ObservedResource& resource : inventory) {
    const bool in_journal = std::any_of(journal.begin(), journal.end(), [&](const auto& entry) {
      return entry.first.kind == resource.kind && entry.second == resource.id;
    });
    const bool is_named = key_of(resource, spec, cluster_id).has_value();
    const bool is_ours = resource.is_marked && (in_journal || is_named);
    (is_ours ? removal.found : removal.refused).push_back(resource);
  }
  removal.plan = DestroyPlanBuilder().build(removal.found, spec, cluster_id);
  return removal;
}

Plan plan_removal_of_duplicates(const std::vector<ObservedResource>& duplicates,
                                const ClusterSpec& spec, std::string_view cluster_id) {
  return DestroyPlanBuilder().build(duplicates, spec, cluster_id);
}

}  // namespace mex::cluster
