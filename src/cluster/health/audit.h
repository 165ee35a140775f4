#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cluster/records/inventory.h"
#include "cluster/records/records.h"
#include "cluster/spec/resource.h"
#include "cluster/steps/project_inventory.h"

// What the cloud holds of a cluster, compared with what the agent made of it. Pure.
namespace mex::cluster {

// Something is not, or not any more, as the agent made it.
struct Drift {
  ResourceKey place;
  std::string text;  // for people: "security group …: its rule for ingress tcp 22 is gone"
  // What a repair can set again; nothing where only a person can say what is meant.
  std::optional<Restoration> restoration{};

  bool operator==(const Drift&) const = default;
};

struct Deviations {
  // Second resources for a place whose journaled one is there.
  std::vector<ObservedResource> duplicates;
  // Servers and ports of nodes that are not wanted any more, or never were: of calls that took
  // effect after a change had ended.
  std::vector<ObservedResource> unwanted;
  std::vector<Drift> drift;

  std::size_t size() const { return duplicates.size() + unwanted.size() + drift.size(); }
  bool empty() const { return size() == 0; }
};

// Of a cluster at rest: what an operation has under way is no finding.
Deviations audit(const ClusterRecord& cluster, const Owner& owner, const ProjectInventory& seen);

// What two looks, one after the other, have both found. A list may be old, and a resource may be
// seen on its way in or out.
Deviations found_by_both(const Deviations& first, const Deviations& second);

// One line for each finding.
std::vector<std::string> lines_of(const Deviations& deviations);

}  // namespace mex::cluster
