#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api_server_fixture.h"

namespace mex::api {
namespace {

using ::testing::HasSubstr;

TEST_F(ApiServerTest, NginxUsersArePutListedAndDeleted) {
  const auto put = [&](std::string_view path, std::string_view body) {
    return request(server_->rest_address(), "PUT", path, body, "");
  };
  EXPECT_EQ(put("/v1/nginx-users/ann", R"({"password":"a long password"})").body,
            R"({"name":"ann"})");
  EXPECT_EQ(get("/v1/nginx-users").body, R"({"users":[{"name":"ann"}]})");
  const RawReply refused = put("/v1/nginx-users/bob", R"({"password":"short"})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("8 to 72 bytes"));
  EXPECT_EQ(request(server_->rest_address(), "DELETE", "/v1/nginx-users/ann", "", "").status, 200);
  EXPECT_EQ(request(server_->rest_address(), "DELETE", "/v1/nginx-users/ann", "", "").status, 404);
}

TEST_F(ApiServerTest, NginxProxiesThatAreNotThere) {
  EXPECT_EQ(get("/v1/nginx-proxies").body, "{}");
  EXPECT_EQ(get("/v1/nginx-proxies/a").status, 404);
  EXPECT_EQ(request(server_->rest_address(), "DELETE", "/v1/nginx-proxies/a", "", "").status, 404);
  const RawReply other =
      request(server_->rest_address(), "PUT", "/v1/nginx-proxies/a", R"({"name":"b"})", "");
  EXPECT_EQ(other.status, 400);
  EXPECT_THAT(other.body, HasSubstr("is a in the path"));
}

}  // namespace
}  // namespace mex::api
