#include "proxy/route/imagined_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"
#include "proxy/route/route_table.h"

namespace mex::proxy::route {
namespace {

using ::testing::HasSubstr;

RouteTable imagined_table() {
  const auto add = [](RouteTable& table, const char* host, const char* path, ActionSpec action,
                      const char* origin) {
    table = table.with(
        make_route(Rule{HostPattern::parse(host).value(), PathPattern::parse(path).value(), {}},
                   Action::create(std::move(action)).value(), origin, nullptr)
            .value());
  };
  RouteTable table;
  add(table, "", "/app/*rest", {}, "http://10.0.0.1:8080/base");
  ActionSpec redirect;
  redirect.redirect = RedirectSpec{308, "https://{host}{path}{query}"};
  add(table, "www.example.com", "/", redirect, "");
  ActionSpec answer;
  answer.answer = AnswerSpec{503};
  add(table, "", "/down", answer, "");
  return table;
}

TEST(ImaginedRequest, LeadsWhereARealOneWould) {
  const RouteTable table = imagined_table();
  const struct {
    ImaginedRequestSpec spec;
    Outcome outcome;
    int status;
    std::string url;
  } rows[] = {
      {{"", "/app/a//b?x=1", {}, false}, Outcome::Origin, 0, "http://10.0.0.1:8080/base/a//b?x=1"},
      {{"", "http://h/app", {}, false}, Outcome::Redirect, 301, "/app/"},
      {{"POST", "/app?x", {}, false}, Outcome::Redirect, 307, "/app/?x"},
      {{"", "https://WWW.example.com:8443/a?b", {}, false},
       Outcome::Redirect,
       308,
       "https://WWW.example.com/a?b"},
      {{"", "https://www.example.com", {}, false},
       Outcome::Redirect,
       308,
       "https://www.example.com/"},
      {{"", "https://www.example.com?q", {}, false},
       Outcome::Redirect,
       308,
       "https://www.example.com/?q"},
      {{"", "/down/now", {}, false}, Outcome::Answer, 503, ""},
      {{"", "/other", {}, false}, Outcome::Unserved, 404, ""},
  };
  for (const auto& row : rows) {
    const auto request = ImaginedRequest::create(row.spec);
    ASSERT_TRUE(request.ok()) << row.spec.url << ": " << request.status();
    const Destination destination = (*request)->destination(table.match((*request)->routed()));
    EXPECT_EQ(destination.outcome, row.outcome) << row.spec.url;
    EXPECT_EQ(destination.status, row.status) << row.spec.url;
    EXPECT_EQ(destination.url, row.url);
  }
}

TEST(ImaginedRequest, WhatIsNoRequestIsRefused) {
  const struct {
    ImaginedRequestSpec spec;
    std::string field;
    std::string reason;
  } rows[] = {
      {{"get", "/", {}, false}, "method", "capital"},
      {{"", "", {}, false}, "url", "must begin with"},
      {{"", "www.example.com/", {}, false}, "url", "must begin with"},
      {{"", "/a b", {}, false}, "url", "white space"},
      {{"", "/a\r\nX: y", {}, false}, "url", "white space"},
      {{"", "/a%5cb", {}, false}, "url", "backslash"},
      {{"", "/../x", {}, false}, "url", "above"},
      {{"", "http://a@b/", {}, false}, "url", "no request"},
      {{"", "/", {{"Host", "x"}}, false}, "headers[0].name", "other than Host"},
      {{"", "/", {{"a b", "x"}}, false}, "headers[0].name", "name of a header"},
      {{"", "/", {{"a", "x\r\nb: c"}}, false}, "headers[0].value", "control"},
      {{"", "/", {{"Content-Length", "x"}}, false}, "url", "no request"},
  };
  for (const auto& row : rows) {
    const auto request = ImaginedRequest::create(row.spec);
    ASSERT_FALSE(request.ok()) << row.spec.url;
    EXPECT_EQ(base::detail_of(request.status()).field, row.field) << request.status();
    EXPECT_THAT(std::string(base::message_of(request.status())), HasSubstr(row.reason));
  }
}

}  // namespace
}  // namespace mex::proxy::route
