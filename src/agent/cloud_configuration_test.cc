#include "agent/cloud_configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/status.h"

namespace mex::agent {
namespace {

using ::testing::HasSubstr;

// /readyz said ok with MEX_K8SOS_ENV=/nope.
TEST(CloudConfigurationTest, AnEnvironmentFileThatIsNotThereIsSaidAtTheStart) {
  setenv("MEX_K8SOS_ENV", "/nope", 1);
  cluster::ManagerContext context;
  configure_cloud(context);
  unsetenv("MEX_K8SOS_ENV");
  EXPECT_EQ(context.cloud, nullptr);
  EXPECT_THAT(base::message_of(context.cloud_problem), HasSubstr("/nope"));
  const auto monitor = watch_cloud(context);
  EXPECT_EQ(monitor->view().problem, context.cloud_problem);
  const api::ReadinessReport report = api::report({cloud_readiness(monitor->view())});
  EXPECT_EQ(report.text, "cloud: not configured (see /v1/cloud)\n");
  EXPECT_TRUE(report.ready) << "the proxy and the API work without a cloud";
}

TEST(CloudConfigurationTest, TheLineOfReadyzNamesTheStateAlone) {
  openstack::CloudView view;
  view.state = openstack::CloudState::Refused;
  view.problem = absl::UnauthenticatedError("log in at http://10.0.0.1 (user 'demo')");
  const std::string text = api::report({cloud_readiness(view)}).text;
  EXPECT_EQ(text, "cloud: the login is refused (see /v1/cloud)\n");
  view.state = openstack::CloudState::Available;
  EXPECT_EQ(api::report({cloud_readiness(view)}).text, "cloud: ok\n");
}

}  // namespace
}  // namespace mex::agent
