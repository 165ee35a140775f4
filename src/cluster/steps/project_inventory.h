#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "cluster/records/inventory.h"
#include "cluster/spec/resource.h"
#include "cluster/steps/cloud.h"
#include "openstack/call_context.h"
#include "openstack/neutron_types.h"

namespace mex::cluster {

// How a resource is set, as far as this agent has set it.
struct ResourceSettings {
  std::vector<std::string> tags;
  openstack::PortFilters filters;  // of ports
};

// A resource that some cluster's journal names.
struct ExpectedResource {
  ResourceKind kind = ResourceKind::Network;
  std::string id;
  std::string cluster_id;
};

// What a GET of the id says of an expected resource that no list has. One that carries its mark is
// in `clusters` instead: the list was not the truth. That it is not found counts only where the
// same service shows something else of this agent's: otherwise it is another region or project.
enum class Unlisted { NotFound, Unmarked };

// What one look at the whole project has found of this agent's, for all clusters. What is nowhere
// in it is not known. Without server groups, which carry no mark of the agent's.
struct ProjectInventory {
  std::map<std::string, Inventory> clusters;         // what carries the agent's mark, by cluster id
  std::map<std::string, ResourceSettings> settings;  // of all those, by id
  std::map<std::string, std::vector<openstack::SecurityGroupRule>> rules;  // by security group
  std::set<std::pair<std::string, std::string>> interfaces;                // router and subnet
  std::map<std::string, Unlisted> unlisted;                                // by id
};

// One list for each kind of resource, however many clusters there are, and at most 64 GETs for what
// is expected and in no list. All lists or none: the first error is returned.
absl::StatusOr<ProjectInventory> read_project(Cloud& cloud, const std::string& agent_id,
                                              const std::vector<ExpectedResource>& expected,
                                              const openstack::CallContext& context);

}  // namespace mex::cluster
