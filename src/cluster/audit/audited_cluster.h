#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cluster/steps/project_inventory.h"

namespace mex::cluster {

// A cluster that audits compare with what the cloud holds of it. Thread-safe.
class AuditedCluster {
 public:
  virtual ~AuditedCluster() = default;

  // What its journal names. An audit begins with that.
  virtual std::vector<ExpectedResource> expected_resources() = 0;
  // Compares. True if the next look decides whether something that was found is so.
  virtual bool audit(const ProjectInventory& seen) = 0;
};

// What is audited, and the ids of all clusters that the agent has a record of, living or not.
struct AuditedClusters {
  std::vector<std::shared_ptr<AuditedCluster>> audited;
  std::set<std::string> known;
};

}  // namespace mex::cluster
