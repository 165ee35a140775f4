#pragma once

#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// The ways back. What is gone already is a success. Whether a machine that goes unasked is still
// broken is found out before its pods are drained, and once more immediately before its removal.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const Remove& removal, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const ConfirmFault& confirm, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const DetachRouter& detach, const Attempt& attempt,
                const openstack::CallContext& context);

}  // namespace mex::cluster
