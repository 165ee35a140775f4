#pragma once

#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// The volumes that servers boot from.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const CreateVolume& create, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const AwaitVolume& await, const Attempt& attempt,
                const openstack::CallContext& context);

// Done when it is gone: what Cinder takes up and then fails at would be left. Nova deletes it with
// its server, and may just be at that.
Outcome remove_volume(Cloud& cloud, const OwnedResource& volume,
                      const openstack::CallContext& context);

}  // namespace mex::cluster
