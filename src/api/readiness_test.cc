#include "api/readiness.h"

#include <gtest/gtest.h>

namespace mex::api {
namespace {

TEST(ReadinessTest, NamesThePartThatIsNotReady) {
  const ReadinessReport good = report({{"store", absl::OkStatus()}, {"api", absl::OkStatus()}});
  EXPECT_TRUE(good.ready);
  EXPECT_EQ(good.text, "store: ok\napi: ok\n");

  const ReadinessReport bad =
      report({{"proxy", absl::NotFoundError("no cert.pem")}, {"store", absl::OkStatus()}});
  EXPECT_FALSE(bad.ready);
  EXPECT_EQ(bad.text, "proxy: no cert.pem\nstore: ok\n");
}

// A dead Keystone was no line at all; nor may it take the proxy out of use.
TEST(ReadinessTest, APartThatIsNotRequiredIsNamedAndTakesNothingOutOfUse) {
  const ReadinessReport report = api::report(
      {{"store", absl::OkStatus()},
       {.name = "cloud", .status = absl::UnavailableError("dead"), .is_required = false}});
  EXPECT_TRUE(report.ready);
  EXPECT_EQ(report.text, "store: ok\ncloud: dead\n");
}

}  // namespace
}  // namespace mex::api
