// What callers send otherwise than it is documented: taken where it can only mean one thing,
// refused with what was probably meant where it cannot.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api/api_server_fixture.h"

namespace mex::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RestInputTest : public ApiServerTest {
 protected:
  RawReply put(std::string_view path, std::string_view body) {
    return request(server_->rest_address(), "PUT", path, body, "");
  }
};

// The answer was 200 and the port was open to everybody.
TEST_F(RestInputTest, AMisspeltAllowListIsRefusedAndNothingIsMade) {
  const RawReply refused = put(
      "/v1/nginx-proxies/x",
      R"({"ports":[{"external":8443,"alowed":["10.0.0.0/8"],"origins":[{"address":"127.0.0.1:80"}]}]})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("nginx_proxy.ports[0].alowed: unknown field"));
  EXPECT_THAT(refused.body, HasSubstr(R"("field":"nginx_proxy.ports[0].alowed")"));
  EXPECT_THAT(refused.body, HasSubstr(R"("code":3)"));
  EXPECT_EQ(get("/v1/nginx-proxies").body, "{}");
}

TEST_F(RestInputTest, UnknownNamesOfResourcesAreRefused) {
  const struct {
    const char* method;
    const char* target;
    const char* body;
    const char* message;
  } cases[] = {
      {"POST", "/v1/flavors", R"({"name":"e","master":{"count":1}})",
       R"(flavor.master: unknown field, did you mean \"masters\"?)"},
      {"PUT", "/v1/flavors/e", R"({"worker_pools":[{"name":"w","label":{"a":"b"}}]})",
       R"(flavor.worker_pools[0].label: unknown field, did you mean \"labels\"?)"},
      {"PUT", "/v1/nginx-users/ann", R"({"passwort":"a long password"})",
       R"(passwort: unknown field, did you mean \"password\"?)"},
      {"PUT", "/v1/nginx-users/ann", R"({"password":"a long password","password":"another one"})",
       "password: is given twice"},
      {"GET", "/v1/operations?page_sise=5", "", R"(did you mean \"page_size\"?)"},
      {"GET", "/v1/operations?pageSize=5", "", R"(did you mean \"page_size\"?)"},
      {"GET", "/v1/operations?page_size=5&page_size=6", "", "page_size: is given twice"},
      {"GET", "/v1/events?typ=WARNING", "", R"(did you mean \"type\"?)"},
      {"GET", "/v1/events?type=WARNINGS", "", R"(did you mean \"WARNING\"?)"},
      {"POST", "/v1/operations/x:cancel?force=1", "{}", "takes everything in its body"},
  };
  for (const auto& row : cases) {
    const RawReply reply = request(server_->rest_address(), row.method, row.target, row.body, "");
    EXPECT_EQ(reply.status, 400) << row.target;
    EXPECT_THAT(reply.body, HasSubstr(row.message)) << row.target;
  }
  EXPECT_EQ(get("/v1/nginx-users").body, "{}");
}

TEST_F(RestInputTest, TheFirstApiGoesOnIgnoringWhatItDoesNotKnow) {
  const RawReply reply = post("/v1/proxy?x=1", R"({"message":"list","mesage":"x","a":{"b":1}})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.head, HasSubstr("X-Mex-Unknown-Fields: mesage, a"));
}

TEST_F(RestInputTest, ContentTypesMeanNothing) {
  for (const char* type :
       {"", "Content-Type: application/x-www-form-urlencoded\r\n", "Content-Type: text/plain\r\n",
        "Content-Type: application/json; charset=utf-8\r\n", "Content-Type: a\r\n",
        "Content-Type: \r\n"}) {
    EXPECT_EQ(post("/v1/proxy", R"({"message":"list"})", type).status, 200) << type;
    EXPECT_EQ(request(server_->rest_address(), "PUT", "/v1/nginx-users/ann",
                      R"({"password":"a long password"})", type)
                  .status,
              200)
        << type;
  }
}

TEST_F(RestInputTest, AByteOrderMarkBeforeTheBodyIsPassedOver) {
  EXPECT_EQ(post("/v1/proxy", "\xEF\xBB\xBF{\"message\":\"list\"}").status, 200);
}

TEST_F(RestInputTest, CompressedBodiesAreRefusedWithWhatIsTaken) {
  for (const char* coding : {"gzip", "GZIP", "br", "identity, gzip", "gzip, identity", "x\"y"}) {
    const RawReply refused =
        post("/v1/proxy", "\x1F\x8B\x08", std::string("Content-Encoding: ") + coding + "\r\n");
    EXPECT_EQ(refused.status, 415) << coding;
    EXPECT_THAT(refused.head, HasSubstr("Accept-Encoding: identity")) << coding;
    EXPECT_THAT(refused.body, HasSubstr("not compressed")) << coding;
  }
  EXPECT_EQ(post("/v1/proxy", "x", "Content-Encoding: identity\r\nContent-Encoding: br\r\n").status,
            415);
  for (const char* coding : {"identity", "", "Identity", " , identity"}) {
    EXPECT_EQ(post("/v1/proxy", R"({"message":"list"})",
                   std::string("Content-Encoding: ") + coding + "\r\n")
                  .status,
              200)
        << coding;
  }
  EXPECT_THAT(post("/v1/proxy", "\x1F\x8B\x08").body, HasSubstr("looks like gzip"));
}

TEST_F(RestInputTest, ASlashBehindThePathIsNoOtherPath) {
  EXPECT_EQ(post("/v1/proxy/", R"({"message":"list"})").body,
            R"({"message":"list","status":"map[]"})");
  EXPECT_EQ(get("/v1/flavors/").body, get("/v1/flavors").body);
  EXPECT_EQ(get("/v1/nginx-users/?").status, 200);
  EXPECT_THAT(get("/v1/provision/").head, HasSubstr("Allow: POST"));
  for (const char* other : {"/v1/proxy//", "/v1/nothing/", "//", "/v1/", "/v1//proxy/"}) {
    EXPECT_EQ(get(other).status, 404) << other;
  }
}

TEST_F(RestInputTest, LocalhostIsThisMachineHoweverItIsWritten) {
  const auto status_for = [this](const std::string& host) {
    return exchange_bytes(server_->rest_address(), "GET /v1/flavors HTTP/1.1\r\nHost: " + host +
                                                       "\r\nConnection: close\r\n\r\n")
        .status;
  };
  for (const char* host : {"localhost.", "localhost.:18889", "LocalHost.", "a.localhost."}) {
    EXPECT_EQ(status_for(host), 200) << host;
  }
  for (const char* host : {"localhost..", "localhost.evil.example.", "."}) {
    EXPECT_NE(status_for(host), 200) << host;
  }
}

}  // namespace
}  // namespace mex::api
