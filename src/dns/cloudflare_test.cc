#include "dns/cloudflare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/status.h"
#include "http_client/scripted_server.h"

// Single answers of Cloudflare, good and bad. A whole zone, held against another client of it, is
// in test/integration/test_dns.py.
namespace mex::dns {
namespace {

using absl::StatusCode;
using http_client::http_answer;
using http_client::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kZones =
    R"({"success":true,"errors":[],"result":[{"id":"z1","name":"example.net"}]})";
constexpr const char* kNone = R"({"success":true,"errors":[],"result":[]})";
constexpr const char* kDone = R"({"success":true,"errors":[],"result":{"id":"r1"}})";

std::string refusal(int code, const char* message) {
  return fmt::format(R"({{"success":false,"errors":[{{"code":{},"message":"{}"}}],"result":null}})",
                     code, message);
}

std::string list_of(const std::string& records, int pages = 1) {
  return fmt::format(R"({{"success":true,"result":[{}],"result_info":{{"total_pages":{}}}}})",
                     records, pages);
}

class CloudflareTest : public ::testing::Test {
 protected:
  // `answer` for what is not a question for a zone.
  void serve(ScriptedServer::Script answer) {
    server_ = std::make_unique<ScriptedServer>([answer](const ScriptedServer::Seen& seen) {
      if (!seen.target.starts_with("/v4/zones?")) return answer(seen);
      const bool is_zone = seen.target.ends_with("name=example.net");
      return ScriptedServer::Reaction{http_answer(200, is_zone ? kZones : kNone)};
    });
    CloudflareOptions settings;
    settings.url = server_->url("/v4");
    settings.token = base::Secret("token-1");
    settings.pause = std::chrono::milliseconds(0);
    provider_ = create_cloudflare(std::move(settings));
  }
  void serve(int status, const std::string& body, const std::string& headers = "") {
    serve(
        [=](const auto&) { return ScriptedServer::Reaction{http_answer(status, body, headers)}; });
  }
  base::CallLimits limits() const {
    return {std::chrono::steady_clock::now() + std::chrono::minutes(1), stop_};
  }
  absl::StatusOr<std::vector<DnsRecord>> find() {
    return provider_->find("a.edge.example.net", RecordType::A, limits());
  }

