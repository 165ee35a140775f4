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
  RawReply patch(std::string_view path, std::string_view body) {
    return request(server_->rest_address(), "PATCH", path, body);
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

TEST_F(ProxyApiTest, AChangeMayNameItsFields) {
  const RawReply made =
      post("/v1/proxies",
           R"({"name":"shop","host":"example.com","path":"/shop","methods":["GET","PUT"],)"
           R"("origin":"http://10.0.0.1","request_headers":{"remove":["Cookie"],)"
           R"("set":[{"name":"X-A","value":"1"}]}})");
  ASSERT_EQ(made.status, 200) << made.body;
  // Without a mask: what is given. Lists are replaced whole, what is in objects one by one.
  RawReply changed = patch("/v1/proxies/shop", R"({"origin":"http://10.0.0.2","methods":["POST"],)"
                                               R"("request_headers":{"remove":["X-B"]}})");
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_THAT(changed.body,
              AllOf(HasSubstr(R"("origin":"http://10.0.0.2")"), HasSubstr(R"("methods":["POST"])"),
                    HasSubstr(R"("host":"example.com")"), HasSubstr(R"("remove":["X-B"])"),
                    HasSubstr(R"("name":"X-A")")));
  EXPECT_THAT(changed.body, Not(HasSubstr("Cookie")));
  // null removes.
  changed = patch("/v1/proxies/shop", R"({"methods":null,"request_headers":null})");
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_THAT(changed.body, AllOf(Not(HasSubstr("methods")), Not(HasSubstr("request_headers"))));
  // With a mask: what it names, and nothing else of what is given.
  changed = patch("/v1/proxies/shop?update_mask=origin,host",
                  R"({"origin":"http://10.0.0.3","path":"/other"})");
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_THAT(changed.body, AllOf(HasSubstr("10.0.0.3"), HasSubstr(R"("path":"/shop")"),
                                  Not(HasSubstr("example.com"))));
  // Another kind of action.
  changed = patch("/v1/proxies/shop", R"({"origin":null,"answer":{"status":403}})");
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_THAT(changed.body, AllOf(HasSubstr(R"("status":403)"), Not(HasSubstr("10.0.0.3"))));
  // Nothing asked for, nothing changed.
  EXPECT_EQ(patch("/v1/proxies/shop", "{}").body, changed.body);
  EXPECT_EQ(patch("/v1/proxies/shop", "").body, changed.body);
  EXPECT_EQ(get("/v1/proxies/shop").body, changed.body);
}

TEST_F(ProxyApiTest, AChangeThatCannotBeMadeChangesNothing) {
  const RawReply made =
      post("/v1/proxies", R"({"name":"shop","path":"/shop","origin":"http://10.0.0.1"})");
  ASSERT_EQ(made.status, 200) << made.body;
  struct Case {
    const char* query;
    const char* body;
    int status;
    const char* words;
  };
  const Case kCases[] = {
      {"", R"({"orign":"http://10.0.0.2"})", 400, "did you mean"},
      {"?update_mask=orign", R"({"origin":"http://10.0.0.2"})", 400, "update_mask"},
      {"?update_mask=origin.host", "{}", 400, "update_mask"},
      {"?update_mask=answer.", "{}", 400, "update_mask"},
      {"?update_mask=origin,,host", "{}", 400, "update_mask"},
      {"?update_mask=origin&update_mask=", "{}", 400, ""},
      {"", R"({"redirect":{"location":"/x"}})", 400, "origin"},
      {"", R"({"origin":null})", 400, "origin"},
      {"", R"({"name":"other"})", 400, "proxy.name"},
      {"", R"({"path":"none"})", 400, "proxy.path"},
      {"", R"({"etag":"0","origin":"http://10.0.0.2"})", 409, "is at etag"},
      {"", "[]", 400, ""},
  };
  for (const Case& each : kCases) {
    const RawReply reply = patch(std::string("/v1/proxies/shop") + each.query, each.body);
    EXPECT_EQ(reply.status, each.status) << each.query << each.body << reply.body;
    EXPECT_THAT(reply.body, HasSubstr(each.words));
  }
  EXPECT_EQ(get("/v1/proxies/shop").body, made.body);
  EXPECT_EQ(patch("/v1/proxies/none", R"({"origin":"http://10.0.0.2"})").status, 404);
}

TEST_F(ProxyApiTest, ARouteThatHasOnlyAPathIsChangedByThat) {
  ASSERT_EQ(post("/v1/proxies", R"({"path":"/shop","origin":"http://10.0.0.1"})").status, 200);
  const RawReply changed = patch("/v1/proxies/shop", R"({"origin":"http://10.0.0.2"})");
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_THAT(changed.body, AllOf(HasSubstr("10.0.0.2"), Not(HasSubstr("\"name\""))));
}

TEST_F(ProxyApiTest, HeadersSayWhatMustHold) {
  const std::string body = R"({"path":"/shop","origin":"http://10.0.0.1"})";
  const auto ask = [&](const char* method, const char* headers, std::string_view text) {
    return request(server_->rest_address(), method, "/v1/proxies/shop", text, headers);
  };
  EXPECT_EQ(ask("PUT", "If-Match: *\r\n", body).status, 412) << "there is none";
  EXPECT_EQ(ask("PATCH", "If-Match: *\r\n", body).status, 404);
  EXPECT_EQ(ask("DELETE", "If-Match: *\r\n", "").status, 404);
  const RawReply made = ask("PUT", "If-None-Match: *\r\n", body);
  ASSERT_EQ(made.status, 200) << made.body;
  const std::string etag = "\"" + etag_of(made) + "\"";
  EXPECT_THAT(made.head, HasSubstr("ETag: " + etag + "\r\n"));
  EXPECT_THAT(get("/v1/proxies/shop").head, HasSubstr("ETag: " + etag + "\r\n"));
  EXPECT_THAT(get("/v1/proxies").head, Not(HasSubstr("ETag")));
  const RawReply late = ask("PUT", "If-None-Match: *\r\n", body);
  EXPECT_EQ(late.status, 412);
  EXPECT_THAT(late.body, HasSubstr("there is a route"));
  for (const char* method : {"PUT", "PATCH", "DELETE"}) {
    const RawReply stale = ask(method, "If-Match: \"0\"\r\n", *method == 'D' ? "" : body);
    EXPECT_EQ(stale.status, 412) << method;
    EXPECT_THAT(stale.body, HasSubstr("is at etag"));
    EXPECT_EQ(
        ask(method, ("If-Match: W/" + etag + "\r\n").c_str(), *method == 'D' ? "" : body).status,
        412);
    EXPECT_EQ(ask(method, "If-Match: 5\r\n", *method == 'D' ? "" : body).status, 400);
  }
  const RawReply next = ask("PATCH", ("If-Match: \"0\", " + etag + "\r\n").c_str(),
                            R"({"origin":"http://10.0.0.2"})");
  ASSERT_EQ(next.status, 200) << next.body;
  EXPECT_EQ(ask("PUT", "If-Match: *\r\n", body).status, 200);
  EXPECT_EQ(
      ask("PUT", "If-Match: \"7\"\r\n", R"({"etag":"8","path":"/shop","origin":"http://10.0.0.1"})")
          .status,
      400);
  EXPECT_EQ(ask("DELETE", "If-Match: *\r\n", "").status, 200);
  // What has no etags cannot be compared with one.
  EXPECT_EQ(request(server_->rest_address(), "POST", "/v1/proxies", body, "If-Match: *\r\n").status,
            412);
}

TEST_F(ProxyApiTest, WrongPathsAndMethodsAreSaidInJson) {
  const RawReply nowhere = get("/v1/proxies/a/b");
  EXPECT_EQ(nowhere.status, 404);
  EXPECT_THAT(nowhere.head, HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(nowhere.body, HasSubstr("no such path"));
  const RawReply method = request(server_->rest_address(), "POST", "/v1/proxies/shop", "{}");
  EXPECT_EQ(method.status, 405);
  EXPECT_THAT(method.head, HasSubstr("Content-Type: application/json"));
  for (const char* each : {"GET", "HEAD", "PUT", "PATCH", "DELETE"}) {
    EXPECT_THAT(method.head.substr(method.head.find("Allow: ")), HasSubstr(each));
  }
  EXPECT_EQ(get("/v1/proxies:none").status, 404);
  EXPECT_THAT(get("/v1/proxies:none").body, HasSubstr("\"code\":5"));
}

TEST_F(ProxyApiTest, APageTokenIsOneThatAPageHasGiven) {
  for (const char* path : {"/a", "/b", "/c"}) {
    ASSERT_EQ(
        post("/v1/proxies", std::string(R"({"path":")") + path + R"(","origin":"http://10.0.0.1"})")
            .status,
        200);
  }
  const std::string first = get("/v1/proxies?page_size=1").body;
  const std::size_t at = first.find("next_page_token\":\"") + 18;
  const std::string token = first.substr(at, first.find('"', at) - at);
  ASSERT_EQ(remove("/v1/proxies/a").status, 200);
  EXPECT_THAT(get("/v1/proxies?page_token=" + token).body,
              AllOf(HasSubstr("\"/b\""), HasSubstr("\"/c\"")));
  for (const char* text : {"1", "/a", "L2E=", "YQ", "L2F", "Zm9vYmFy", "%ff"}) {
    const RawReply refused = get(std::string("/v1/proxies?page_token=") + text);
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr(R"("field":"page_token")"));
  }
}

}  // namespace
}  // namespace mex::api
