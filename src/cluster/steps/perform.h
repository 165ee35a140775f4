#pragma once

#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

namespace mex::cluster {

// One action against the cloud: the overload of perform() for it, each in the file that is named
// for the kind of thing. Blocks until the call ends or its deadline passes; takes no lock;
// everything it needs is in the attempt. Internal for an action without a call (is_awaited).
Outcome perform(Cloud& cloud, const Attempt& attempt, openstack::CallContext context);

}  // namespace mex::cluster
