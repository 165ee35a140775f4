#include "openstack/microversion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "http_client/scripted_server.h"
#include "openstack/demo_login.h"
#include "openstack/nova.h"
#include "openstack/session.h"

namespace mex::openstack {
namespace {

using http_client::http_answer;
using http_client::ScriptedServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Microversions, AreComparedByNumber) {
  EXPECT_EQ(parse_microversion("2.69"), kKnowsDownCells);
  EXPECT_LT(*parse_microversion("2.9"), *parse_microversion("2.10"));
  EXPECT_LT(*parse_microversion("2.99"), *parse_microversion("3.0"));
  EXPECT_EQ(to_string(kKnowsDownCells), "2.69");
  for (const char* none :
       {"", "2", "2.", ".69", "2.69.1", "2.x", "-2.1", "2.-1", "v2.1", "2.99999999999999999999"}) {
    EXPECT_EQ(parse_microversion(none), std::nullopt) << none;
  }
}

// A Nova of some age.
class NovaOfAge : public testing::Test {
 protected:
  static std::string up_to(const std::string& version) {
    return R"({"version": {"id": "v2.1", "min_version": "2.1", "version": ")" + version + R"("}})";
  }
  ScriptedServer::Reaction react(const ScriptedServer::Seen& request) {
    const auto answer = [](std::string bytes) {
      return ScriptedServer::Reaction{.bytes = std::move(bytes),
                                      .then = ScriptedServer::Then::KeepOpen};
    };
    if (request.target == "/v3/auth/tokens") {
      return answer(http_answer(
          201,
          R"({"token": {"issued_at": "2026-11-22T13:00:00Z", "expires_at": "2026-11-22T14:00:00Z",
              "project": {"id": "p1"}, "catalog": [{"type": "compute", "endpoints": [
              {"interface": "public", "region": "one", "url": "http://)" +
              request.headers.at("host") + R"("}]}]}})",
          "X-Subject-Token: t\r\n"));
    }
    if (request.target == "/v2.1/") {
      ++questions_;
      return answer(http_answer(document_status_, document_));
    }
    const auto version = request.headers.find("openstack-api-version");
    versions_.push_back(version == request.headers.end() ? "" : version->second);
    target_ = request.target;
    body_ = request.body;
    return answer(http_answer(200, answer_));
  }
  static CallContext context() {
    return {{.deadline = base::system_clock().steady_now() + std::chrono::minutes(1)}};
  }
  void create() {
    NewServer server;
    server.name = "s";
    server.description = "mine";
    server.tags = {"a"};
    server.metadata = {{"mex:agent", "x"}};
    answer_ = R"({"server": {"id": "s"}})";
    ASSERT_TRUE(nova_.create_server(server, context()).ok());
  }

  int document_status_ = 200;
  std::string document_;
  std::string answer_;
  int questions_ = 0;
  std::vector<std::string> versions_;
  std::string target_;
  std::string body_;
  ScriptedServer server_{[this](const ScriptedServer::Seen& request) { return react(request); }};
  Session session_{demo_login(server_.url("/v3")), {.max_attempts = 1}};
  Nova nova_{session_};
};

TEST_F(NovaOfAge, IsAskedOnceAndThenForTheHighestThatBothKnow) {
  document_ = up_to("2.90");
  answer_ = R"({"server": {"id": "s"}, "servers": [], "limits": {"absolute": {}}})";
  EXPECT_TRUE(nova_.get_server("s", context()).ok());
  EXPECT_TRUE(nova_.list_servers({.name = {}, .tags = {"a"}}, context()).ok());
  EXPECT_TRUE(nova_.quotas(context()).ok());
  EXPECT_TRUE(nova_.list_server_sources({}, context()).ok());
  EXPECT_THAT(versions_,
              ElementsAre("compute 2.69", "compute 2.69", "compute 2.52", "compute 2.46"));
  EXPECT_EQ(questions_, 1);
}

