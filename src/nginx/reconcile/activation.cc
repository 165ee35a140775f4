#include "nginx/reconcile/activation.h"

#include <algorithm>
#include <chrono>

#include "base/backoff.h"
#include "base/call_limits.h"
#include "base/status.h"
#include "nginx/runtime/listening_ports.h"

namespace mex::nginx {
namespace {

constexpr std::chrono::seconds kActivationTimeout{15};
constexpr base::Backoff kPause{.first = std::chrono::milliseconds(2),
                               .max = std::chrono::milliseconds(50)};

}  // namespace

RenderContext render_context(const Runtime& runtime, const Instance& instance,
                             std::uint16_t status_port) {
  const RuntimeLayout layout = runtime.layout();
  RenderContext context{.preamble = layout.preamble,
                        .error_log = layout.error_log,
                        .session_log = layout.session_log,
                        .status_listen = runtime.status_listen(instance.network, status_port),
                        .has_ipv6 = false,
                        .local_addresses = {},
                        .max_descriptors = layout.max_descriptors};
  if (!instance.network.empty()) return context;
  context.local_addresses = local_addresses();
  context.has_ipv6 = std::any_of(
      context.local_addresses.begin(), context.local_addresses.end(),
      [](const std::string& address) { return address.find(':') != std::string::npos; });
  return context;
}

RenderedDeployment render_for(const Runtime& runtime, const ResolvedInstance& instance,
                              std::uint16_t status_port) {
  RenderedDeployment rendered =
      render_deployment(instance, render_context(runtime, instance.desired, status_port));
  rendered.deployment.status_port = status_port;
  return rendered;
}

absl::Status activate(Runtime& runtime, const RenderedDeployment& rendered,
                      const base::Clock& clock, const std::stop_token& stop) {
  MEX_RETURN_IF_ERROR(runtime.apply(rendered.deployment));
  const std::string& name = rendered.deployment.name;
  const StatusPage page = runtime.status_page(name, rendered.deployment.status_port);
  const base::SteadyTime deadline = clock.steady_now() + kActivationTimeout;
  bool is_reported = false;
  for (int looks = 1;; ++looks) {
    is_reported = is_reported || page.generation().value_or("") == rendered.generation;
    if (is_reported && !runtime.is_reloading(name)) return absl::OkStatus();
    if (const std::string last_error = runtime.last_error(name); !last_error.empty()) {
      return base::error(absl::StatusCode::kFailedPrecondition, "nginx says: {}", last_error);
    }
    if (clock.steady_now() > deadline) {
      return base::error(absl::StatusCode::kUnavailable,
                         "nginx did not take over its configuration within {} seconds",
                         kActivationTimeout.count());
    }
    if (!base::sleep_for(base::pause_after(looks, kPause), stop)) {
      return absl::CancelledError("the agent ends");
    }
  }
}

}  // namespace mex::nginx
