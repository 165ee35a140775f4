#pragma once

#include <chrono>
#include <memory>

#include "absl/status/statusor.h"
#include "agent/control_plane.h"
#include "agent/data_plane.h"
#include "agent/descriptor_budget.h"
#include "agent/options.h"
#include "agent/startup_files.h"
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

 private:
  explicit Agent(const Options& options);

  const Options options_;
  const net::OriginPolicy policy_;
  const DescriptorBudget budget_;
  const StartupFiles startup_files_;
  std::unique_ptr<DataPlane> data_;
  std::unique_ptr<ControlPlane> control_;
};

}  // namespace mex::agent
