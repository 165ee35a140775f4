#include "openstack/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/status.h"
#include "http_client/scripted_server.h"
#include "openstack/api_call.h"
#include "openstack/demo_login.h"
#include "openstack/error.h"

namespace mex::openstack {
namespace {

using http_client::http_answer;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using Reaction = http_client::ScriptedServer::Reaction;
using Seen = http_client::ScriptedServer::Seen;
using Then = http_client::ScriptedServer::Then;

// A cloud whose Keystone always lets us in and whose Neutron does what the test says. For what a
// real cloud does not do on command.
class SessionTest : public ::testing::Test {
 protected:
  using Script = std::function<Reaction(const Seen&)>;

  Reaction react(const Seen& request) {
    if (request.target != "/v3/auth/tokens") return network_(request);
    std::string body = R"({"token": {
        "issued_at": "2026-11-22T13:00:00Z", "expires_at": "2026-11-22T14:00:00Z",
        "project": {"id": "p1"}, "catalog": [{"type": "network", "endpoints": [
            {"interface": "public", "region": "one", "url": "HERE"}]}]}})";
    body.replace(body.find("HERE"), 4, "http://" + request.headers.at("host"));
    return {.bytes = http_answer(201, body,
                                 "X-Subject-Token: token-" + std::to_string(++logins_) + "\r\n"),
            .then = Then::KeepOpen};
  }

  static Reaction answer(int status, std::string_view body, std::string_view headers = "") {
    return {.bytes = http_answer(status, body, headers), .then = Then::KeepOpen};
  }

  absl::StatusOr<ApiAnswer> call(const std::string& method, bool idempotent) {
    return call(method, idempotent, context());
  }

  absl::StatusOr<ApiAnswer> call(const std::string& method, bool idempotent,
                                 const CallContext& context) {
    ApiCall call;
    call.service = Service::Network;
    call.what = "do it";
    call.method = method;
    call.path = "/things";
    call.idempotent = idempotent;
    if (method != "GET") call.body = {{"a", 1}};
    return session_.call(call, context);
  }

  CallContext context() {
    return {{.deadline = base::system_clock().steady_now() + std::chrono::minutes(1),
             .stop = stop_.get_token()},
            &trace_};
  }

  CloudConfig config() const { return demo_login(server_.url("/v3")); }

  static Session::Options quick() {
    Session::Options options;
    options.backoff.first = std::chrono::milliseconds(0);
    return options;
  }

  Script network_;
  int logins_ = 0;
  std::stop_source stop_;
  CallTrace trace_;
  http_client::ScriptedServer server_{[this](const Seen& request) { return react(request); }};
  Session session_{config(), quick()};
};

TEST_F(SessionTest, ACallCarriesTokenBodyAndRequestId) {
  network_ = [](const Seen&) {
    return answer(200, R"({"b": 2})", "X-Openstack-Request-Id: req-theirs\r\n");
  };
  const auto result = call("PUT", true);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->body, (nlohmann::json{{"b", 2}}));
  const Seen seen = server_.seen().back();
  EXPECT_EQ(seen.target, "/v2.0/things");
  EXPECT_EQ(seen.body, R"({"a":1})");
  EXPECT_EQ(seen.headers.at("x-auth-token"), "token-1");
  EXPECT_EQ(seen.headers.at("content-type"), "application/json");
  EXPECT_THAT(seen.headers.at("x-openstack-request-id"),
              MatchesRegex("req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"));
  EXPECT_EQ(trace_.request_id, "req-theirs");
  EXPECT_EQ(trace_.attempts, 2);
}

TEST_F(SessionTest, ATokenThatIsRefusedIsRenewedOnceAlsoForACreation) {
  network_ = [](const Seen& request) {
    const bool renewed = request.headers.at("x-auth-token") == "token-2";
    return renewed ? answer(201, "{}") : answer(401, "");
  };
  EXPECT_TRUE(call("POST", false).ok());
  EXPECT_EQ(logins_, 2);
}

TEST_F(SessionTest, ARenewedTokenThatIsRefusedTooIsTheEnd) {
  network_ = [](const Seen&) { return answer(401, ""); };
  const auto result = call("POST", false);
  EXPECT_TRUE(absl::IsUnauthenticated(result.status())) << result.status();
  EXPECT_FALSE(outcome_unknown(result.status()));
  EXPECT_EQ(logins_, 2);
  EXPECT_EQ(server_.count("POST", "/things"), 2U);
}

