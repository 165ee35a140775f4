#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "cluster/plan/create_plan.h"
#include "cluster/plan/plan_fixture.h"

namespace mex::cluster {

// For tests: the plan for the cluster of spec_fixture.h, of what a test changes before.
class CreatePlanTest : public testing::Test {
 protected:
  absl::StatusOr<Plan> try_plan() {
    return plan_create({.spec = spec_,
                        .owner = owner_,
                        .discovered = discovered_,
                        .user_data = user_data_,
                        .addresses = addresses_,
                        .is_gateway_known = is_gateway_known_,
                        .present = present_,
                        .broken = broken_,
                        .stale_volumes = stale_volumes_,
                        .check_existing = check_existing_});
  }
  Plan plan() {
    auto made = try_plan();
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *std::move(made) : Plan();
  }
  static const PlannedStep& step(const Plan& plan, const std::string& name) {
    static const PlannedStep none = plain_step(StepKind::LogIn, LogIn{});
    for (const PlannedStep& one : plan.steps) {
      if (one.name() == name) return one;
    }
    ADD_FAILURE() << "no step " << name;
    return none;
  }
  static std::vector<std::string> open_steps(const Plan& plan) {
    std::vector<std::string> names;
    for (const PlannedStep& one : plan.steps) {
      if (!one.is_done && traits_of(one.action).changes_cloud) names.push_back(one.name());
    }
    return names;
  }
  // Round trips before the step's own, with everything that can go together going together.
  static int depth(const Plan& plan, const std::string& name) {
    int deepest = 0;
    for (const std::string& before : names_of(step(plan, name).after)) {
      deepest = std::max(deepest, depth(plan, before));
    }
    return deepest + 1;
  }

  ClusterSpec spec_ = test_spec();
  Owner owner_ = test_owner();
  Discovered discovered_ = test_discovered();
  std::string user_data_ = "#cloud-config\n";
  std::map<std::string, std::string> addresses_;
  bool is_gateway_known_ = false;
  ResourceIds present_;
  BrokenServers broken_;
  OwnedResources stale_volumes_;
  bool check_existing_ = false;
};

}  // namespace mex::cluster
