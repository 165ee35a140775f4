#pragma once

#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// The ports of a cluster's nodes, made with one call.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const CreatePorts& create, const Attempt& attempt,
                const openstack::CallContext& context);
// What other people have allowed besides stays.
Outcome perform(Cloud& cloud, const SetPortFilters& set, const Attempt& attempt,
                const openstack::CallContext& context);

}  // namespace mex::cluster
