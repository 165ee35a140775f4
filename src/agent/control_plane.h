#pragma once

#include <chrono>
#include <memory>

#include "absl/status/statusor.h"
#include "agent/data_plane.h"
#include "agent/descriptor_budget.h"
#include "agent/options.h"
#include "net/origin_policy.h"

namespace mex::agent {

// All of the agent but what serves the tenants' clients: the store and what is kept there,
// clusters, nginx instances, certificates, names and the API. Main thread only.
class ControlPlane {
 public:
  // Serving when it returns, the data plane too. Everything given outlives it. Errors name the
  // file, directory or address that is at fault.
  static absl::StatusOr<std::unique_ptr<ControlPlane>> open(const Options& options,
                                                            const net::OriginPolicy& policy,
                                                            const DescriptorBudget& budget,
                                                            DataPlane& data);
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;
  // The next one that opens the store finds all that was accepted.
  ~ControlPlane();

  // See Agent::reload.
  void reload();

  // Its ports close; calls under way end, at the latest at the deadline; operations on clusters
  // stay in the store.
  void drain(server::DrainTimes times);

  // The process ends after this: a hundred thousand routes need not be freed one by one.
  void leave_to_exit();

 private:
  struct Parts;
  explicit ControlPlane(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace mex::agent
