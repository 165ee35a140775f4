#pragma once

#include <string>
#include <vector>

#include "cluster/plan/action.h"
#include "cluster/plan/step_key.h"

// What is to be done with the cloud, as a value: a graph of steps.
namespace mex::cluster {

struct PlannedStep {
  StepKey key;  // unique in its plan
  Action action;
  std::vector<StepKey> after;   // the steps that must be done before
  bool is_done = false;         // what it would make is there already
  bool check_existing = false;  // it may be there already: found rather than made
  std::string resource_id;      // where is_done

  std::string name() const { return to_string(key); }
};

struct Plan {
  std::vector<PlannedStep> steps;
};

// A step that depends on nothing.
PlannedStep plain_step(StepKey key, Action action);

// Sixteen hexadecimal digits over every name, dependency, body and tag: equal plans have equal
// hashes, in every process.
std::string hash_of(const Plan& plan);

}  // namespace mex::cluster
