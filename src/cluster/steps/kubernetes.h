#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// Calls to a cluster's own API server, and the manifests for it.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const ReadManifest& read, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const ApplyManifest& apply, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const RenewToken& renew, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const DrainNode& drain, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const UncordonNode& uncordon, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const InstallRenewal& install, const Attempt& attempt,
                const openstack::CallContext& context);
Outcome perform(Cloud& cloud, const ForgetNode& forget, const Attempt& attempt,
                const openstack::CallContext& context);

// Whether the API server has a node of that name which is Ready. Errors of the call.
absl::StatusOr<bool> is_node_ready(kubernetes::Client& api_server, std::string_view name,
                                   const openstack::CallContext& context);

}  // namespace mex::cluster
