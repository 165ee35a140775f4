#include "cluster/health/awaited_server.h"

#include <fmt/format.h>

#include <utility>

#include "base/status.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {
namespace {

AwaitedVerdict waiting(Reason reason) {
  return {.state = AwaitedVerdict::State::Waiting,
          .reason = std::move(reason),
          .is_machine_at_fault = false};
}

AwaitedVerdict failed(std::string_view code, std::string message) {
  return {.state = AwaitedVerdict::State::Failed,
          .reason = because(code, std::move(message)),
          .is_machine_at_fault = false};
}

AwaitedVerdict wait_until_deadline(const AwaitedServer& awaited, const openstack::Server* server,
                                   Reason reason) {
  if (awaited.waited < awaited.deadline) return waiting(std::move(reason));
  return failed("BootDeadline",
                fmt::format("server {} ({}) was not ACTIVE after {}{}", awaited.name, awaited.id,
                            duration_text(awaited.deadline),
                            server == nullptr ? ""
                                              : fmt::format(": it is {} {}", server->status,
                                                            server->task_state)));
}

}  // namespace

const openstack::Server* find_server(const ServerSweep& sweep, const std::string& id) {
  const auto found = sweep.servers.find(id);
  return found == sweep.servers.end() ? nullptr : &found->second;
}

AwaitedVerdict judge_boot(const AwaitedServer& awaited, const ServerSweep& sweep) {
  if (!sweep.status.ok()) {
    Reason reason =
        because(absl::StatusCodeToString(sweep.status.code()),
                fmt::format("the servers could not be listed: {}", base::message_of(sweep.status)));
    reason.request_id = base::detail_of(sweep.status).request_id;
    return waiting(std::move(reason));
  }
  const openstack::Server* server = find_server(sweep, awaited.id);
  if (sweep.gone.count(awaited.id) > 0) {
    return failed("ServerGone",
                  fmt::format("server {} ({}) is not there any more", awaited.name, awaited.id));
  }
  if (server == nullptr) return wait_until_deadline(awaited, nullptr, awaited.reason);
  if (server->status == "ACTIVE") return {};
  if (server->status == "UNKNOWN") {
    return waiting(because("CellDown", fmt::format("server {} ({}): Nova says UNKNOWN, so the cell "
                                                   "that it is in is down",
                                                   awaited.name, awaited.id)));
  }
  if (server->status == "ERROR") {
    return failed("ServerError",
                  fmt::format("server {} ({}) is in ERROR: {}", awaited.name, awaited.id,
                              server->fault.empty() ? "Nova gives no reason" : server->fault));
  }
  return wait_until_deadline(awaited, server, {});
}

bool has_host(const std::string& server_id, const ServerSweep& sweep) {
  const openstack::Server* server = sweep.status.ok() ? find_server(sweep, server_id) : nullptr;
  return server != nullptr && (!server->host_id.empty() || server->status == "ACTIVE");
}

bool has_disappeared(const std::string& server_id, const ServerSweep& sweep) {
  return sweep.gone.count(server_id) > 0;
}

std::optional<std::string> replacement_of(const std::string& broken, const std::string& name,
                                          const ServerSweep& sweep) {
  for (const auto& [id, server] : sweep.servers) {
    if (server.name == name && id != broken && server.status != "ERROR") return id;
  }
  return std::nullopt;
}

}  // namespace mex::cluster
