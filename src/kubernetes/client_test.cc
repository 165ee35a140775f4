#include "kubernetes/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "kubernetes/api_error.h"
#include "kubernetes/health.h"
#include "kubernetes/json_access.h"
#include "kubernetes/listing.h"
#include "kubernetes/testing/test_api.h"

namespace mex::kubernetes {
namespace {

using namespace testing;  // NOLINT: the test's vocabulary
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string nobody_listens() {
  return ScriptedServer([](const Seen&) { return Reaction{}; }).url();
}

ApiCall a_call(std::string method = "GET") {
  return {.what = "the call", .method = std::move(method), .path = "/x"};
}

TEST(ClientTest, AServerThatIsNotThereIsPassedOverAndRemembered) {
  ScriptedServer server([](const Seen&) { return answer(200, "{}"); });
  ClientOptions options = options_for(server);
  options.servers = {nobody_listens(), server.url()};
  Client client(options);
  EXPECT_TRUE(client.call(a_call("POST"), a_minute()).ok());
  EXPECT_TRUE(client.call(a_call(), a_minute()).ok());
  EXPECT_EQ(server.seen().size(), 2U);
}

TEST(ClientTest, AWriteWhoseFateIsUnknownIsNotRepeatedElsewhere) {
  const auto lose = [](const Seen&) { return Reaction{.bytes = "", .then = Then::Close}; };
  ScriptedServer first(lose);
  ScriptedServer second([](const Seen&) { return answer(200, "{}"); });
  ClientOptions options = options_for(first);
  options.servers = {first.url(), second.url()};
  Client client(options);
  EXPECT_EQ(client.call(a_call("PATCH"), a_minute()).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(second.seen().size(), 0U);
  EXPECT_TRUE(client.call(a_call("GET"), a_minute()).ok());
  EXPECT_EQ(second.seen().size(), 1U);
}

TEST(ClientTest, NoServerAtAllIsAnError) {
  Client none(ClientOptions{});
  EXPECT_EQ(none.call(a_call(), a_minute()).status().code(), absl::StatusCode::kFailedPrecondition);
  ClientOptions options;
  options.servers = {nobody_listens(), nobody_listens()};
  Client lost(options);
  const auto status = lost.call(a_call(), a_minute()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(base::message_of(status), HasSubstr("the call: http://127.0.0.1:"));
}

TEST(ClientTest, TheLimitsOfTheCallerHold) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = "", .then = Then::Hang}; });
  Client client(options_for(server));
  EXPECT_EQ(client.call(a_call(), no_time()).status().code(), absl::StatusCode::kDeadlineExceeded);
  std::stop_source stop;
  stop.request_stop();
  base::CallLimits limits = a_minute();
  limits.stop = stop.get_token();
  EXPECT_EQ(client.call(a_call(), limits).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(base::sleep_for(std::chrono::hours(1), limits).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(base::sleep_for(std::chrono::hours(1), no_time()).code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(base::sleep_for(std::chrono::milliseconds(0), a_minute()).ok());
}

struct ErrorRow {
  int status;
  const char* reason;
  absl::StatusCode code;
};

TEST(ApiErrorTest, TheServersReasonAndMessageArrive) {
  using Code = absl::StatusCode;
  for (const ErrorRow& row : {ErrorRow{400, "BadRequest", Code::kInvalidArgument},
                              ErrorRow{401, "Unauthorized", Code::kUnauthenticated},
                              ErrorRow{403, "Forbidden", Code::kPermissionDenied},
                              ErrorRow{404, "NotFound", Code::kNotFound},
                              ErrorRow{405, "MethodNotAllowed", Code::kUnimplemented},
                              ErrorRow{409, "Conflict", Code::kAborted},
                              ErrorRow{409, "AlreadyExists", Code::kAlreadyExists},
                              ErrorRow{410, "Expired", Code::kOutOfRange},
                              ErrorRow{415, "UnsupportedMediaType", Code::kInvalidArgument},
                              ErrorRow{422, "Invalid", Code::kInvalidArgument},
                              ErrorRow{429, "TooManyRequests", Code::kResourceExhausted},
                              ErrorRow{500, "InternalError", Code::kInternal},
                              ErrorRow{503, "ServiceUnavailable", Code::kUnavailable},
                              ErrorRow{504, "Timeout", Code::kUnavailable}}) {
    ScriptedServer server([&](const Seen&) { return refusal(row.status, row.reason, "said so"); });
    Client client(options_for(server));
    const absl::Status status = client.call(a_call("POST"), a_minute()).status();
    EXPECT_EQ(status.code(), row.code) << row.reason;
    EXPECT_EQ(base::message_of(status),
              fmt::format("the call: said so (HTTP {} {})", row.status, row.reason));
    EXPECT_EQ(base::detail_of(status).cloud_code, row.reason);
  }
}

TEST(ApiErrorTest, AnAnswerThatIsNoStatusIsShownByItsFirstLine) {
  const auto message = [](const std::string& body) {
    http_client::Response response;
    response.status = 502;
    response.body = body;
    return std::string(base::message_of(error_from_response("the call", response)));
  };
  EXPECT_EQ(message("bad\x01gateway\r\nmore"), "the call: bad gateway  (HTTP 502)");
  EXPECT_EQ(message(""), "the call: the API server gives no reason (HTTP 502)");
  EXPECT_EQ(message("[1]"), "the call: [1] (HTTP 502)");
  EXPECT_LT(message(std::string(10'000, 'x')).size(), 400U);
}

TEST(ApiErrorTest, AnAnswerThatIsNoJsonIsInternal) {
  ScriptedServer server([](const Seen&) { return answer(200, "<html>"); });
  Client client(options_for(server));
  EXPECT_EQ(client.call(a_call(), a_minute()).status().code(), absl::StatusCode::kInternal);
}

TEST(HealthTest, TellsWhatIsNotReady) {
  int status = 500;
  std::string body =
      "[+]ping ok\n[-]etcd failed: reason withheld\n[+]log ok\n"
      "[-]poststarthook/rbac/bootstrap-roles failed: not finished\nreadyz check failed\n";
  ScriptedServer server([&](const Seen&) { return answer(status, body); });
  Client client(options_for(server));
  const auto health = read_health(client, a_minute());
  ASSERT_TRUE(health.ok()) << health.status();
  EXPECT_FALSE(health->ready);
  EXPECT_THAT(health->failing, ElementsAre("etcd: reason withheld",
                                           "poststarthook/rbac/bootstrap-roles: not finished"));
  EXPECT_EQ(server.seen()[0].target, "/readyz?verbose");
  status = 503;
  body = "starting";
  EXPECT_THAT(read_health(client, a_minute())->failing,
              ElementsAre(HasSubstr("starting (HTTP 503)")));
  status = 200;
  EXPECT_TRUE(read_health(client, a_minute())->ready);
  status = 401;
  EXPECT_EQ(read_health(client, a_minute()).status().code(), absl::StatusCode::kUnauthenticated);
}

TEST(HealthTest, ReadsTheVersion) {
  std::string body = R"({"major":"1","minor":"20","gitVersion":"v1.20.2"})";
  ScriptedServer server([&](const Seen&) { return answer(200, body); });
  Client client(options_for(server));
  EXPECT_EQ(*read_version(client, a_minute()), (Version{1, 20, 2}));
  body = "{}";
  EXPECT_EQ(read_version(client, a_minute()).status().code(), absl::StatusCode::kInternal);
}

TEST(ListingTest, ReadsAllPages) {
  ScriptedServer server([](const Seen& seen) {
    return seen.target.find("continue=a%2Fb%3D") == std::string::npos
               ? answer(200, R"({"metadata":{"continue":"a/b="},"items":[{"n":1},{"n":2}]})")
               : answer(200, R"({"metadata":{"resourceVersion":"9"},"items":[{"n":3}]})");
  });
  Client client(options_for(server));
  const auto list = list_objects(client, "list", "/api/v1/things", "a=b", a_minute());
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(nlohmann::json(list->items), nlohmann::json::parse(R"([{"n":1},{"n":2},{"n":3}])"));
  EXPECT_EQ(list->resource_version, "9");
  EXPECT_EQ(server.seen()[0].target, "/api/v1/things?limit=500&a=b");
}

TEST(ListingTest, BeginsAgainWhenTheServerHasForgottenThePage) {
  int pages = 0;
  ScriptedServer server([&](const Seen& seen) {
    if (seen.target.find("continue") == std::string::npos) {
      return answer(200, ++pages == 1
                             ? R"({"metadata":{"continue":"c"},"items":[{"n":1}]})"
                             : R"({"metadata":{"resourceVersion":"1"},"items":[{"n":2}]})");
    }
    return refusal(410, "Expired", "too old");
  });
  Client client(options_for(server));
  const auto list = list_objects(client, "list", "/x", "", a_minute());
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(nlohmann::json(list->items), nlohmann::json::parse(R"([{"n":2}])"));
}

TEST(ListingTest, DoesNotBeginAgainForEver) {
  ScriptedServer server([](const Seen&) { return refusal(410, "Expired", "too old"); });
  Client client(options_for(server));
  EXPECT_EQ(list_objects(client, "list", "/x", "", a_minute()).status().code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(server.seen().size(), 3U);
}

TEST(ListingTest, AListWithoutEndIsGivenUp) {
  const std::string page = R"({"metadata":{"continue":"c"},"items":[{"n":1}]})";
  PagedListing listing("list", "/x", "", {.page_items = 1, .bytes = 3 * page.size()});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(listing.add(page).ok());
  EXPECT_FALSE(listing.is_whole());
  const absl::Status status = listing.add(page);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(base::message_of(status), HasSubstr("list: the list is longer than"));
}

TEST(ListingTest, WhatIsNoListIsRefused) {
  std::string body = R"({"metadata":{}})";
  ScriptedServer server([&](const Seen&) { return answer(200, body); });
  Client client(options_for(server));
  EXPECT_EQ(list_objects(client, "list", "/x", "", a_minute()).status().code(),
            absl::StatusCode::kInternal);
  body = "[]";
  EXPECT_EQ(list_objects(client, "list", "/x", "", a_minute()).status().code(),
            absl::StatusCode::kInternal);
  body = R"({"metadata":{"resourceVersion":"1"},"items":null})";
  EXPECT_TRUE(list_objects(client, "list", "/x", "", a_minute())->items.empty());
}

}  // namespace
}  // namespace mex::kubernetes
