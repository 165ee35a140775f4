#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api_server_fixture.h"

namespace mex::api {
namespace {

using ::testing::HasSubstr;

TEST_F(ApiServerTest, WithoutAProviderNoNamesAreRegistered) {
  EXPECT_EQ(get("/v1/dns-records").body, "{}");
  for (const char* path : {"/v1/dns-records:withdraw", "/v1/dns-records:register"}) {
    const RawReply reply = post(path, "{}");
    EXPECT_EQ(reply.status, 400) << path;
    EXPECT_THAT(reply.body, HasSubstr("registers no names"));
  }
}

}  // namespace
}  // namespace mex::api
