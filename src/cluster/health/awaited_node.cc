#include "cluster/health/awaited_node.h"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

#include "cluster/health/conditions.h"
#include "cluster/steps/timing.h"
#include "kubernetes/node_report.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kMaxConsole = 4096;

// The end of it, from the beginning of a line.
std::string tail_of(const std::string& console) {
  if (console.size() <= kMaxConsole) return console;
  const std::size_t cut = console.find('\n', console.size() - kMaxConsole);
  return cut == std::string::npos ? std::string() : console.substr(cut + 1);
}

Reason api_server_is_not_ready(const KubernetesSweep& sweep) {
  return because("ApiServerNotReady", why_not_ready(sweep));
}

// `reason` is why it is still waited for; after the deadline, or when the machine itself has given
// up, it is why it is not any more.
AwaitedVerdict wait_or_fail(const AwaitedNode& node, Reason reason, std::string next) {
  const auto report = kubernetes::last_report(node.console, node.name);
  const bool gave_up = report && report->phase == "failed";
  if (report) {
    reason.message += fmt::format("; {} says: {}: {}", node.slot, report->phase, report->text);
  }
  if (!gave_up && node.waited < node.deadline) {
    return {.state = AwaitedVerdict::State::Waiting,
            .reason = std::move(reason),
            .is_machine_at_fault = false};
  }
  if (gave_up) {
    reason.code = "NodeGaveUp";
    reason.next = "see what the machine says";
  } else {
    reason.message += fmt::format("; waited for {}", duration_text(node.deadline));
    reason.next = std::move(next);
  }
  reason.console = tail_of(node.console);
  return {.state = AwaitedVerdict::State::Failed,
          .reason = std::move(reason),
          .is_machine_at_fault = true};
}

std::string look_at(const AwaitedNode& node) {
  return fmt::format(
      "see the console of server {}, and whether the agent reaches {} (GET /v1/route)", node.name,
      node.address);
}

}  // namespace

AwaitedVerdict judge_api_server(const AwaitedNode& first_master, const KubernetesSweep& sweep) {
  if (sweep.api_is_ready()) return {};
  return wait_or_fail(first_master, api_server_is_not_ready(sweep), look_at(first_master));
}

AwaitedVerdict judge_node(const AwaitedNode& node, const std::string& masters,
                          const KubernetesSweep& sweep) {
  if (!sweep.api_is_ready()) {
    AwaitedVerdict verdict =
        wait_or_fail(node, api_server_is_not_ready(sweep),
                     fmt::format("the API server was ready before: see the consoles of {}, and "
                                 "whether the agent reaches them (GET /v1/route)",
                                 masters));
    verdict.is_machine_at_fault = verdict.reason.code == "NodeGaveUp";
    return verdict;
  }
  const auto found = sweep.nodes.find(node.name);
  if (found == sweep.nodes.end()) {
    return wait_or_fail(
        node,
        because("NodeNotJoined", fmt::format("node {} has not joined the cluster", node.name)),
        look_at(node));
  }
  if (found->second.ready()) return {};
  return wait_or_fail(node,
                      because("NodeNotReady", fmt::format("node {} is not Ready: {}", node.name,
                                                          why_not_ready(found->second))),
                      look_at(node));
}

}  // namespace mex::cluster
