#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "nginx/model/instance.h"
#include "nginx/render/configuration.h"
#include "nginx/render/deployment.h"
#include "nginx/render/resolved_instance.h"
#include "nginx/runtime/runtime.h"

namespace mex::nginx {

// What the configuration of `instance` takes from the runtime and from this machine now.
RenderContext render_context(const Runtime& runtime, const Instance& instance,
                             std::uint16_t status_port);

// The files that make `instance` run there.
RenderedDeployment render_for(const Runtime& runtime, const ResolvedInstance& instance,
                              std::uint16_t status_port);

// Gives the runtime a deployment and waits until it is active: until its status server reports the
// generation, by when all new ports are open, and no worker of the previous one accepts connections
// any more. Blocks for at most 15 seconds beside the runtime's own limit.
//   FailedPrecondition  nginx's words
//   Unavailable         it is not active in time
//   Cancelled           `stop` was requested
// Others are the runtime's.
absl::Status activate(Runtime& runtime, const RenderedDeployment& rendered,
                      const base::Clock& clock, const std::stop_token& stop);

}  // namespace mex::nginx
