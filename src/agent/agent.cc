#include "agent/agent.h"

#include <fcntl.h>

#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "agent/process.h"
#include "base/log.h"
#include "base/status.h"
#include "net/listener.h"
#include "net/listening_sockets.h"

namespace mex::agent {

namespace {

// What is read when the agent starts, and at no other time.
std::vector<StartupFiles::Name> startup_file_names() {
  std::vector<StartupFiles::Name> names;
  for (const char* variable : {"MEX_K8SOS_ENV", "MEX_K8SOS_CONFIG", "MEX_K8SOS_USERDATA"}) {
    names.push_back({variable, environment_variable(variable)});
  }
  return names;
}

absl::Status check_address(std::string_view flag, const net::Address& address) {
  const absl::Status free = net::check_address_free(address);
  return free.ok() ? free : base::annotate(free, flag);
}

absl::Status check_addresses(const Options& options) {
  MEX_RETURN_IF_ERROR(check_address("-grpc", options.grpc));
  MEX_RETURN_IF_ERROR(check_address("-rest", options.rest));
  if (options.http) MEX_RETURN_IF_ERROR(check_address("-http", *options.http));
  return options.proxy ? check_address("-proxy", *options.proxy) : absl::OkStatus();
}

}  // namespace

Agent::Agent(const Options& options)
    : options_(options),
      policy_({options.grpc.port(), options.rest.port()}),
      budget_(share_descriptors(descriptor_limit())),
      startup_files_(startup_file_names()) {}

Agent::~Agent() = default;

absl::StatusOr<std::unique_ptr<Agent>> Agent::start(const Options& options) {
  // Before anything is opened: a second agent started by mistake must not touch the cloud.
  MEX_RETURN_IF_ERROR(check_addresses(options));
  if (descriptor_limit() < kMinDescriptors) {
    log::warning("too few descriptors to keep the parts of the agent from each other (ulimit -n)",
                 {{"limit", descriptor_limit()}, {"needed", kMinDescriptors}});
  }
  std::unique_ptr<Agent> agent(new Agent(options));
  MEX_ASSIGN_OR_RETURN(agent->data_,
                       DataPlane::start(agent->options_, agent->budget_, agent->policy_));
  MEX_RETURN_IF_ERROR(agent->open_control());
  return agent;
}

absl::Status Agent::open_control() {
  MEX_ASSIGN_OR_RETURN(control_, ControlPlane::open(options_, policy_, budget_, *data_));
  return absl::OkStatus();
}

void Agent::reload() {
  data_->reopen_logs();
  control_->reload();
  log::info("SIGHUP: tokens and certificates are read again");
  for (const std::string& name : startup_files_.changed()) {
    log::warning("changed since the start: a restart reads it", {{"file", name}});
  }
}

void Agent::drain(std::chrono::milliseconds deadline) {
  // Side by side, so that the deadline is one for all.
  data_->begin_drain({.deadline = deadline});
  if (control_ != nullptr) control_->drain({.deadline = deadline});  // a successor was to have it
  data_->await_drained();
  if (control_ != nullptr) control_->leave_to_exit();
}

std::vector<base::Descriptor> Agent::release_control(server::DrainTimes times) {
  // Before any of them closes.
  std::vector<base::Descriptor> sockets = net::ListeningSockets::of_process().copies();
  control_->drain(times);
  control_.reset();
  return sockets;
}

absl::Status Agent::take_control_back(const std::vector<base::Descriptor>& sockets) {
  std::vector<base::Descriptor> copies;
  for (const base::Descriptor& socket : sockets) {
    copies.emplace_back(fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
  }
  net::ListeningSockets::of_process().inherit(std::move(copies));
  const absl::Status opened = open_control();
  // The proxy's, which it has all the time.
  net::ListeningSockets::of_process().close_inherited();
  return opened;
}

void Agent::begin_client_drain(std::chrono::milliseconds deadline) {
  data_->begin_drain({.deadline = deadline, .idle_grace = deadline});
}

}  // namespace mex::agent
