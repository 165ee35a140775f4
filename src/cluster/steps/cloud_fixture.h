#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cluster/spec/spec_fixture.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/perform.h"
#include "http_client/scripted_server.h"
#include "openstack/demo_login.h"

namespace mex::cluster {

// For tests: steps against answers that are written down, by "METHOD /path?query" as they are sent.
// What has no answer is a 404.
class CloudTest : public testing::Test {
 protected:
  using Seen = http_client::ScriptedServer::Seen;

  struct Answer {
    int status = 200;
    std::string body;
    std::string headers{};  // lines that end in CRLF
  };

  // The answers to that call; the last one is given again and again.
  void answer(const std::string& call, std::vector<Answer> answers) {
    answers_[call] = std::move(answers);
  }
  void answer(const std::string& call, std::string body) {
    answer(call, {{.status = 200, .body = std::move(body)}});
  }

  Outcome performed(Action action) { return performed(std::move(action), false); }
  // Another attempt: what is there already is looked for.
  Outcome performed_again(Action action) { return performed(std::move(action), true); }

  // What was found; the test fails if it was refused.
  Discovered discovered(Action action) {
    const Outcome outcome = performed(std::move(action));
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    Discovered discovered;
    if (outcome.apply_to) outcome.apply_to(discovered);
    return discovered;
  }
  absl::Status refused(Action action) {
    const Outcome outcome = performed(std::move(action));
    EXPECT_FALSE(outcome.status.ok());
    return outcome.status;
  }
  std::size_t calls(std::string_view method, std::string_view target) const {
    return server_.count(method, target);
  }

  // A service that the catalog does not have.
  void leave_out(std::string service) { left_out_ = std::move(service); }
  // Of the latest call.
  std::string last_body() const { return server_.seen().back().body; }

  Cloud& cloud() { return cloud_; }
  static openstack::CallContext in_time() {
    return {{.deadline = base::system_clock().steady_now() + std::chrono::minutes(1)}};
  }

  ClusterSpec spec_ = test_spec();
  ResourceIds resources_;

 private:
  http_client::ScriptedServer::Reaction react(const Seen& request) {
    Answer reply{.status = 404, .body = R"({"itemNotFound": {"message": "not there"}})"};
    if (request.target == "/v3/auth/tokens") reply = login(request.headers.at("host"));
    const auto written = answers_.find(request.method + " " + request.target);
    if (written != answers_.end()) {
      reply = written->second.front();
      if (written->second.size() > 1) written->second.erase(written->second.begin());
    }
    return {.bytes = http_client::http_answer(reply.status, reply.body, reply.headers),
            .then = http_client::ScriptedServer::Then::KeepOpen};
  }

  Outcome performed(Action action, bool check_existing) {
    Attempt attempt{.action = std::move(action),
                    .spec = spec_,
                    .owner = test_owner(),
                    .resources = resources_,
                    .check_existing = check_existing,
                    .may_repeat = true,
                    .api_server = nullptr,
                    .manifest = {}};
    return perform(cloud_, attempt, in_time());
  }

  Answer login(const std::string& host) const {
    std::string catalog;
    for (const std::string type : {"compute", "network", "image", "volumev3"}) {
      if (type == left_out_) continue;
      catalog +=
          fmt::format(R"({}{{"type": "{}", "endpoints": [{{"interface": "public", "region": "one",)"
                      R"( "url": "http://{}/{}"}}]}})",
                      catalog.empty() ? "" : ", ", type, host, type);
    }
    return {
        .status = 201,
        .body = fmt::format(R"({{"token": {{"issued_at": "2026-11-22T13:00:00Z",)"
                            R"( "expires_at": "2026-11-22T14:00:00Z", "project": {{"id": "p1"}},)"
                            R"( "catalog": [{}]}}}})",
                            catalog),
        .headers = "X-Subject-Token: t\r\n"};
  }

  std::string left_out_;
  std::map<std::string, std::vector<Answer>> answers_;
  http_client::ScriptedServer server_{[this](const Seen& request) { return react(request); }};
  Cloud cloud_{openstack::demo_login(server_.url("/v3"))};
};

}  // namespace mex::cluster
