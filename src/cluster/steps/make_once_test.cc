#include "cluster/steps/make_once.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::cluster {
namespace {

const ResourceKey kKey{ResourceKind::Subnet, {}};

Attempt attempt_after_a_lost_call() {
  Attempt attempt;
  attempt.check_existing = true;
  attempt.may_repeat = true;
  return attempt;
}

absl::StatusOr<std::string> refused() {
  return base::error(absl::StatusCode::kFailedPrecondition, "already allocated");
}

TEST(MakeOnce, ARefusalAfterALostCallIsLookedInto) {
  int looks = 0;
  const auto find = [&]() -> absl::StatusOr<std::optional<std::string>> {
    if (++looks == 1) return std::optional<std::string>();
    return std::optional<std::string>("subnet-1");
  };
  const Outcome outcome = make_once(kKey, attempt_after_a_lost_call(), find, refused);
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.resource_id, "subnet-1");
}

// The symptom: a create on a slow cloud ends with "already allocated" (HTTP 409), by what it has
// made itself.
TEST(MakeOnce, ARefusalThatCannotBeLookedIntoIsNotTheOutcome) {
  int looks = 0;
  const auto find = [&]() -> absl::StatusOr<std::optional<std::string>> {
    if (++looks == 1) return std::optional<std::string>();
    return absl::DeadlineExceededError("no answer before the deadline");
  };
  const Outcome outcome = make_once(kKey, attempt_after_a_lost_call(), find, refused);
  EXPECT_TRUE(absl::IsDeadlineExceeded(outcome.status)) << outcome.status;
}

TEST(MakeOnce, ARefusalOfWhatIsNotThereIsTheOutcome) {
  const auto find = []() -> absl::StatusOr<std::optional<std::string>> {
    return std::optional<std::string>();
  };
  const Outcome outcome = make_once(kKey, attempt_after_a_lost_call(), find, refused);
  EXPECT_TRUE(absl::IsFailedPrecondition(outcome.status)) << outcome.status;
}

}  // namespace
}  // namespace mex::cluster
