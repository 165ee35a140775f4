#pragma once

#include <memory>
#include <string>

#include "cluster/plan/action.h"
#include "cluster/records/inventory.h"
#include "cluster/spec/resource.h"
#include "cluster/spec/spec.h"
#include "kubernetes/client.h"

namespace mex::cluster {

// One attempt at a step: the action, and everything that it needs besides the cloud.
struct Attempt {
  Action action;
  ClusterSpec spec;
  Owner owner;
  ResourceIds resources;        // the journal as it was when the step became ready
  bool check_existing = false;  // what the action makes may be there already
  bool may_repeat = true;       // with check_existing: make it if it is not seen
  // For actions that need it (see ActionTraits), and what ApplyManifest applies.
  std::shared_ptr<kubernetes::Client> api_server;
  std::string manifest;
};

}  // namespace mex::cluster