TEST_F(NovaOfAge, BeforeDownCellsIsReadAtItsOwnHighest) {
  document_ = up_to("2.60");
  answer_ = R"({"server": {"id": "s"}})";
  EXPECT_TRUE(nova_.get_server("s", context()).ok());
  EXPECT_THAT(versions_, ElementsAre("compute 2.60"));
}

TEST_F(NovaOfAge, WithoutTagsGetsNoneAndIsAskedForAllServers) {
  document_ = up_to("2.38");
  create();
  EXPECT_THAT(body_, Not(HasSubstr("tags")));
  EXPECT_THAT(body_, HasSubstr(R"("description":"mine")"));
  answer_ = R"({"servers": [{"id": "s", "description": "mine"}]})";
  const auto servers = nova_.list_servers({.name = {}, .tags = {"a"}}, context());
  ASSERT_TRUE(servers.ok()) << servers.status();
  EXPECT_THAT(target_, Not(HasSubstr("tags")));
  EXPECT_FALSE(servers->front().is_undescribed);
  EXPECT_THAT(versions_, ElementsAre("compute 2.38", "compute 2.38"));
}

TEST_F(NovaOfAge, OfTheFirstVersionKnowsAServersOwnerByItsMetadataAlone) {
  document_ = R"({"version": {"id": "v2.1", "version": "", "min_version": ""}})";
  create();
  EXPECT_THAT(body_, Not(HasSubstr("description")));
  EXPECT_THAT(body_, HasSubstr("mex:agent"));
  answer_ = R"({"server": {"id": "s", "name": "n", "metadata": {"mex:agent": "x"}}})";
  const auto server = nova_.get_server("s", context());
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE(server->is_undescribed);
  EXPECT_TRUE(absl::IsUnimplemented(nova_.replace_server_tags("s", {"a"}, context())));
  EXPECT_THAT(versions_, ElementsAre("compute 2.1", "compute 2.1"));
}

TEST_F(NovaOfAge, ThatDoesNotSayItIsTakenForOneOf2017) {
  for (const char* document : {"{}", "[]", R"({"version": {"version": "latest"}})"}) {
    Nova nova(session_);
    document_ = document;
    answer_ = R"({"server": {"id": "s"}})";
    EXPECT_TRUE(nova.get_server("s", context()).ok());
    EXPECT_EQ(versions_.back(), "compute 2.52") << document;
  }
}

TEST_F(NovaOfAge, ThatCannotSayItNowIsAskedAgain) {
  document_status_ = 503;
  answer_ = R"({"server": {"id": "s"}})";
  EXPECT_TRUE(nova_.get_server("s", context()).ok());
  document_status_ = 200;
  document_ = up_to("2.90");
  EXPECT_TRUE(nova_.get_server("s", context()).ok());
  EXPECT_THAT(versions_, ElementsAre("compute 2.52", "compute 2.69"));
}

// Nova's API guide, "down cells": GET /servers/{id} of a server whose cell is down.
TEST_F(NovaOfAge, SaysLittleOfAServerWhoseCellIsDown) {
  document_ = up_to("2.69");
  answer_ = R"({"server": {
      "OS-EXT-AZ:availability_zone": "UNKNOWN", "OS-EXT-STS:power_state": 0,
      "created": "2018-06-29T15:07:29Z", "id": "738fb1d9-4a1f-4a6c-8e4c-5b7a6d6c2f11",
      "flavor": {"disk": 1, "ephemeral": 0, "extra_specs": {}, "original_name": "m1.tiny",
                 "ram": 512, "swap": 0, "vcpus": 1},
      "image": {"id": "70a599e0-31e7-49b7-b260-868f441e862b", "links": []},
      "links": [], "status": "UNKNOWN", "tenant_id": "6f70656e737461636b20342065766572",
      "user_id": "fake"}})";
  const auto server = nova_.get_server("738fb1d9-4a1f-4a6c-8e4c-5b7a6d6c2f11", context());
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE(is_in_down_cell(*server));
  EXPECT_EQ(server->flavor_name, "m1.tiny");
  EXPECT_TRUE(server->description.empty() && server->tags.empty());
}

}  // namespace
}  // namespace mex::openstack
