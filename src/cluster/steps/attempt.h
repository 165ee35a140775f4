#pragma once

#include <memory>
#include <string>
#include <utility>

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

// Of an action outside operations: there is no journal, and nothing is made.
inline Attempt attempt_without_journal(Action action, ClusterSpec spec, Owner owner) {
  return {.action = std::move(action),
          .spec = std::move(spec),
          .owner = std::move(owner),
          .resources = {},
          .check_existing = false,
          .may_repeat = false,
          .api_server = nullptr,
          .manifest = {}};
}

}  // namespace mex::cluster
