#include "cluster/steps/perform.h"

#include <type_traits>
#include <variant>

#include "base/status.h"
#include "cluster/steps/discovery.h"
#include "cluster/steps/inventory.h"
#include "cluster/steps/kubernetes.h"
#include "cluster/steps/network.h"
#include "cluster/steps/network_discovery.h"
#include "cluster/steps/ports.h"
#include "cluster/steps/removal.h"
#include "cluster/steps/security_group.h"
#include "cluster/steps/servers.h"
#include "cluster/steps/tags.h"
#include "cluster/steps/volumes.h"

namespace mex::cluster {

Outcome perform(Cloud& cloud, const Attempt& attempt, openstack::CallContext context) {
  openstack::CallTrace trace;
  context.trace = &trace;
  Outcome outcome = std::visit(
      [&](const auto& action) {
        if constexpr (std::decay_t<decltype(action)>::kTraits.is_awaited) {
          return failure(absl::InternalError("this step has no call"));
        } else {
          return perform(cloud, action, attempt, context);
        }
      },
      attempt.action);
  outcome.request_id = base::detail_of(outcome.status).request_id;
  if (outcome.request_id.empty()) outcome.request_id = trace.request_id;
  return outcome;
}

}  // namespace mex::cluster
