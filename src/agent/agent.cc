#include "agent/agent.h"

#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "agent/process.h"
#include "base/log.h"
#include "base/status.h"
#include "net/listener.h"

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
  MEX_ASSIGN_OR_RETURN(agent->control_, ControlPlane::open(agent->options_, agent->policy_,
                                                           agent->budget_, *agent->data_));
  return agent;
}

void Agent::reload() {
  control_->reload();
  log::info("SIGHUP: tokens and certificates are read again");
  for (const std::string& name : startup_files_.changed()) {
    log::warning("changed since the start: a restart reads it", {{"file", name}});
  }
}

void Agent::drain(std::chrono::milliseconds deadline) {
  // Side by side, so that the deadline is one for all.
  std::jthread proxy([this, deadline] { data_->drain(deadline); });
  control_->drain(deadline);
  control_->leave_to_exit();
}

}  // namespace mex::agent
