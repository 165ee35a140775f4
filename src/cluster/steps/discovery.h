#pragma once

#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// Look-ups of what a cluster is made from, of quotas and of the login.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const LogIn& login, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindImage& look, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindFlavor& look, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindZones& look, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindKeyPair& look, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindExtensions& look, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const ReadComputeQuota& look, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const ReadNetworkQuota& look, const Attempt& attempt,
                const openstack::CallContext& context);

}  // namespace mex::cluster
