#pragma once

#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// A cluster's security group and its rules.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const CreateSecurityGroup& create, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const CreateRules& create, const Attempt& attempt,
                const openstack::CallContext& context);

}  // namespace mex::cluster
