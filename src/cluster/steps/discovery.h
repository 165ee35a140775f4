#pragma once

#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// Look-ups of what a cluster is made from, of quotas and of the login.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const LogIn& login, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindImage& find, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindFlavor& find, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindZones& find, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindServerSources& find, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const ReadVolumeQuota& find, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindKeyPair& find, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const FindExtensions& find, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const ReadComputeQuota& find, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const ReadNetworkQuota& find, const Attempt& attempt,
                const openstack::CallContext& context);

}  // namespace mex::cluster
