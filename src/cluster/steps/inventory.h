#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cluster/steps/attempt.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/outcome.h"
#include "openstack/call_context.h"

// What there is of a cluster: everything that carries its mark, and everything that its journal
// names although the mark is gone.
namespace mex::cluster {

Outcome perform(Cloud& cloud, const FindOwned& find, const Attempt& attempt,
                const openstack::CallContext& context);

// The server carries the owner's mark.
bool has_mark(const openstack::Server& server, const Owner& owner);

// One resource, by its id. NotFound, and the errors of the call.
absl::StatusOr<ObservedResource> read_resource(Cloud& cloud, ResourceKind kind,
                                               const std::string& id, const Attempt& attempt,
                                               const openstack::CallContext& context);

}  // namespace mex::cluster
