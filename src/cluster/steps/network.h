#pragma once

#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// A cluster's own network: network, subnet, router.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const CreateNetwork& create, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const CreateSubnet& create, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const CreateRouter& create, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const AttachRouter& attach, const Attempt& attempt,
                const openstack::CallContext& context);

}  // namespace mex::cluster
