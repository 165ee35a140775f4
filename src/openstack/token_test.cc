#include "openstack/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/status.h"

namespace mex::openstack {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

CloudConfig config_for(PasswordLogin login) {
  CloudConfig config;
  config.auth_url = "http://c:5000/v3";
  config.login = std::move(login);
  return config;
}

TEST(TokenTest, ThePasswordRequestByNames) {
  const CloudConfig config = config_for({.user_id = "",
                                         .user_name = "demo",
                                         .user_domain = {.id = "", .name = "people"},
                                         .password = base::Secret("p\"\xff"),
                                         .project_id = "",
                                         .project_name = "edge",
                                         .project_domain = {.id = "d1", .name = ""}});
  const json body = json::parse(token_request_body(config));
  EXPECT_EQ(body, json::parse(R"({"auth": {
      "identity": {"methods": ["password"], "password": {"user": {
          "name": "demo", "domain": {"name": "people"}, "password": "p\"\ufffd"}}},
      "scope": {"project": {"name": "edge", "domain": {"id": "d1"}}}}})"));
}

TEST(TokenTest, ThePasswordRequestByIds) {
  const CloudConfig config = config_for({.user_id = "u1",
                                         .user_name = "",
                                         .user_domain = {},
                                         .password = base::Secret("p"),
                                         .project_id = "p1",
                                         .project_name = "",
                                         .project_domain = {}});
  EXPECT_EQ(json::parse(token_request_body(config)), json::parse(R"({"auth": {
      "identity": {"methods": ["password"], "password": {"user": {"id": "u1", "password": "p"}}},
      "scope": {"project": {"id": "p1"}}}})"));
}

TEST(TokenTest, TheRequestOfAnApplicationCredentialHasNoScope) {
  CloudConfig config;
  ApplicationCredential credential;
  credential.id = "c1";
  credential.secret = base::Secret("s");
  config.login = credential;
  EXPECT_EQ(json::parse(token_request_body(config)), json::parse(R"({"auth": {"identity": {
      "methods": ["application_credential"],
      "application_credential": {"id": "c1", "secret": "s"}}}})"));
  credential.id.clear();
  credential.name = "agent";
  credential.user_name = "demo";
  credential.user_domain.name = "Default";
  config.login = credential;
  EXPECT_EQ(json::parse(token_request_body(config)), json::parse(R"({"auth": {"identity": {
      "methods": ["application_credential"],
      "application_credential": {"name": "agent", "secret": "s",
                                 "user": {"name": "demo", "domain": {"name": "Default"}}}}}})"));
}

TEST(TokenTest, DescriptionsHoldNoSecret) {
  PasswordLogin login;
  login.user_name = "demo";
  login.user_domain.name = "people";
  login.project_id = "p1";
  login.password = base::Secret("hush");
  const std::string text = login_to_string(config_for(login));
  EXPECT_EQ(text, "log in at http://c:5000/v3 (user 'demo' of domain 'people', project 'p1')");
  CloudConfig config;
  ApplicationCredential credential;
  credential.id = "c1";
  credential.secret = base::Secret("hush");
  config.login = credential;
  EXPECT_THAT(login_to_string(config), Not(HasSubstr("hush")));
}

http_client::Response keystone_answer(const json& token) {
  return {.status = 201,
          .headers = {{.name = "X-Subject-Token", .value = "gAAAA"}},
          .body = json{{"token", token}}.dump()};
}

json good_token() {
  return json::parse(R"({
      "issued_at": "2026-11-22T13:00:00.000000Z", "expires_at": "2026-11-22T14:00:00.000000Z",
      "project": {"id": "p1", "name": "edge"},
      "catalog": [{"type": "compute", "name": "nova", "endpoints": [
          {"interface": "public", "region": "one", "region_id": "one", "url": "http://c:8774"},
          {"interface": "admin", "region_id": "two", "url": "http://d:8774"}]}]})");
}

TEST(TokenTest, ReadsTokenProjectAndCatalog) {
  const auto token = read_token(keystone_answer(good_token()), base::SteadyTime());
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ((*token)->id.reveal(), "gAAAA");
  EXPECT_EQ((*token)->owner.project_id, "p1");
  ASSERT_EQ((*token)->catalog.size(), 2U);
  EXPECT_EQ((*token)->catalog[0].url, "http://c:8774");
  EXPECT_EQ((*token)->catalog[1].region, "two");
}

TEST(TokenTest, IsRenewedInTimeAlsoWhenItsLifeIsShort) {
  const base::SteadyTime asked_at{};
  const auto long_lived = *read_token(keystone_answer(good_token()), asked_at);
  EXPECT_EQ(long_lived->expires_at, asked_at + minutes(60));
  EXPECT_EQ(long_lived->renew_at, asked_at + minutes(58));
  json short_token = good_token();
  short_token["expires_at"] = "2026-11-22T13:00:15.000000Z";
  const auto short_lived = *read_token(keystone_answer(short_token), asked_at);
  EXPECT_EQ(short_lived->renew_at, asked_at + seconds(12));
}

TEST(TokenTest, AnswersThatKeystoneWouldNotGive) {
  std::vector<std::pair<std::string, json>> cases;
  const auto broken = [&](const std::string& what, const char* pointer, const json& value) {
    json token = good_token();
    token[json::json_pointer(pointer)] = value;
    cases.emplace_back(what, token);
  };
  broken("times", "/issued_at", "yesterday");
  broken("expires_at", "/expires_at", 7);
  broken("project", "/project", "p1");
  broken("id", "/project/id", nullptr);
  broken("catalog", "/catalog", 7);
  broken("endpoints", "/catalog/0/endpoints", "x");
  broken("url", "/catalog/0/endpoints/0/url", json::array());
  broken("catalog", "/catalog/0", 7);
  for (const auto& [what, token] : cases) {
    const auto result = read_token(keystone_answer(token), base::SteadyTime());
    EXPECT_TRUE(absl::IsInternal(result.status())) << token;
    EXPECT_THAT(base::message_of(result.status()), HasSubstr(what)) << token;
  }
  http_client::Response answer = keystone_answer(good_token());
  answer.headers.clear();
  EXPECT_TRUE(absl::IsInternal(read_token(answer, base::SteadyTime()).status()));
  for (const std::string body : {"", "<html>", "[]", "{}", R"({"token": 7})"}) {
    answer = keystone_answer(good_token());
    answer.body = body;
    EXPECT_TRUE(absl::IsInternal(read_token(answer, base::SteadyTime()).status())) << body;
  }
}

}  // namespace
}  // namespace mex::openstack
