#include "api/v1/nginx_proto.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;
using nginx::Protocol;

v1::NginxProxy proxy_of(const std::string& json) {
  v1::NginxProxy proxy;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &proxy).ok()) << json;
  return proxy;
}

constexpr char kEverything[] = R"({"name":"all","network":"apps","ports":[
  {"name":"web","protocol":"HTTP","external":8443,"path":"/a","tls":true,
   "origins":[{"address":"10.0.0.1:80"},{"address":"[fd00::7]:80","weight":3}],
   "client_authorities":"-----BEGIN CERTIFICATE-----","allowed":["10.0.0.0/8"],
   "takes_proxy_protocol":true,"connect_timeout":"3s","idle_timeout":"90s",
   "health":{"path":"/healthz","status":204,"interval":"1s","rise":3}},
  {"protocol":"TCP","external":443,"server_name":"a.example","sends_proxy_protocol":true,
   "origins":[{"address":"10.0.0.2:443"}]},
  {"protocol":"UDP","external":53,"origins":[{"address":"10.0.0.3:53"}]}]})";

TEST(NginxProtoTest, WhatIsGivenIsWhatIsShown) {
  const auto instance = from_nginx_proxy(proxy_of(kEverything));
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ(instance->ports[0].protocol, Protocol::Http);
  EXPECT_EQ(instance->ports[0].origins[1].weight, 3U);
  EXPECT_EQ(instance->ports[0].idle_timeout, std::chrono::seconds(90));
  const nginx::HealthCheck check{.path = "/healthz",
                                 .status = 204,
                                 .interval = std::chrono::seconds(1),
                                 .timeout = std::chrono::seconds(1),
                                 .rise = 3,
                                 .fall = 3};
  EXPECT_EQ(instance->ports[0].health, check);
  EXPECT_FALSE(instance->ports[1].health);
  EXPECT_EQ(instance->ports[1].idle_timeout, std::chrono::seconds(600));
  EXPECT_EQ(instance->ports[2].idle_timeout, std::chrono::seconds(60));
  nginx::InstanceView view;
  view.instance = *instance;
  view.problem = "gone";
  view.health = {{.port = 0,
                  .origin = 1,
                  .address = "[fd00::7]:80",
                  .is_known = true,
                  .is_up = false,
                  .problem = "answered 500",
                  .since = {}},
                 {.port = 0, .origin = 2, .address = "gone"},
                 {.port = 3, .origin = 0, .address = "gone"}};
  nginx::count_session("53 UDP 200 1 2 0.1", view.traffic);
  const v1::NginxProxy shown = to_nginx_proxy(view, "docker");
  EXPECT_EQ(from_nginx_proxy(shown).value(), *instance);
  ASSERT_EQ(shown.ports(0).origins(1).health_size(), 1);
  EXPECT_EQ(shown.ports(0).origins(1).health(0).state(), "DOWN");
  EXPECT_EQ(shown.ports(0).origins(1).health(0).reason(), "answered 500");
  EXPECT_EQ(shown.state(), "FAILED");
  EXPECT_EQ(shown.reason(), "gone");
  EXPECT_EQ(shown.runtime(), "docker");
  EXPECT_EQ(shown.traffic(0).protocol(), v1::NginxProxyPort::UDP);
  EXPECT_EQ(shown.traffic(0).ended_2xx(), 1U);
}

TEST(NginxProtoTest, LimitsAreShownWhereTheyAreGiven) {
  const auto given = from_nginx_proxy(proxy_of(R"({"name":"a","max_connections":100,"ports":[
    {"protocol":"HTTP","external":80,"origins":[{"address":"a.example:80"}],
     "client_limits":{"connections":5}},
    {"protocol":"TCP","external":81,"origins":[{"address":"10.0.0.1:80"}]}]})"));
  ASSERT_TRUE(given.ok()) << given.status();
  EXPECT_EQ(given->max_connections, 100U);
  nginx::InstanceView view;
  view.instance = *given;
  view.origin_problems = {{0, 0, "a.example: no such name"}, {0, 7, "gone"}, {7, 0, "gone"}};
  nginx::count_session("81 TCP 503 0 0 0.0 REJECTED -", view.traffic);
  const v1::NginxProxy shown = to_nginx_proxy(view, "process");
  EXPECT_EQ(shown.max_connections(), 100);
  EXPECT_EQ(shown.ports(0).client_limits().connections(), 5);
  EXPECT_EQ(shown.ports(0).client_limits().burst(), 2000) << "what is not given, as it is";
  EXPECT_FALSE(shown.ports(1).has_client_limits());
  EXPECT_EQ(shown.ports(0).origins(0).reason(), "a.example: no such name");
  EXPECT_EQ(shown.traffic(0).refused(), 1U);
  for (
      const char* wrong :
      {R"({"name":"a","max_connections":-1})",
       R"({"name":"a","ports":[{"protocol":"TCP","external":1,"client_limits":{"connections":-1}}]})",
       R"({"name":"a","ports":[{"protocol":"TCP","external":1,"client_limits":{"burst":-1}}]})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(from_nginx_proxy(proxy_of(wrong)).status())) << wrong;
  }
}

TEST(NginxProtoTest, RefusalsNameTheField) {
  const struct {
    const char* port;
    const char* field;
  } cases[] = {
      {R"({"external":80})", "ports[0].protocol"},
      {R"({"protocol":"TCP"})", "ports[0].external"},
      {R"({"protocol":"TCP","external":65536})", "ports[0].external"},
      {R"({"protocol":"TCP","external":-1})", "ports[0].external"},
      {R"({"protocol":"TCP","external":80,"origins":[{"address":"x"}]})",
       "ports[0].origins[0].address"},
      {R"({"protocol":"TCP","external":80,"origins":[{"address":"x:1","weight":-1}]})",
       "ports[0].origins[0].weight"},
      {R"({"protocol":"TCP","external":80,"idle_timeout":"1.5s"})", "ports[0].idle_timeout"},
      {R"({"protocol":"TCP","external":80,"health":{"interval":"0.5s"}})",
       "ports[0].health.interval"},
      {R"({"protocol":"TCP","external":80,"health":{"timeout":"0.5s"}})",
       "ports[0].health.timeout"},
      {R"({"protocol":"TCP","external":80,"health":{"status":-1}})", "ports[0].health.status"},
      {R"({"protocol":"TCP","external":80,"health":{"rise":-1}})", "ports[0].health.rise"},
      {R"({"protocol":"TCP","external":80,"health":{"fall":-1}})", "ports[0].health.fall"},
      {R"({"protocol":"TCP","external":80,"connect_timeout":"0.5s"})", "ports[0].connect_timeout"},
  };
  for (const auto& row : cases) {
    const auto instance =
        from_nginx_proxy(proxy_of(std::string(R"({"name":"a","ports":[)") + row.port + "]}"));
    EXPECT_EQ(instance.status().code(), absl::StatusCode::kInvalidArgument) << row.port;
    EXPECT_EQ(base::detail_of(instance.status()).field, row.field) << row.port;
  }
}

}  // namespace
}  // namespace mex::api
