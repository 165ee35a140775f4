#pragma once

#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// Look-ups of networks and routers that exist without the cluster.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const FindExternalNetwork& find, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindRouter& find, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindSharedNetwork& find, const Attempt& attempt,
                const openstack::CallContext& context);

Outcome perform(Cloud& cloud, const FindNodeNetwork& find, const Attempt& attempt,
                const openstack::CallContext& context);

}  // namespace mex::cluster
