#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api_server_fixture.h"

namespace mex::api {
namespace {

using ::testing::HasSubstr;

// Letter by letter from the user's document.
constexpr char kDocumented[] =
    R"({"message":"add","name":"test1","ports":[{"mexproto":"LProtoHTTP","external":"8888","internal":"8888","origin":"127.0.0.1:8888","path":"/hello"},{"mexproto":"LProtoTCP","external":"7777","origin":"127.0.0.1:777"},{"mexproto":"LProtoUDP","external":"6666","origin":"127.0.0.1:6666"}]})";

TEST_F(ApiServerTest, NginxVerbsAnswerAsDocumented) {
  EXPECT_EQ(post("/v1/nginx", R"({"message":"list"})").body, R"({"message":"list","status":"[]"})");
  EXPECT_EQ(post("/v1/nginx", R"({"message":"delete","name":"test1"})").body,
            R"({"message":"OK"})");
  const auto unknown = post("/v1/nginx", R"({"message":"restart"})");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body, HasSubstr("add, list or delete"));
  const auto refused = post("/v1/nginx", kDocumented);
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("there is no nginx on this machine"));
}

TEST_F(ApiServerTest, NginxKcpVerbsAnswerAsDocumented) {
  EXPECT_EQ(post("/v1/nginx-kcp", R"({"message":"list"})").body,
            R"({"message":"list","status":"[]"})");
  EXPECT_EQ(post("/v1/nginx-kcp", R"({"message":"delete","name":"x"})").body,
            R"({"message":"OK"})");
  EXPECT_EQ(post("/v1/nginx-kcp", R"({"message":"restart"})").status, 400);
}

}  // namespace
}  // namespace mex::api
