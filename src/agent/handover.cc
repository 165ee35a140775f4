#include "agent/handover.h"

#include <sys/eventfd.h>

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "agent/service_manager.h"
#include "base/descriptor.h"
#include "base/log.h"
#include "base/status.h"

namespace mex::agent {
namespace {

// For calls of the API that are under way, also from their client to here.
constexpr server::DrainTimes kForCalls{.deadline = std::chrono::seconds(2),
                                       .idle_grace = std::chrono::milliseconds(250)};
// For the successor to open the store and serve.
constexpr std::chrono::seconds kToServe{60};
constexpr std::chrono::seconds kBetweenAttempts{1};

// Sets `is_ending` if a signal came that ends this process: first its sockets must be someone's.
absl::Status await_service(Successor& successor, const ProcessSignals& signals, bool& is_ending) {
  const auto end = std::chrono::steady_clock::now() + kToServe;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    const int event = signals.wait(successor.descriptor(), std::max(left, left.zero()));
    if (event == ProcessSignals::kReadable) return successor.hear_that_it_serves();
    if (event == ProcessSignals::kTimeout) {
      return base::error(absl::StatusCode::kDeadlineExceeded, "it does not serve within {} s",
                         kToServe.count());
    }
    is_ending = is_ending || ProcessSignals::is_end(event);
  }
}

// False: a signal ended the attempts.
bool take_back(Agent& agent, const std::vector<base::Descriptor>& sockets,
               const ProcessSignals& signals) {
  for (bool is_first = true;; is_first = false) {
    const absl::Status opened = agent.take_control_back(sockets);
    if (opened.ok()) return true;
    if (is_first) log::error("what was handed over cannot be taken back yet", {{"reason", opened}});
    const int event = signals.wait(-1, kBetweenAttempts);
    if (ProcessSignals::is_end(event)) return false;
  }
}

}  // namespace

HandoverEnd hand_over(Agent& agent, Successor successor, const ProcessSignals& signals) {
  log::info("another agent takes over", {{"pid", successor.process()}});
  const std::vector<base::Descriptor> sockets = agent.release_control(kForCalls);
  bool is_ending = false;
  absl::Status serves = successor.give(sockets);
  if (serves.ok()) serves = await_service(successor, signals, is_ending);
  if (serves.ok()) {
    log::info("the other agent serves", {{"pid", successor.process()}});
    const absl::Status announced =
        announce_main_process(environment_variable("NOTIFY_SOCKET"), successor.process());
    if (!announced.ok()) {
      log::warning("the service manager does not know the new process", {{"reason", announced}});
    }
    return is_ending ? HandoverEnd::DoneAndEnding : HandoverEnd::Done;
  }
  log::error("the other agent does not take over", {{"reason", serves}});
  successor.end();
  if (is_ending) return HandoverEnd::Ending;
  if (!take_back(agent, sockets, signals)) return HandoverEnd::Ending;
  log::info("this agent goes on as before");
  return HandoverEnd::TakenBack;
}

void drain_predecessor(Agent& agent, const ProcessSignals& signals,
                       std::chrono::milliseconds deadline, std::chrono::milliseconds end_deadline) {
  agent.begin_client_drain(deadline);
  const base::Descriptor drained(eventfd(0, EFD_CLOEXEC));
  const std::jthread waiting([&] {
    agent.await_clients_drained();
    eventfd_write(drained.get(), 1);
  });
  for (;;) {
    const int event = signals.wait(drained.get());
    if (event == ProcessSignals::kReadable) return;
    if (ProcessSignals::is_end(event)) agent.hasten_client_drain(end_deadline);
  }
}

}  // namespace mex::agent
