#include "cluster/plan/destroy_plan.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace mex::cluster {
namespace {

constexpr std::array<ResourceKind, 8> kAllKinds{
    ResourceKind::Server,        ResourceKind::Volume,     ResourceKind::Port,
    ResourceKind::Router,        ResourceKind::Subnet,     ResourceKind::Network,
    ResourceKind::SecurityGroup, ResourceKind::ServerGroup};

// Builds the graph of removals in the order in which the cloud allows them.
class DestroyPlanBuilder {
 public:
  // `finds_router`: the cluster's subnet is attached to a router that is not its own.
  Plan build(const std::vector<OwnedResource>& resources, bool finds_router) {
    for (const OwnedResource& resource : resources) {
      by_kind_[resource.key().kind].push_back(resource);
    }
    remove_servers();
    // Nova does that with the server; what it leaves, or never had, goes here.
    remove_all(ResourceKind::Volume,
               [this](const OwnedResource& volume) { return gone_[volume.key().node]; });
    detach_routers(finds_router);
    remove_all(ResourceKind::Port,
               [this](const OwnedResource& port) { return gone_[port.key().node]; });
    remove_all(ResourceKind::SecurityGroup, [this](const OwnedResource&) { return ports_; });
    remove_all(ResourceKind::ServerGroup, [this](const OwnedResource&) { return all_gone_; });
    remove_all(ResourceKind::Router, [this](const OwnedResource&) { return detached_; });
    remove_all(ResourceKind::Subnet,
               [this](const OwnedResource&) { return joined(ports_, detached_); });
    remove_all(ResourceKind::Network,
               [this](const OwnedResource&) { return joined(ports_, subnets_); });
    return std::move(plan_);
  }

 private:
  using Keys = std::vector<StepKey>;

  static Keys joined(Keys a, const Keys& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  // Of two resources for one place, the second one's step has its id in the key.
  StepKey unique(StepKey key, const std::string& id) {
    if (!keys_.insert(key).second) {
      key.resource_id = id;
      keys_.insert(key);
    }
    return key;
  }

  StepKey add(const StepKey& key, Action action, Keys after, const std::string& id) {
    plan_.steps.push_back({.key = key,
                           .action = std::move(action),
                           .after = std::move(after),
                           .is_done = false,
                           .check_existing = false,
                           .resource_id = id});
    return key;
  }

  void remove_servers() {
    for (const OwnedResource& server : by_kind_[ResourceKind::Server]) {
      const std::string& node = server.key().node;
      const StepKey removal = unique({StepKind::Remove, server.key()}, server.id());
      add(removal, Remove{server}, {}, server.id());
      const StepKey gone = unique({StepKind::AwaitGone, node}, server.id());
      gone_[node].push_back(add(gone, AwaitGone{server.id()}, {removal}, server.id()));
      all_gone_.push_back(gone);
    }
  }

  void detach_routers(bool finds_router) {
    if (finds_router) {
      for (const OwnedResource& subnet : by_kind_[ResourceKind::Subnet]) {
        const StepKey key = unique(StepKind::DetachRouter, subnet.id());
        detached_.push_back(add(key, DetachRouter{{}, subnet.id()}, {}, subnet.id()));
      }
    }
    for (const OwnedResource& router : by_kind_[ResourceKind::Router]) {
      for (const OwnedResource& subnet : by_kind_[ResourceKind::Subnet]) {
        const StepKey key = unique(StepKind::DetachRouter, router.id());
        detached_.push_back(add(key, DetachRouter{router.id(), subnet.id()}, {}, router.id()));
      }
    }
  }

  template <typename After>
  void remove_all(ResourceKind kind, After after) {
    for (const OwnedResource& resource : by_kind_[kind]) {
      const StepKey key = unique({StepKind::Remove, resource.key()}, resource.id());
      add(key, Remove{resource}, after(resource), resource.id());
      if (kind == ResourceKind::Port) ports_.push_back(key);
      if (kind == ResourceKind::Subnet) subnets_.push_back(key);
    }
  }

  std::map<ResourceKind, std::vector<OwnedResource>> by_kind_;
  std::map<std::string, Keys> gone_;  // by node
  Keys all_gone_;
  Keys detached_;
  Keys ports_;
  Keys subnets_;
  std::set<StepKey> keys_;
  Plan plan_;
};

// What is proved to be ours, and in `removal` what is and what is not.
template <typename Prove>
std::vector<OwnedResource> divide(const Inventory& inventory, Removal& removal, Prove prove) {
  std::vector<OwnedResource> owned;
  for (const ObservedResource& resource : inventory) {
    if (std::optional<OwnedResource> proven = prove(resource)) {
      owned.push_back(*std::move(proven));
      removal.found.push_back(resource);
    } else {
      removal.refused.push_back(resource);
    }
  }
  return owned;
}

}  // namespace

std::vector<PlannedStep> plan_inventory(const ClusterSpec& spec, StepKind step,
                                        const std::vector<StepKey>& after) {
  std::vector<PlannedStep> steps;
  const bool has_server_groups = !groups_kept_apart(spec).empty();
  for (const ResourceKind kind : kAllKinds) {
    if (kind == ResourceKind::ServerGroup && !has_server_groups) continue;
    if (kind == ResourceKind::Volume && !spec.has_volumes) continue;
    steps.push_back(plain_step({step, ResourceKey{kind, {}}}, FindOwned{kind}));
    steps.back().after = after;
  }
  return steps;
}

std::vector<PlannedStep> plan_destroy_discovery(const ClusterSpec& spec) {
  std::vector<PlannedStep> steps = plan_inventory(spec, StepKind::FindOwned, {StepKind::LogIn});
  steps.insert(steps.begin(), plain_step(StepKind::LogIn, LogIn{spec.region}));
  return steps;
}

std::vector<PlannedStep> plan_audit(const ClusterSpec& spec, bool has_unknown_calls) {
  if (!has_unknown_calls) return plan_inventory(spec, StepKind::Audit, {});
  std::vector<PlannedStep> steps =
      plan_inventory(spec, StepKind::Audit, {StepKind::AwaitLateAnswers});
  steps.insert(steps.begin(), plain_step(StepKind::AwaitLateAnswers, AwaitLateAnswers{}));
  return steps;
}

Removal plan_destroy(const Inventory& inventory, const ResourceIds& journal,
                     const ClusterSpec& spec, std::string_view cluster_id) {
  Removal removal;
  const auto owned = divide(inventory, removal, [&](const ObservedResource& resource) {
    return OwnedResource::prove(resource, journal, spec, cluster_id);
  });
  removal.plan = DestroyPlanBuilder().build(owned, spec.isolated() && !spec.has_own_router());
  return removal;
}

Removal plan_removal_of_orphans(const Inventory& inventory, std::string_view cluster_id) {
  Removal removal;
  const auto owned = divide(inventory, removal, [&](const ObservedResource& resource) {
    return OwnedResource::prove_orphan(resource, cluster_id);
  });
  const bool has_router = std::any_of(
      owned.begin(), owned.end(),
      [](const OwnedResource& resource) { return resource.key().kind == ResourceKind::Router; });
  removal.plan = DestroyPlanBuilder().build(owned, !has_router);
  return removal;
}

Plan plan_removal_of_duplicates(const std::vector<ObservedResource>& duplicates,
                                const ResourceIds& journal, const ClusterSpec& spec,
                                std::string_view cluster_id) {
  return plan_destroy(duplicates, journal, spec, cluster_id).plan;
}

}  // namespace mex::cluster
