#include "agent/secret_variable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace mex::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SecretVariableTest : public ::testing::Test {
 protected:
  ~SecretVariableTest() override {
    unsetenv("MEX_TEST_ONE");
    unsetenv("MEX_TEST_TWO");
  }
  static absl::StatusOr<base::Secret> read() {
    return secret_variable({"MEX_TEST_ONE", "MEX_TEST_TWO"}, base::SecretKind::Token);
  }
};

TEST_F(SecretVariableTest, TheFirstThatIsSetCounts) {
  EXPECT_TRUE(read()->empty());
  setenv("MEX_TEST_TWO", "two-two-two\r", 1);
  EXPECT_EQ(read()->reveal(), "two-two-two");
  setenv("MEX_TEST_ONE", "", 1);
  EXPECT_EQ(read()->reveal(), "two-two-two");
  setenv("MEX_TEST_ONE", " one-one-one ", 1);
  EXPECT_EQ(read()->reveal(), "one-one-one");
}

TEST_F(SecretVariableTest, OneThatCannotBeASecretIsNamed) {
  setenv("MEX_TEST_ONE", "Bearer hidden-hidden", 1);
  EXPECT_THAT(read().status().ToString(), HasSubstr("MEX_TEST_ONE looks like a header"));
  EXPECT_THAT(read().status().ToString(), Not(HasSubstr("hidden")));
  setenv("MEX_TEST_ONE", "  ", 1);
  EXPECT_THAT(read().status().ToString(), HasSubstr("MEX_TEST_ONE holds nothing"));
}

}  // namespace
}  // namespace mex::agent
