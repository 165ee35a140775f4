#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api_server_fixture.h"

namespace mex::api {
namespace {

using ::testing::HasSubstr;

TEST_F(ApiServerTest, NginxKubernetesProxiesThatAreNotThere) {
  constexpr const char* kPath = "/v1/nginx-kubernetes-proxies/a";
  EXPECT_EQ(get("/v1/nginx-kubernetes-proxies").body, "{}");
  EXPECT_EQ(get(kPath).status, 404);
  EXPECT_EQ(request(server_->rest_address(), "DELETE", kPath, "", "").status, 404);
  const RawReply other = request(server_->rest_address(), "PUT", kPath, R"({"name":"b"})", "");
  EXPECT_EQ(other.status, 400);
  EXPECT_THAT(other.body, HasSubstr("is a in the path"));
}

}  // namespace
}  // namespace mex::api
