#include "cluster/engine/step_dispatcher.h"

#include <utility>
#include <variant>

namespace mex::cluster {

StepDispatcher::StepDispatcher(const Executors& executors, kubernetes::Prober& prober,
                               const base::Clock& clock, std::chrono::milliseconds limit)
    : executors_(executors), prober_(prober), clock_(clock), limit_(limit) {}

void StepDispatcher::execute(Attempt attempt, Done done) {
  if (attempt.api_server == nullptr) {
    return executors_.cloud.execute(std::move(attempt), std::move(done));
  }
  const auto client = attempt.api_server;
  prober_.reach(client, {.deadline = clock_.steady_now() + limit_},
                [this, attempt = std::move(attempt), done = std::move(done)](
                    const absl::Status& reached) { execute_if_reached(reached, attempt, done); });
}

void StepDispatcher::execute_if_reached(const absl::Status& reached, Attempt attempt,
                                        const Done& done) {
  if (reached.ok()) {
    const bool is_drain = std::holds_alternative<DrainNode>(attempt.action);
    StepExecutor& executor = is_drain ? executors_.drains : executors_.api_servers;
    return executor.execute(std::move(attempt), done);
  }
  const auto* confirm = std::get_if<ConfirmFault>(&attempt.action);
  if (confirm == nullptr || confirm->needs_answer) return done(failure(reached));
  attempt.api_server = nullptr;  // the cloud is asked all the same
  executors_.cloud.execute(std::move(attempt), done);
}

}  // namespace mex::cluster
