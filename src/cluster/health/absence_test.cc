#include "cluster/health/absence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::cluster {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr bool kWithWitness = true;
constexpr bool kAlone = false;

class AbsenceTest : public testing::Test {
 protected:
  void not_found(int second, bool has_witness = kWithWitness, bool is_being_removed = false) {
    absence_.note({"s", is_being_removed}, Absence::Answer::NotFound, has_witness, at(second));
  }
  void found(int second) {
    absence_.note({"s", false}, Absence::Answer::Found, kWithWitness, at(second));
  }
  static base::SteadyTime at(int second) { return base::SteadyTime() + seconds(second); }

  Absence absence_{seconds(30)};
};

TEST_F(AbsenceTest, OneNotFoundProvesNothing) {
  not_found(0);
  not_found(29);
  EXPECT_THAT(absence_.gone(), IsEmpty());
  not_found(30);
  EXPECT_THAT(absence_.gone(), ElementsAre("s"));
}

TEST_F(AbsenceTest, AServerThatAnswersStartsAnew) {
  not_found(0);
  found(10);
  not_found(20);
  not_found(40);
  EXPECT_THAT(absence_.gone(), IsEmpty());
  not_found(50);
  found(51);
  EXPECT_THAT(absence_.gone(), IsEmpty()) << "even one that was given up";
}

// The symptom: a proxy that answers 404 for all of Nova, and a catalogue of another region.
TEST_F(AbsenceTest, WhereNoServerAnswersNoneIsGone) {
  for (int second = 0; second < 3600; second += 10) not_found(second, kAlone);
  EXPECT_THAT(absence_.gone(), IsEmpty());
  not_found(3600);
  EXPECT_THAT(absence_.gone(), IsEmpty()) << "the pause begins with the first proof";
}

TEST_F(AbsenceTest, WhatTheAgentDeletesIsGoneAtOnce) {
  not_found(0, kAlone, true);
  EXPECT_THAT(absence_.gone(), ElementsAre("s"));
}

TEST_F(AbsenceTest, WhatNoOneExpectsIsForgotten) {
  not_found(0);
  not_found(30);
  absence_.retain_only({});
  EXPECT_THAT(absence_.gone(), IsEmpty());
  not_found(60);
  EXPECT_THAT(absence_.gone(), IsEmpty());
}

}  // namespace
}  // namespace mex::cluster
