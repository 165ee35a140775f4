#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "cluster/plan/plan.h"
#include "cluster/spec/spec.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {

// Removes what no operation removes: what is left of clusters that are gone.
class RemovalRound {
 public:
  // All references outlive this object.
  RemovalRound(Cloud& cloud, base::Clock& clock, const Timing& timing)
      : cloud_(cloud), clock_(clock), timing_(timing) {}

  struct Failure {
    std::string resource_id;
    std::string step;
    absl::Status status;
    std::string request_id;
  };

  // As far as it goes at once. What waits for a server to be gone is left to the next round, which
  // does not see that server any more. Stops early at `stop`.
  std::vector<Failure> run(const Plan& plan, const ClusterSpec& spec, const Owner& owner,
                           const std::stop_token& stop);

 private:
  Cloud& cloud_;
  base::Clock& clock_;
  const Timing& timing_;
};

}  // namespace mex::cluster
