// Routes with several origins over REST: real sockets, a real store, no proxy port.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api/api_server_fixture.h"

namespace mex::api {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ProxyOriginsApiTest : public ApiServerTest {
 protected:
  RawReply put(std::string_view path, std::string_view body) {
    return request(server_->rest_address(), "PUT", path, body);
  }
};

TEST_F(ProxyOriginsApiTest, ASetIsShownWithItsDefaultsAndItsState) {
  const RawReply made =
      put("/v1/proxies/web",
          R"({"path":"/web","origins":[)"
          R"({"url":"http://10.0.0.1","weight":3},)"
          R"({"url":"http://10.0.0.2"}],)"
          R"("balance":{"policy":"STICKY","slow_start":"30s"},)"
          R"("health_check":{"type":"HTTP","path":"/up","interval":"0.5s","timeout":"0.25s"}})");
  EXPECT_EQ(made.status, 200) << made.body;
  EXPECT_THAT(made.body,
              AllOf(HasSubstr(R"("origin":"http://10.0.0.1")"), HasSubstr(R"("weight":3)"),
                    HasSubstr(R"("weight":1)"), HasSubstr(R"("state":"HEALTHY")"),
                    HasSubstr(R"("policy":"STICKY")"), HasSubstr(R"("slow_start":"30s")"),
                    HasSubstr(R"("panic_percent":20)"), HasSubstr(R"("cookie":"mex_origin")"),
                    HasSubstr(R"("interval":"0.500s")"), HasSubstr(R"("consecutive_failures":3)")));
  EXPECT_EQ(get("/v1/proxies/web").body, made.body);
  // What was read can be written back, and the ids stay.
  const RawReply again = put("/v1/proxies/web", made.body);
  EXPECT_EQ(again.status, 200) << again.body;
  const auto ids = [](const std::string& body) {
    std::string all;
    for (std::size_t at = body.find(R"("id":")"); at != body.npos;
         at = body.find(R"("id":")", at + 1)) {
      all += body.substr(at + 6, 12);
    }
    return all;
  };
  EXPECT_EQ(ids(made.body).size(), 24U);
  EXPECT_EQ(ids(again.body), ids(made.body));
}

TEST_F(ProxyOriginsApiTest, ARouteWithOneOriginShowsNothingOfIt) {
  const RawReply made = put("/v1/proxies/web", R"({"path":"/web","origin":"http://10.0.0.1"})");
  EXPECT_THAT(made.body, AllOf(Not(HasSubstr("origins")), Not(HasSubstr("balance"))));
}

TEST_F(ProxyOriginsApiTest, ZeroIsAValueWhereItMeansSomething) {
  const RawReply made =
      put("/v1/proxies/web", R"({"path":"/web","origins":[{"url":"http://10.0.0.1"},)"
                             R"({"url":"http://10.0.0.2","weight":0}],)"
                             R"("retry":{"attempts":0},"ejection":{"consecutive_5xx":0}})");
  EXPECT_THAT(made.body, AllOf(HasSubstr(R"("weight":0)"), HasSubstr(R"("attempts":0)"),
                               HasSubstr(R"("consecutive_5xx":0)")));
}

TEST_F(ProxyOriginsApiTest, ErrorsNameTheField) {
  const auto refused = [this](const std::string& more) {
    const RawReply reply = put(
        "/v1/proxies/web", R"({"path":"/web","origins":[{"url":"http://10.0.0.1"}],)" + more + "}");
    EXPECT_EQ(reply.status, 400) << reply.body;
    return reply.body;
  };
  EXPECT_THAT(refused(R"("balance":{"policy":"FASTEST"})"), HasSubstr("FASTEST"));
  EXPECT_THAT(refused(R"("health_check":{"path":"up"})"), HasSubstr("proxy.health_check.path"));
  EXPECT_THAT(refused(R"("health_check":{"interval":"0.01s"})"),
              HasSubstr("proxy.health_check.interval: must be 100ms to 3600s"));
  EXPECT_THAT(refused(R"("retry":{"attempts":11})"), HasSubstr("proxy.retry.attempts"));
}

}  // namespace
}  // namespace mex::api
