#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "cluster/plan/discovered.h"
#include "cluster/plan/plan.h"
#include "cluster/spec/spec.h"
#include "cluster/steps/cloud.h"
#include "kubernetes/client.h"
#include "openstack/call_context.h"

// One action against the cloud. Blocks; no locks; everything it needs is in the attempt.
namespace mex::cluster {

struct Attempt {
  Action action;
  ClusterSpec spec;
  Owner owner;
  ResourceIds resources;        // the journal as it was when the step became ready
  bool check_existing = false;  // what the action makes may be there already
  bool may_repeat = true;       // with check_existing: make it if it is not seen
  // For actions that need it (see needs_api_server), and what ApplyManifest applies.
  std::shared_ptr<kubernetes::Client> api_server;
  std::string manifest;
};

struct Outcome {
  absl::Status status;
  bool not_seen = false;  // looked, saw nothing and was not allowed to repeat
  ResourceIds made;       // made or found
  std::map<std::string, std::string> addresses;  // of ports, by slot
  std::string resource_id;                       // for people, where `made` does not say it
  std::string request_id;                        // of the last answer
  std::function<void(Discovered&)> apply_to;     // null if nothing was learnt
};

// `attempt.action` must have a call of its own (see is_awaited).
Outcome perform(Cloud& cloud, const Attempt& attempt, openstack::CallContext context);

}  // namespace mex::cluster
