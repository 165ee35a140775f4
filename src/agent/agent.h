#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/control_plane.h"
#include "agent/data_plane.h"
#include "agent/descriptor_budget.h"
#include "agent/options.h"
#include "agent/startup_files.h"
#include "base/descriptor.h"
#include "net/origin_policy.h"

namespace mex::agent {

// The whole program, apart from its command line and its signals. Made, stopped and destroyed by
// the main thread.
class Agent {
 public:
  // Serving when it returns. Errors name the file, directory or address that is at fault. A missing
  // certificate is none: then the proxy's is self-signed, and /readyz says so.
  static absl::StatusOr<std::unique_ptr<Agent>> start(const Options& options);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent();

  // Reads again what lies in files and can change while the agent runs, and logs what was read and
  // what a restart takes. What cannot be used any more is logged; what was in use before stays.
  void reload();

  // Listeners close; requests under way end, at the latest at the deadline. Operations on clusters
  // stay in the store for the next start.
  void drain(std::chrono::milliseconds deadline);

  // For a successor (takeover.h): ends the control plane, so that the store is free, and gives
  // copies of all sockets that listen. The proxy goes on.
  std::vector<base::Descriptor> release_control(server::DrainTimes times);
  // The successor does not serve: opens the control plane again, with its sockets.
  absl::Status take_control_back(const std::vector<base::Descriptor>& sockets);
  // The successor serves: lets the proxy's connections come to their end, which is at the latest
  // soon after the deadline. That may be brought forward, also while another thread waits.
  void begin_client_drain(std::chrono::milliseconds deadline);
  void hasten_client_drain(std::chrono::milliseconds deadline) {
    data_->hasten_drain({.deadline = deadline});
  }
  void await_clients_drained() { data_->await_drained(); }

 private:
  explicit Agent(const Options& options);
  absl::Status open_control();

  const Options options_;
  const net::OriginPolicy policy_;
  const DescriptorBudget budget_;
  const StartupFiles startup_files_;
  std::unique_ptr<DataPlane> data_;
  std::unique_ptr<ControlPlane> control_;
};

}  // namespace mex::agent
