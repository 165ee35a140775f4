#include "api/http_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(HttpReplyTest, HeaderTextCannotEndTheHeader) {
  EXPECT_EQ(header_text("a\r\nb: c\x80"), "a??b: c?");
  EXPECT_EQ(header_text(std::string(5000, 'x')).size(), 1024U);
}

TEST(HttpReplyTest, ErrorsAreJsonWithTheStatusOfTheirCode) {
  const HttpReply reply = error_reply(absl::AlreadyExistsError("x"));
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(reply.content_type, kJson);
  EXPECT_EQ(reply.body, R"({"error":"x","message":"x","code":6})");
  EXPECT_THAT(reply.headers, IsEmpty());
}

TEST(HttpReplyTest, A401NamesTheScheme) {
  EXPECT_THAT(error_reply(absl::UnauthenticatedError("x")).headers,
              ElementsAre(Pair("WWW-Authenticate", "Bearer")));
}

TEST(HttpReplyTest, AFilesNameCannotEndTheHeader) {
  const HttpReply reply = file_reply("a\"; b\\\r\n.yaml", "application/yaml", "x: 1\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "application/yaml");
  EXPECT_EQ(reply.body, "x: 1\n");
  EXPECT_THAT(reply.headers,
              ElementsAre(Pair("Content-Disposition", R"(attachment; filename="a?; b???.yaml")")));
}

}  // namespace
}  // namespace mex::api
