#pragma once

#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// The tags of a cluster's resources.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const TagResource& tag, const Attempt& attempt,
                const openstack::CallContext& context);

}  // namespace mex::cluster
