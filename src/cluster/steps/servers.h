#pragma once

#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// Servers, and the groups that Nova keeps apart.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const CreateServerGroup& create, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const CreateServer& create, const Attempt& attempt,
                const openstack::CallContext& context);

}  // namespace mex::cluster