TEST_F(SessionTest, AnIdempotentCallIsRepeatedUntilItSucceeds) {
  int number = 0;
  network_ = [&](const Seen&) -> Reaction {
    switch (++number) {
      case 1:
        return {.bytes = "", .then = Then::Close};
      case 2:
        return answer(500, "");
      default:
        return answer(200, "{}");
    }
  };
  EXPECT_TRUE(call("PUT", true).ok());
  EXPECT_EQ(server_.count("PUT", "/things"), 3U);
}

TEST_F(SessionTest, RepeatingHasAnEnd) {
  network_ = [](const Seen&) { return answer(503, "", "X-Openstack-Request-Id: req-9\r\n"); };
  const auto result = call("GET", true);
  EXPECT_TRUE(absl::IsUnavailable(result.status())) << result.status();
  EXPECT_EQ(base::detail_of(result.status()).request_id, "req-9");
  EXPECT_FALSE(outcome_unknown(result.status())) << "a GET has no outcome";
  EXPECT_EQ(server_.count("GET", "/things"), 4U);
}

TEST_F(SessionTest, ACreationIsRepeatedOnlyWhereItWasTurnedAway) {
  int number = 0;
  network_ = [&](const Seen&) {
    return ++number <= 2 ? answer(429, "", "Retry-After: 0\r\n") : answer(201, "{}");
  };
  EXPECT_TRUE(call("POST", false).ok());
  EXPECT_EQ(server_.count("POST", "/things"), 3U);
}

TEST_F(SessionTest, ACreationThatFailsIsNotRepeatedAndItsOutcomeIsUnknown) {
  for (const int status : {500, 502, 503, 504}) {
    network_ = [&](const Seen&) { return answer(status, ""); };
    const std::size_t before = server_.count("POST", "/things");
    const auto result = call("POST", false);
    EXPECT_FALSE(result.ok());
    EXPECT_TRUE(outcome_unknown(result.status())) << result.status();
    EXPECT_EQ(server_.count("POST", "/things"), before + 1);
  }
}

TEST_F(SessionTest, ALostAnswerIsKnownByOurOwnRequestId) {
  network_ = [](const Seen&) { return Reaction{.bytes = "", .then = Then::Close}; };
  const auto result = call("POST", false);
  EXPECT_TRUE(absl::IsUnavailable(result.status())) << result.status();
  EXPECT_TRUE(outcome_unknown(result.status()));
  EXPECT_THAT(base::message_of(result.status()), HasSubstr("do it: http://127.0.0.1:"));
  EXPECT_EQ(base::detail_of(result.status()).request_id,
            server_.seen().back().headers.at("x-openstack-request-id"));
  EXPECT_EQ(server_.count("POST", "/things"), 1U);
}

TEST_F(SessionTest, ARefusalAfterALostAnswerLeavesTheOutcomeUnknown) {
  int number = 0;
  network_ = [&](const Seen&) {
    return ++number == 1 ? Reaction{.bytes = "", .then = Then::Close} : answer(409, "");
  };
  const auto result = call("PUT", true);
  EXPECT_TRUE(absl::IsFailedPrecondition(result.status())) << result.status();
  EXPECT_TRUE(outcome_unknown(result.status()));
}

TEST_F(SessionTest, ARenewedTokenDoesNotMakeUsForgetALostAnswer) {
  int number = 0;
  network_ = [&](const Seen&) {
    if (++number == 1) return Reaction{.bytes = "", .then = Then::Close};
    return answer(number == 2 ? 401 : 409, "");
  };
  const auto result = call("PUT", true);
  EXPECT_TRUE(absl::IsFailedPrecondition(result.status())) << result.status();
  EXPECT_TRUE(outcome_unknown(result.status()));
}

TEST_F(SessionTest, ADefiniteRefusalIsDefinite) {
  network_ = [](const Seen&) { return answer(400, R"({"badRequest": {"message": "no"}})"); };
  const auto result = call("POST", false);
  EXPECT_TRUE(absl::IsInvalidArgument(result.status()));
  EXPECT_EQ(base::message_of(result.status()), "do it: no (HTTP 400 badRequest)");
  EXPECT_FALSE(outcome_unknown(result.status()));
}

