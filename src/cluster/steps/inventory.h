#pragma once

#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// What there is of a cluster: everything that carries its mark, and everything that its journal
// names although the mark is gone.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const FindOwned& find, const Attempt& attempt,
                const openstack::CallContext& context);

}  // namespace mex::cluster
