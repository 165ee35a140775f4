#pragma once

#include <functional>

#include "cluster/steps/attempt.h"
#include "cluster/steps/outcome.h"

namespace mex::cluster {

// Carries out single attempts at the steps of operations.
class StepExecutor {
 public:
  using Done = std::function<void(const Outcome&)>;

  virtual ~StepExecutor() = default;

  // Calls `done` once with what the attempt led to, and never from within execute(). An attempt
  // that is given up because the process ends is not reported at all: it is an open intent in the
  // store, as after a crash.
  virtual void execute(Attempt attempt, Done done) = 0;
};

}  // namespace mex::cluster
