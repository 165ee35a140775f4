#include "proxy/route/action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/status.h"

namespace mex::proxy::route {
namespace {

using ::testing::HasSubstr;

TEST(Action, IsTheOriginWithNothingChangedUnlessSomethingIsSaid) {
  const Action action = Action::create({}).value();
  EXPECT_TRUE(action.leads_to_origin());
  EXPECT_TRUE(action.request_headers().is_empty());
  EXPECT_FALSE(action.request_headers().drops("X"));
}

TEST(Action, ARedirectOrAnAnswerIsInThePlaceOfAnOrigin) {
  ActionSpec redirect;
  redirect.redirect = RedirectSpec{308, "https://{host}{path}"};
  EXPECT_FALSE(Action::create(redirect)->leads_to_origin());
  EXPECT_EQ(Action::create(redirect)->redirect()->status, 308);
  ActionSpec answer;
  answer.answer = AnswerSpec{503, "later\n"};
  EXPECT_EQ(Action::create(answer)->answer()->content_type, "text/plain; charset=utf-8");
}

TEST(Action, HeadersThatAreSetReplaceAndOthersAreBeside) {
  HeaderChangeSpec spec;
  spec.set = {{"X-Frame-Options", "DENY"}};
  spec.add = {{"Set-Cookie", "a=1"}};
  spec.remove = {"Server"};
  const HeaderChanges changes =
      HeaderChanges::create(spec, HeaderChanges::Message::Response).value();
  EXPECT_TRUE(changes.drops("x-frame-options"));
  EXPECT_TRUE(changes.drops("SERVER"));
  EXPECT_FALSE(changes.drops("Set-Cookie"));
  ASSERT_EQ(changes.added().size(), 2U);
  EXPECT_EQ(changes.added()[0].value, "DENY");
  EXPECT_EQ(changes.added_size(), std::string("X-Frame-Options: DENY\r\n").size() +
                                      std::string("Set-Cookie: a=1\r\n").size());
}

ActionSpec redirecting(int status, std::string location) {
  ActionSpec spec;
  spec.redirect = RedirectSpec{status, std::move(location)};
  return spec;
}
ActionSpec answering(AnswerSpec answer) {
  ActionSpec spec;
  spec.answer = std::move(answer);
  return spec;
}
ActionSpec changing_request(HeaderChangeSpec changes) {
  ActionSpec spec;
  spec.request_headers = std::move(changes);
  return spec;
}
ActionSpec changing_response(HeaderChangeSpec changes) {
  ActionSpec spec;
  spec.response_headers = std::move(changes);
  return spec;
}

TEST(Action, WhatIsWrongIsNamed) {
  ActionSpec both = redirecting(302, "/x");
  both.answer = AnswerSpec{};
  ActionSpec asks_no_origin = answering({});
  asks_no_origin.request_headers.remove = {"X"};
  const struct {
    ActionSpec spec;
    std::string field;
    std::string reason;
  } rows[] = {
      {redirecting(200, "/x"), "redirect.status", "301, 302, 303, 307 or 308"},
      {redirecting(304, "/x"), "redirect.status", "301, 302, 303, 307 or 308"},
      {redirecting(302, "//x"), "redirect.location", "must begin with"},
      {redirecting(302, ""), "redirect.location", "must not be empty"},
      {both, "answer", "redirect"},
      {asks_no_origin, "request_headers", "no origin"},
      {answering({100}), "answer.status", "200 to 599"},
      {answering({101}), "answer.status", "200 to 599"},
      {answering({304}), "answer.status", "304"},
      {answering({600}), "answer.status", "200 to 599"},
      {answering({204, "x"}), "answer.body", "left out"},
      {answering({200, std::string(16385, 'x')}), "answer.body", "at most 16384"},
      {answering({200, "", "html"}), "answer.content_type", "media type"},
      {answering({200, "", "text/html\r\nX: y"}), "answer.content_type", "media type"},
      {changing_request({{{"", "x"}}, {}, {}}), "request_headers.set[0].name", "name of a header"},
      {changing_request({{{"A B", "x"}}, {}, {}}), "request_headers.set[0].name", "name"},
      {changing_request({{{"A", "x\r\ny"}}, {}, {}}), "request_headers.set[0].value", "control"},
      {changing_request({{{"A", " x"}}, {}, {}}), "request_headers.set[0].value", "white space"},
      {changing_request({{{"A", "1"}, {"a", "2"}}, {}, {}}), "request_headers.set[1].name",
       "already"},
      {changing_request({{{"A", "1"}}, {}, {"a"}}), "request_headers.remove[0]", "already"},
      {changing_request({{}, {}, {"x:y"}}), "request_headers.remove[0]", "name of a header"},
      {changing_request({{{"Host", "x"}}, {}, {}}), "request_headers.set[0].name", "stays"},
      {changing_request({{}, {{"transfer-encoding", "chunked"}}, {}}),
       "request_headers.add[0].name", "one connection"},
      {changing_request({{}, {}, {"Content-Length"}}), "request_headers.remove[0]", "ends"},
      {changing_request({{}, {}, {"Connection"}}), "request_headers.remove[0]", "one connection"},
      {changing_request({{}, {}, {"Expect"}}), "request_headers.remove[0]", "body"},
      {changing_request({{{"X-Forwarded-For", "1.2.3.4"}}, {}, {}}), "request_headers.set[0].name",
       "own word"},
      {changing_request({{{"x_real_ip", "1.2.3.4"}}, {}, {}}), "request_headers.set[0].name",
       "own word"},
      {changing_request({{}, {}, {"CDN-Loop"}}), "request_headers.remove[0]", "own word"},
      {changing_response({{{"Content-Length", "1"}}, {}, {}}), "response_headers.set[0].name",
       "ends"},
      {changing_response({{}, {{"Upgrade", "x"}}, {}}), "response_headers.add[0].name",
       "one connection"},
      {changing_response({{}, {}, std::vector<std::string>(33, "A")}), "response_headers.set",
       "at most 32"},
  };
  for (const auto& row : rows) {
    const auto action = Action::create(row.spec);
    ASSERT_FALSE(action.ok()) << row.field;
    EXPECT_EQ(base::detail_of(action.status()).field, row.field) << action.status();
    EXPECT_THAT(std::string(base::message_of(action.status())), HasSubstr(row.reason));
  }
}

}  // namespace
}  // namespace mex::proxy::route
