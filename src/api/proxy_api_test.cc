// Routes of the reverse proxy over REST: real sockets, a real store, no proxy port.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "api/api_server_fixture.h"

namespace mex::api {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ProxyApiTest : public ApiServerTest {
 protected:
  RawReply put(std::string_view path, std::string_view body) {
    return request(server_->rest_address(), "PUT", path, body);
  }
  RawReply remove(std::string_view path) {
    return request(server_->rest_address(), "DELETE", path, "");
  }
  static std::string etag_of(const RawReply& reply) {
    const std::string name = R"("etag":")";
    const std::size_t at = reply.body.find(name) + name.size();
    return reply.body.substr(at, reply.body.find('"', at) - at);
  }
};

TEST_F(ProxyApiTest, ARouteLivesFromPostToDelete) {
  const RawReply made =
      post("/v1/proxies", R"({"name":"shop","host":"*.example.com","path":"/shop",)"
                          R"("methods":["GET"],"headers":[{"name":"X-Beta","value":"1"}],)"
                          R"("query":[{"name":"v","test":"PRESENT"}],)"
                          R"("origin":"http://10.0.0.1:8080"})");
  EXPECT_EQ(made.status, 200) << made.body;
  EXPECT_THAT(made.body,
              AllOf(HasSubstr(R"("host":"*.example.com")"), HasSubstr(R"("methods":["GET"])"),
                    HasSubstr(R"({"name":"X-Beta","test":"EXACT","value":"1"})"),
                    HasSubstr(R"({"name":"v","test":"PRESENT"})")));
  EXPECT_EQ(get("/v1/proxies/shop").body, made.body);
  // What was read can be written back once.
  EXPECT_EQ(put("/v1/proxies/shop", made.body).status, 200);
  const RawReply changed =
      put("/v1/proxies/shop", R"({"path":"/shop","origin":"http://10.0.0.2"})");
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_THAT(changed.body, Not(HasSubstr("example.com")));
  const RawReply late = put("/v1/proxies/shop", made.body);
  EXPECT_EQ(late.status, 409);
  EXPECT_THAT(late.body, HasSubstr("is at etag " + etag_of(changed)));
  EXPECT_EQ(remove("/v1/proxies/shop?etag=0").status, 409);
  EXPECT_EQ(remove("/v1/proxies/shop?etag=" + etag_of(changed)).status, 200);
  EXPECT_EQ(remove("/v1/proxies/shop").status, 404);
}

TEST_F(ProxyApiTest, RedirectsAnswersAndHeadersAreKeptAsTheyWereGiven) {
  const RawReply redirect =
      post("/v1/proxies", R"({"name":"to-https","host":"example.com","path":"/",)"
                          R"("redirect":{"status":308,"location":"https://{host}{path}{query}"},)"
                          R"("response_headers":{"set":[{"name":"X-A","value":"1"}],)"
                          R"("remove":["Server"]}})");
  EXPECT_EQ(redirect.status, 200) << redirect.body;
  EXPECT_THAT(redirect.body, AllOf(HasSubstr(R"("status":308)"),
                                   HasSubstr(R"("location":"https://{host}{path}{query}")"),
                                   HasSubstr(R"("set":[{"name":"X-A","value":"1"}])"),
                                   HasSubstr(R"("remove":["Server"])"), Not(HasSubstr("origin"))));
  const RawReply answer =
      put("/v1/proxies/down", R"({"path":"/down","answer":{"status":503,"body":"later"}})");
  EXPECT_THAT(answer.body, HasSubstr(R"("answer":{"status":503,"body":"later"})"));
  start({.token = base::Secret(kToken)});
  EXPECT_EQ(get("/v1/proxies/to-https").body, redirect.body);
  EXPECT_EQ(get("/v1/proxies/down").body, answer.body);
}

TEST_F(ProxyApiTest, ARegularExpressionIsKeptWithItsRewrite) {
  const RawReply made =
      post("/v1/proxies", R"json({"name":"v","path":"/v([0-9]+)/(.*)","path_type":"REGEX",)json"
                          R"json("path_rewrite":"/\\2","origin":"http://10.0.0.1"})json");
  EXPECT_EQ(made.status, 200) << made.body;
  EXPECT_THAT(made.body, AllOf(HasSubstr(R"("path_type":"REGEX")"),
                               HasSubstr(R"json("path_rewrite":"/\\2")json")));
  EXPECT_THAT(post("/v1/proxies:resolve", R"({"url":"/v7/a/b"})").body,
              HasSubstr(R"("url":"http://10.0.0.1:80/a/b")"));
  start({.token = base::Secret(kToken)});
  EXPECT_EQ(get("/v1/proxies/v").body, made.body);
}

TEST_F(ProxyApiTest, RefusalsNameTheField) {
  post("/v1/proxies", R"({"name":"first","path":"/a","origin":"http://10.0.0.1",)"
                      R"("headers":[{"name":"X","value":"1"}]})");
  const struct {
    const char* body;
    int status;
    const char* text;
  } rows[] = {
      {"", 400, "proxy.path: must not be empty"},
      {R"({"name":"a","path":"x"})", 400, "proxy.path: "},
      {R"({"name":"a","path":"/x"})", 400, "proxy.origin: must start with http:// or https://"},
      {R"({"name":"a","path":"/x","origin":"http://h","hots":"a"})", 400,
       R"(proxy.hots: unknown field, did you mean \"host\"?)"},
      {R"({"name":"a","path":"/x","origin":"http://h","headers":[{"nmae":"a"}]})", 400,
       "proxy.headers[0].nmae: unknown field"},
      {R"({"name":"a","path":"/x","origin":"http://h","host":"*"})", 400, "proxy.host: "},
      {R"({"name":"a","path":"/x","origin":"http://h","path_type":"REGEXP"})", 400,
       "proxy.path_type"},
      {R"({"name":"a","path":"/x","origin":"http://h","path_type":7})", 400, "proxy.path_type"},
      {R"({"name":"a","path":"/(x","path_type":"REGEX","origin":"http://h"})", 400,
       "proxy.path: is no regular expression of RE2"},
      {R"({"path":"/x","path_type":"REGEX","origin":"http://h"})", 400,
       "proxy.name: must be given"},
      {R"({"name":"a","path":"/x","path_rewrite":"/y","origin":"http://h"})", 400,
       "proxy.path_rewrite: must be left out without a REGEX"},
      {R"({"name":"a","path":"/x","path_type":"REGEX","path_rewrite":"/\\1","origin":"http://h"})",
       400, "proxy.path_rewrite: "},
      {R"({"name":"a","path":"/x","origin":"http://h","methods":["get"]})", 400,
       "proxy.methods[0]: must be a method in capital letters"},
      {R"({"name":"a","path":"/x","origin":"http://h","headers":[{"name":"X","test":"REGEX"}]})",
       400, "proxy.headers[0].test"},
      {R"({"name":"a","path":"/x","origin":"http://h","headers":[{"name":"X","test":9}]})", 400,
       "proxy.headers[0].test"},
      {R"({"name":"a","path":"/x","origin":"http://h","query":[{"name":""}]})", 400,
       "proxy.query[0].name"},
      {R"({"name":"a","path":"/x","origin":"http://h","answer":{}})", 400, "proxy.origin: must be"},
      {R"({"name":"a","path":"/x","redirect":{}})", 400, "proxy.redirect.location: must not be"},
      {R"({"name":"a","path":"/x","redirect":{"status":200,"location":"/"}})", 400,
       "proxy.redirect.status: must be 301"},
      {R"({"name":"a","path":"/x","answer":{"status":99}})", 400, "proxy.answer.status: "},
      {R"({"name":"a","path":"/x","origin":"http://h",)"
       R"("request_headers":{"set":[{"name":"Connection","value":"x"}]}})",
       400, "proxy.request_headers.set[0].name: "},
      {R"({"name":"a/b","path":"/x","origin":"http://h"})", 400, "proxy.name: must be 1 to 100"},
      {R"({"path":"/x","origin":"http://h","host":"h"})", 400, "proxy.name: must be given"},
      {R"({"name":"a","path":"/x","origin":"http://h","etag":"1"})", 400, "proxy.etag: "},
      {R"({"name":"first","path":"/x","origin":"http://h"})", 409, "proxy.name: "},
      {R"({"name":"a","path":"/a","origin":"http://h","headers":[{"name":"Y","value":"1"}]})", 409,
       R"(covers the same requests as \"first\")"},
  };
  for (const auto& row : rows) {
    const RawReply reply = post("/v1/proxies", row.body);
    EXPECT_EQ(reply.status, row.status) << row.body << reply.body;
    EXPECT_THAT(reply.body, HasSubstr(row.text)) << row.body;
  }
  EXPECT_THAT(get("/v1/proxies").body, Not(HasSubstr(R"("name":"a")")));
}

TEST_F(ProxyApiTest, ListsComeInPages) {
  std::string set = R"({"proxies":[)";
  for (int i = 0; i < 250; ++i) {
    set += (i == 0 ? "" : ",") + std::string(R"({"path":"/p)") + std::to_string(1000 + i) +
           R"(","origin":"http://10.0.0.1"})";
  }
  set += "]}";
  EXPECT_EQ(post("/v1/proxies:apply", set).body, R"({"created":"250"})");
  EXPECT_EQ(post("/v1/proxies:apply", set).body, R"({"unchanged":"250"})");
  const RawReply first = get("/v1/proxies");
  EXPECT_THAT(first.body, HasSubstr(R"("next_page_token":"L3AxMDk5"})"));
  const RawReply last = get("/v1/proxies?page_size=1000&page_token=L3AxMjQ3");
  EXPECT_THAT(last.body, AllOf(HasSubstr("/p1248"), HasSubstr("/p1249"), Not(HasSubstr("/p1247\"")),
                               Not(HasSubstr("next_page_token"))));
  EXPECT_EQ(get("/v1/proxies?page_token=%2520").status, 400);
  EXPECT_EQ(get("/v1/proxies?page_size=-1").status, 400);
}

TEST_F(ProxyApiTest, ASetWithOneBadRouteChangesNothing) {
  post("/v1/proxies", R"({"name":"keep","path":"/keep","origin":"http://10.0.0.1"})");
  const RawReply bad =
      post("/v1/proxies:apply",
           R"({"proxies":[{"path":"/x","origin":"http://10.0.0.1"},)"
           R"({"path":"/y","origin":"http://10.0.0.1","headers":[{"name":"X","value":"\n"}]}],)"
           R"("delete_others":true})");
  EXPECT_EQ(bad.status, 400);
  EXPECT_THAT(bad.body, AllOf(HasSubstr(R"("field":"proxies[1].headers[0].value")"),
                              HasSubstr("proxies[1].headers[0].value: must have no control")));
  EXPECT_EQ(get("/v1/proxies/x").status, 404);
  EXPECT_EQ(get("/v1/proxies/keep").status, 200);
  EXPECT_EQ(post("/v1/proxies:apply",
                 R"({"proxies":[{"path":"/x","origin":"http://10.0.0.1"}],"delete_others":true})")
                .body,
            R"({"created":"1","deleted":"1"})");
  EXPECT_EQ(get("/v1/proxies/keep").status, 404);
}

TEST_F(ProxyApiTest, ARequestIsResolvedWithoutBeingSent) {
  post(
      "/v1/proxies:apply",
      R"({"proxies":[{"path":"/shop","origin":"http://10.0.0.1/base"},)"
      R"({"name":"post","path":"/shop","methods":["POST"],"origin":"http://10.0.0.2"},)"
      R"({"name":"www","path":"/","host":"www.example.com","redirect":{"location":"/x{path}"}}]})");
  const RawReply origin = post("/v1/proxies:resolve", R"({"url":"https://a.example/shop/1?q=2"})");
  EXPECT_THAT(
      origin.body,
      AllOf(HasSubstr(R"("outcome":"ORIGIN")"),
            HasSubstr(R"("url":"http://10.0.0.1:80/base/1?q=2")"),
            HasSubstr(R"({"name":"post","path":"/shop","reason":"the method is not POST"})")));
  EXPECT_THAT(post("/v1/proxies:resolve", R"({"url":"http://www.example.com/shop"})").body,
              AllOf(HasSubstr(R"("outcome":"REDIRECT","status":302,"url":"/x/shop")"),
                    HasSubstr("a more specific route serves it")));
  EXPECT_EQ(post("/v1/proxies:resolve", R"({"url":"/nothing"})").body,
            R"({"outcome":"UNSERVED","status":404})");
  const RawReply bad = post("/v1/proxies:resolve", R"({"url":"shop"})");
  EXPECT_EQ(bad.status, 400);
  EXPECT_THAT(bad.body, HasSubstr("url: must begin with"));
}

TEST_F(ProxyApiTest, TheFirstCallListsWhatItCanSayAndNamesTheRest) {
  post("/v1/proxy", R"({"message":"add","proxies":[{"path":"/a","origin":"http://10.0.0.1"}]})");
  EXPECT_THAT(post("/v1/proxy", R"({"message":"list"})").head, Not(HasSubstr("X-Mex-Notice")));
  post("/v1/proxies", R"({"name":"h","path":"/b","host":"h","origin":"http://10.0.0.1"})");
  post("/v1/proxies", R"({"path":"/c","answer":{}})");
  const RawReply list = post("/v1/proxy", R"({"message":"list"})");
  EXPECT_EQ(list.body, R"({"message":"list","status":"map[/a:http://10.0.0.1]"})");
  EXPECT_THAT(list.head, HasSubstr("2 more with a host, conditions or without an origin"));
  EXPECT_THAT(post("/v1/status", "{}").body, Not(HasSubstr(R"("path":"/b")")));
  // A path of the first call is the route for any host.
  post("/v1/proxy", R"({"message":"delete","proxies":[{"path":"/b"},{"path":"/c"}]})");
  EXPECT_EQ(get("/v1/proxies/h").status, 200);
  EXPECT_EQ(get("/v1/proxies/c").status, 404);
}

}  // namespace
}  // namespace mex::api
