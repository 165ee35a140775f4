#include "api/v1/cloud_resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

using ::testing::ElementsAre;

openstack::CloudView whole_view() {
  openstack::CloudView view;
  view.state = openstack::CloudState::Unavailable;
  view.problem = base::with_detail(absl::UnavailableError("no connection"),
                                   {.field = {}, .request_id = "req-1", .cloud_code = {}});
  view.source = "/etc/os.env";
  view.files = {"/etc/os.env"};
  view.settings = {"OS_AUTH_URL", "OS_PASSWORD"};
  view.warnings = {"certificates are not checked"};
  view.auth_url = "https://cloud.example:5000/v3";
  view.auth_method = "password";
  view.owner.user_name = "demo";
  view.owner.project_name = "edge";
  view.region = "RegionOne";
  view.services = {{.type = "compute",
                    .url = "https://cloud.example/v2.1",
                    .version = "2.93",
                    .is_overridden = true,
                    .status = absl::InternalError("500")}};
  view.quotas = {{.name = "instances", .limit = 10, .used = 3}};
  view.quota_problem = absl::PermissionDeniedError("policy");
  view.calls.last_error = {.at = base::WallTime(std::chrono::seconds(7)),
                           .status = absl::InternalError("list servers: 500")};
  return view;
}

TEST(CloudResourcesTest, ShowsEverythingButSecrets) {
  const v1::Cloud cloud = to_proto(whole_view());
  EXPECT_EQ(cloud.state(), v1::Cloud::UNAVAILABLE);
  EXPECT_EQ(cloud.reason().message(), "no connection");
  EXPECT_EQ(cloud.reason().code(), "UNAVAILABLE");
  EXPECT_EQ(cloud.reason().openstack_request_id(), "req-1");
  EXPECT_EQ(cloud.settings().source(), "/etc/os.env");
  EXPECT_THAT(cloud.settings().names(), ElementsAre("OS_AUTH_URL", "OS_PASSWORD"));
  EXPECT_THAT(cloud.settings().warnings(), ElementsAre("certificates are not checked"));
  EXPECT_EQ(cloud.login().user(), "demo");
  EXPECT_EQ(cloud.login().project(), "edge");
  EXPECT_EQ(cloud.region(), "RegionOne");
  ASSERT_EQ(cloud.services_size(), 1);
  EXPECT_EQ(cloud.services(0).version(), "2.93");
  EXPECT_TRUE(cloud.services(0).overridden());
  EXPECT_EQ(cloud.services(0).reason().code(), "INTERNAL");
  EXPECT_EQ(cloud.quotas(0).limit(), 10);
  EXPECT_EQ(cloud.quota_reason().message(), "policy");
  EXPECT_EQ(cloud.last_error().at().seconds(), 7);
  EXPECT_EQ(cloud.last_error().reason().message(), "list servers: 500");
  EXPECT_FALSE(cloud.has_last_answer_at());
}

TEST(CloudResourcesTest, WithoutSettingsThereIsTheReasonAlone) {
  const openstack::CloudMonitor none(absl::FailedPreconditionError("set MEX_K8SOS_ENV"));
  const v1::Cloud cloud = to_proto(none.view());
  EXPECT_EQ(cloud.state(), v1::Cloud::NOT_CONFIGURED);
  EXPECT_EQ(cloud.reason().message(), "set MEX_K8SOS_ENV");
  EXPECT_FALSE(cloud.has_settings());
  EXPECT_FALSE(cloud.has_login());
}

}  // namespace
}  // namespace mex::api
