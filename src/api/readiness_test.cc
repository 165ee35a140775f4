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

TEST(ReadinessTest, APartThatIsNotRequiredIsNamedAndTheAgentIsReady) {
  const std::vector<ReadinessPart> parts{
      {"store", absl::OkStatus()},
      {.name = "records", .status = absl::DataLossError("1 is damaged"), .is_required = false}};
  EXPECT_TRUE(report(parts).ready);
  EXPECT_EQ(report(parts).text, "store: ok\nrecords: 1 is damaged\n");
  EXPECT_EQ(problems_of(parts), std::vector<std::string>{"records: 1 is damaged"});
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