  const DnsRecord record_{.name = "a.edge.example.net", .content = "203.0.113.5"};
  std::stop_token stop_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<DnsProvider> provider_;
};

TEST_F(CloudflareTest, FindsTheZoneByWalkingTheNameOnce) {
  serve(200, list_of(""));
  EXPECT_TRUE(find().ok()) << find().status();
  EXPECT_TRUE(find().ok());
  // a.edge.example.net, edge.example.net, example.net.
  EXPECT_EQ(server_->count("GET", "/v4/zones?"), 3U);
  EXPECT_EQ(server_->seen().front().headers.at("authorization"), "Bearer token-1");
}

TEST_F(CloudflareTest, AZoneThatIsGoneIsLookedForAgain) {
  serve(404, refusal(7003, "no route"));
  EXPECT_EQ(find().status().code(), StatusCode::kNotFound);
  EXPECT_EQ(find().status().code(), StatusCode::kNotFound);
  EXPECT_EQ(server_->count("GET", "/v4/zones?"), 6U);
}

TEST_F(CloudflareTest, ReadsAllPages) {
  serve([](const ScriptedServer::Seen& seen) {
    const bool is_second = seen.target.find("page=2") != std::string::npos;
    return ScriptedServer::Reaction{http_answer(
        200, list_of(fmt::format(R"({{"id":"r{0}","type":"A","name":"a.edge.example.net",)"
                                 R"("content":"203.0.113.{0}","ttl":120,"proxied":true}})",
                                 is_second ? 2 : 1),
                     2))};
  });
  const auto found = find();
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_THAT(*found, SizeIs(2));
  EXPECT_EQ((*found)[1].content, "203.0.113.2");
  EXPECT_TRUE((*found)[1].is_proxied);
  EXPECT_EQ((*found)[1].ttl, std::chrono::seconds(120));
}

TEST_F(CloudflareTest, ANameOfNoZoneIsNotFound) {
  serve(200, kNone);
  const auto found = provider_->find("edge.example.org", RecordType::A, limits());
  EXPECT_EQ(found.status().code(), StatusCode::kNotFound);
}

TEST_F(CloudflareTest, ErrorsAreToldByCodeAndWithAdvice) {
  const auto error = [this](int status, const std::string& body) {
    serve(status, body);
    return find().status();
  };
  EXPECT_EQ(error(403, refusal(10000, "Authentication error")).code(),
            StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(base::message_of(error(403, refusal(10000, "Authentication error")))),
              HasSubstr("403: 10000: Authentication error; the token needs the rights"));
  EXPECT_EQ(error(403, refusal(9109, "Invalid access token")).code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(error(400, refusal(6003, "Invalid request headers")).code(),
            StatusCode::kUnauthenticated);
  EXPECT_EQ(error(401, "").code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(error(404, refusal(7003, "no route")).code(), StatusCode::kNotFound);
  EXPECT_EQ(error(400, refusal(9005, "bad content")).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(error(200, "<html>").code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(error(200, R"({"success":true,"result":{}})").code(), StatusCode::kUnavailable);
}

TEST_F(CloudflareTest, ABusyServiceIsAskedAgainAndThenGivenUp) {
  serve(429, refusal(10429, "slow down"), "Retry-After: 0\r\n");
  EXPECT_EQ(find().status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(server_->count("GET", "dns_records"), 3U);
  serve(503, "");
  EXPECT_EQ(find().status().code(), StatusCode::kUnavailable);
}

TEST_F(CloudflareTest, IsNotAskedAgainBeforeItWantsToBe) {
  serve(429, refusal(10429, "slow down"), "Retry-After: 3600\r\n");
  EXPECT_EQ(find().status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(server_->count("GET", "dns_records"), 1U);
}

TEST_F(CloudflareTest, AnAnswerThatIsLostIsAskedForAgain) {
  serve([lost = std::make_shared<bool>(false)](const auto&) {
    if (!std::exchange(*lost, true)) {
      return ScriptedServer::Reaction{"", ScriptedServer::Then::Close};
    }
    return ScriptedServer::Reaction{http_answer(400, refusal(81058, "identical record"))};
  });
  // It had been made: the second time it is there already.
  EXPECT_TRUE(provider_->add(record_, limits()).ok());
  EXPECT_EQ(server_->count("POST", "dns_records"), 2U);
}

TEST_F(CloudflareTest, MakesWhatItIsTold) {
  serve(200, kDone);
  DnsRecord proxied = record_;
  proxied.is_proxied = true;
  EXPECT_TRUE(provider_->add(proxied, limits()).ok());
  const std::string body = server_->seen().back().body;
  EXPECT_THAT(body, HasSubstr(R"("name":"a.edge.example.net")"));
  EXPECT_THAT(body, HasSubstr(R"("content":"203.0.113.5")"));
  EXPECT_THAT(body, HasSubstr(R"("proxied":true)"));
  EXPECT_THAT(body, HasSubstr(R"("ttl":300)"));
}

TEST_F(CloudflareTest, RemovesAndChangesByTheRecordsId) {
  serve([](const ScriptedServer::Seen& seen) {
    const std::string records =
        R"({"id":"r7","type":"A","name":"a.edge.example.net","content":"203.0.113.5","ttl":1})";
    return ScriptedServer::Reaction{
        http_answer(200, seen.method == "GET" ? list_of(records) : kDone)};
  });
  EXPECT_TRUE(provider_->remove(record_, limits()).ok());
  EXPECT_EQ(server_->count("DELETE", "/dns_records/r7"), 1U);
  EXPECT_TRUE(provider_->change(record_, record_, limits()).ok());
  EXPECT_EQ(server_->count("PUT", "/dns_records/r7"), 1U);
}

TEST_F(CloudflareTest, WhatIsGoneAlreadyIsRemoved) {
  serve(200, list_of(""));
  EXPECT_TRUE(provider_->remove(record_, limits()).ok());
  EXPECT_EQ(server_->count("DELETE"), 0U);
  serve([](const ScriptedServer::Seen& seen) {
    const std::string records =
        R"({"id":"r7","type":"A","name":"a.edge.example.net","content":"203.0.113.5","ttl":1})";
    const bool is_list = seen.method == "GET";
    return ScriptedServer::Reaction{
        http_answer(is_list ? 200 : 404,
                    is_list ? list_of(records) : refusal(81044, "Record does not exist."))};
  });
  EXPECT_TRUE(provider_->remove(record_, limits()).ok());
}

TEST_F(CloudflareTest, TheGlobalKeyIsAnotherWay) {
  serve(200, list_of(""));
  CloudflareOptions settings;
  settings.url = server_->url("/v4");
  settings.email = "you@example.net";
  settings.global_key = base::Secret("key-1");
  provider_ = create_cloudflare(std::move(settings));
  EXPECT_TRUE(find().ok());
  const auto headers = server_->seen().back().headers;
  EXPECT_EQ(headers.at("x-auth-email"), "you@example.net");
  EXPECT_EQ(headers.at("x-auth-key"), "key-1");
  EXPECT_FALSE(headers.contains("authorization"));
}

TEST_F(CloudflareTest, EndsWhenToldTo) {
  serve([](const auto&) { return ScriptedServer::Reaction{"", ScriptedServer::Then::Hang}; });
  std::stop_source stopping;
  stop_ = stopping.get_token();
  std::jthread later([&] { stopping.request_stop(); });
  EXPECT_EQ(find().status().code(), StatusCode::kCancelled);
}

class SteadyClock final : public base::Clock {
 public:
  base::WallTime wall_now() const override { return {}; }
  base::SteadyTime steady_now() const override { return now; }

  base::SteadyTime now{};
};

std::string zone_text(const char* id, const char* status, bool is_paused = false) {
  return fmt::format(R"({{"id":"{}","name":"example.net","status":"{}","paused":{}}})", id, status,
                     is_paused);
}

// Two zones of one name: one account left it, another has it.
class CloudflareZonesTest : public ::testing::Test {
 protected:
  CloudflareZonesTest()
      : server_([this](const ScriptedServer::Seen& seen) {
          const bool is_question = seen.target.starts_with("/v4/zones?");
          if (!is_question) return ScriptedServer::Reaction{http_answer(200, list_of(""))};
          const bool is_zone = seen.target.ends_with("name=example.net");
          return ScriptedServer::Reaction{http_answer(200, list_of(is_zone ? zones_ : ""))};
        }) {
    CloudflareOptions options;
    options.url = server_.url("/v4");
    options.token = base::Secret("token-1");
    options.pause = std::chrono::milliseconds(0);
    options.clock = &clock_;
    provider_ = create_cloudflare(std::move(options));
  }

  // The zone whose records are asked for, or why none is.
  std::string asked() {
    const base::CallLimits limits{std::chrono::steady_clock::now() + std::chrono::minutes(1), {}};
    const auto found = provider_->find("edge.example.net", RecordType::A, limits);
    if (!found.ok()) return found.status().ToString();
    const std::string target = server_.seen().back().target;
    return target.substr(0, target.find("/dns_records"));
  }

  std::string zones_;
  SteadyClock clock_;
  ScriptedServer server_;
  std::unique_ptr<DnsProvider> provider_;
};

// Records went into the dead one, and everything said that all was well.
TEST_F(CloudflareZonesTest, OfTwoZonesOfOneNameTheOneThatServesIsTaken) {
  const struct {
    std::string zones;
    const char* asked;
    const char* notice;
  } cases[] = {
      {zone_text("z1", "moved") + "," + zone_text("z2", "active"), "/v4/zones/z2", ""},
      {zone_text("z1", "active") + "," + zone_text("z2", "moved"), "/v4/zones/z1", ""},
      {zone_text("z1", "pending") + "," + zone_text("z2", "active"), "/v4/zones/z2", ""},
      {zone_text("z1", "active", true) + "," + zone_text("z2", "active"), "/v4/zones/z2", ""},
      {zone_text("z1", "deleted") + "," + zone_text("z2", "pending"), "/v4/zones/z2", "is pending"},
      {zone_text("z1", "initializing") + "," + zone_text("z2", "pending"), "/v4/zones/z2",
       "is pending"},
      {zone_text("z1", "active", true), "/v4/zones/z1", "is paused"},
      {zone_text("z1", "initializing"), "/v4/zones/z1", "is initializing"},
      {R"({"id":"z1","name":"example.net"})", "/v4/zones/z1", ""},
  };
  for (const auto& row : cases) {
    zones_ = row.zones;
    clock_.now += std::chrono::hours(1);
    EXPECT_EQ(asked(), row.asked) << row.zones;
    EXPECT_THAT(provider_->notice(), HasSubstr(row.notice)) << row.zones;
    EXPECT_EQ(provider_->notice().empty(), *row.notice == '\0') << provider_->notice();
  }
}

TEST_F(CloudflareZonesTest, WithoutOneThatServesNothingIsWritten) {
  for (const char* status : {"moved", "deleted", "deactivated", "read only", "no such status"}) {
    zones_ = zone_text("z1", status);
    EXPECT_THAT(asked(), HasSubstr("NOT_FOUND")) << status;
    EXPECT_THAT(asked(), HasSubstr("and serves no one")) << status;
  }
  EXPECT_EQ(server_.count("GET", "/v4/zones/"), 0U);
}

TEST_F(CloudflareZonesTest, AZoneThatMovesIsLeftSoon) {
  zones_ = zone_text("z1", "active");
  EXPECT_EQ(asked(), "/v4/zones/z1");
  zones_ = zone_text("z1", "moved") + "," + zone_text("z2", "active");
  EXPECT_EQ(asked(), "/v4/zones/z1");
  clock_.now += std::chrono::minutes(10);
  EXPECT_EQ(asked(), "/v4/zones/z2");
}

TEST_F(CloudflareZonesTest, WhatIsNoListOfZonesIsSaid) {
  for (const char* zones : {R"({"name":"example.net"})", "7", R"({"id":7})"}) {
    zones_ = zones;
    EXPECT_THAT(asked(), HasSubstr("UNAVAILABLE")) << zones;
  }
}

TEST_F(CloudflareTest, ATokenFileIsReadForEachCall) {
  int tokens = 0;
  server_ = std::make_unique<ScriptedServer>(
      [](const auto&) { return ScriptedServer::Reaction{http_answer(200, kNone)}; });
  CloudflareOptions options;
  options.url = server_->url("/v4");
  options.pause = std::chrono::milliseconds(0);
  options.read_token = [&tokens]() -> absl::StatusOr<base::Secret> {
    if (tokens == 2) return absl::InvalidArgumentError("-dns_token: /t holds nothing");
    return base::Secret("token-" + std::to_string(++tokens));
  };
  provider_ = create_cloudflare(std::move(options));
  EXPECT_EQ(find().status().code(), StatusCode::kInvalidArgument);
  const auto seen = server_->seen();
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_EQ(seen[0].headers.at("authorization"), "Bearer token-1");
  EXPECT_EQ(seen[1].headers.at("authorization"), "Bearer token-2");
}

}  // namespace
}  // namespace mex::dns
