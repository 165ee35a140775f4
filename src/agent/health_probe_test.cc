#include "agent/health_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"
#include "http_client/scripted_server.h"

namespace mex::agent {
namespace {

using ::testing::HasSubstr;

net::Address address_of(const http_client::ScriptedServer& server) {
  const std::string url = server.url();
  return *net::Address::parse(url.substr(url.find("//") + 2));
}

http_client::ScriptedServer answering(std::string head_and_body) {
  return http_client::ScriptedServer([head_and_body](const auto&) {
    return http_client::ScriptedServer::Reaction{head_and_body};
  });
}

TEST(HealthProbeTest, AnAgentThatIsWell) {
  http_client::ScriptedServer agent = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_TRUE(probe_health(address_of(agent)).ok());
  EXPECT_EQ(agent.count("GET", "/healthz"), 1U);
}

TEST(HealthProbeTest, AListenerOfEveryAddressIsAskedOverLoopback) {
  http_client::ScriptedServer agent = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const net::Address everywhere =
      *net::Address::parse(":" + std::to_string(address_of(agent).port()));
  EXPECT_TRUE(probe_health(everywhere).ok());
}

TEST(HealthProbeTest, WhatElseAnswersIsQuoted) {
  http_client::ScriptedServer other =
      answering("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
  const absl::Status health = probe_health(address_of(other));
  EXPECT_THAT(std::string(base::message_of(health)), HasSubstr("answered 503: busy"));
}

TEST(HealthProbeTest, NothingListens) {
  std::string url;
  {
    http_client::ScriptedServer gone = answering("");
    url = gone.url();
  }
  EXPECT_EQ(probe_health(*net::Address::parse(url.substr(url.find("//") + 2))).code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace mex::agent
