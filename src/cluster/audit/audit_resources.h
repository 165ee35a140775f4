#pragma once

#include "cluster/audit/auditor.h"
#include "cluster/audit/orphan_collector.h"

namespace mex::cluster {

// What looks at the cloud for all clusters: that they are as they were made, and that nothing is
// left of those that were destroyed.
struct AuditResources {
  OrphanCollector orphans;
  Auditor auditor;
};

}  // namespace mex::cluster
