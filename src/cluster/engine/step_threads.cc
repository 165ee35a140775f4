#include "cluster/engine/step_threads.h"

#include <cstddef>

namespace mex::cluster {
namespace {

// Of each kind.
constexpr std::size_t kThreads = 8;

}  // namespace

StepThreads::StepThreads(Cloud* cloud, const absl::Status& cloud_problem,
                         base::ThreadPool& cloud_calls, kubernetes::Prober& prober,
                         base::Clock& clock, const Timing& timing)
    : api_servers_(kThreads),
      drains_(kThreads),
      cloud_executor_(cloud, cloud_problem, cloud_calls, clock, timing.call),
      api_server_executor_(cloud, cloud_problem, api_servers_, clock, timing.call),
      drain_executor_(cloud, cloud_problem, drains_, clock, timing.call),
      dispatcher_({.cloud = cloud_executor_,
                   .api_servers = api_server_executor_,
                   .drains = drain_executor_},
                  prober, clock, timing.kubernetes_call) {}

void StepThreads::stop() {
  api_servers_.stop();
  drains_.stop();
}

}  // namespace mex::cluster