TEST_F(SessionTest, AGoodAnswerThatCannotBeReadLeavesTheOutcomeUnknown) {
  network_ = [](const Seen&) { return answer(201, "<html>made</html>"); };
  const auto created = call("POST", false);
  EXPECT_TRUE(absl::IsInternal(created.status())) << created.status();
  EXPECT_TRUE(outcome_unknown(created.status()));
  const auto read = call("GET", true);
  EXPECT_TRUE(absl::IsInternal(read.status()));
  EXPECT_FALSE(outcome_unknown(read.status()));
}

TEST_F(SessionTest, ARedirectIsAWrongEndpoint) {
  network_ = [](const Seen&) { return answer(301, "", "Location: https://other.example/\r\n"); };
  const auto result = call("GET", true);
  EXPECT_TRUE(absl::IsFailedPrecondition(result.status())) << result.status();
  EXPECT_THAT(base::message_of(result.status()), HasSubstr("https://other.example/"));
}

TEST_F(SessionTest, ARegionThatTheCatalogLacksIsNamed) {
  EXPECT_TRUE(session_.check_region("one", context()).ok());
  const absl::Status status = session_.check_region("Elsewhere", context());
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(base::message_of(status), HasSubstr("region 'Elsewhere'"));
}

TEST_F(SessionTest, AnEmptyAnswerIsNoBody) {
  network_ = [](const Seen&) {
    return Reaction{.bytes = "HTTP/1.1 204 No Content\r\n\r\n", .then = Then::KeepOpen};
  };
  const auto result = call("DELETE", true);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->status, 204);
  EXPECT_TRUE(result->body.is_null());
}

TEST_F(SessionTest, ACreationThatComesTooLateHasAnUnknownOutcome) {
  network_ = [](const Seen&) { return Reaction{.bytes = "", .then = Then::Hang}; };
  ASSERT_TRUE(session_.log_in(context()).ok());
  CallContext hasty = context();
  absl::Status status;
  // On a busy machine a short deadline may pass before anything is sent.
  for (std::chrono::milliseconds time(50); time < std::chrono::minutes(5); time *= 2) {
    hasty.deadline = base::system_clock().steady_now() + time;
    status = call("POST", false, hasty).status();
    EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
    if (outcome_unknown(status)) break;
  }
  EXPECT_TRUE(outcome_unknown(status));
}

TEST_F(SessionTest, ACreationThatIsCancelledOnItsWayHasAnUnknownOutcome) {
  std::promise<void> arrived;
  network_ = [&](const Seen&) {
    arrived.set_value();
    return Reaction{.bytes = "", .then = Then::Hang};
  };
  auto result = std::async(std::launch::async, [&] { return call("POST", false); });
  arrived.get_future().wait();
  stop_.request_stop();
  const absl::Status status = result.get().status();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_TRUE(outcome_unknown(status));
}

TEST_F(SessionTest, APauseThatWouldOutlastTheDeadlineIsNotBegun) {
  network_ = [](const Seen&) { return answer(503, "", "Retry-After: 3600\r\n"); };
  const auto result = call("GET", true);
  EXPECT_TRUE(absl::IsUnavailable(result.status())) << result.status();
  EXPECT_EQ(server_.count("GET", "/things"), 1U);
}

TEST_F(SessionTest, CancellingEndsAPause) {
  std::promise<void> arrived;
  network_ = [&](const Seen&) {
    arrived.set_value();
    return answer(503, "", "Retry-After: 30\r\n");
  };
  auto result = std::async(std::launch::async, [&] { return call("GET", true); });
  arrived.get_future().wait();
  stop_.request_stop();
  EXPECT_TRUE(absl::IsCancelled(result.get().status()));
}

TEST_F(SessionTest, AServiceThatIsNotThereHasDoneNothing) {
  std::string gone;
  {
    const http_client::ScriptedServer closed([](const Seen&) { return Reaction{}; });
    gone = closed.url("/v3");
  }
  CloudConfig config = this->config();
  config.auth_url = gone;
  Session session(config, quick());
  ApiCall call;
  call.method = "POST";
  call.idempotent = false;
  const auto result = session.call(call, context());
  EXPECT_TRUE(absl::IsUnavailable(result.status())) << result.status();
  EXPECT_FALSE(outcome_unknown(result.status()));
  EXPECT_EQ(trace_.attempts, 4);
}

}  // namespace
}  // namespace mex::openstack
