#include "nginx/model/instance_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/status.h"
#include "nginx/model/testing.h"

namespace mex::nginx {
namespace {

using testing::everything;
using ::testing::HasSubstr;
using testing::https;
using testing::tcp;
using testing::three_ports;
using testing::udp;

TEST(InstanceCheckTest, AcceptsWhatThereIs) {
  EXPECT_TRUE(check(three_ports()).ok()) << check(three_ports());
  EXPECT_TRUE(check(everything()).ok()) << check(everything());
}

TEST(InstanceCheckTest, TheMastersOfAClusterAreItsOrigins) {
  const Instance proxy = testing::cluster_proxy(ApiAccess::Read);
  EXPECT_TRUE(check(proxy).ok()) << check(proxy);
  const struct {
    const char* field;
    std::function<void(Instance&)> spoil;
  } cases[] = {
      {"cluster", [](Instance& i) { i.cluster.name = "a b"; }},
      {"tenant", [](Instance& i) { i.cluster.tenant = ""; }},
      {"cluster", [](Instance& i) { i.cluster.name = ""; }},
      {"cluster", [](Instance& i) { i.kind = Kind::Ports; }},
      {"ports", [](Instance& i) { i.ports.push_back(tcp(1, "10.0.0.1:1")); }},
      {"ports", [](Instance& i) { i.ports[0].origins = tcp(1, "10.0.0.1:1").origins; }},
      {"ports", [](Instance& i) { i.ports[0].path = "/api/"; }},
      {"ports", [](Instance& i) { i.ports[0].tls = false; }},
      {"ports", [](Instance& i) { i.ports[0].protocol = Protocol::Tcp; }},
      {"ports", [](Instance& i) { i.network = "apps"; }},
  };
  for (const auto& row : cases) {
    Instance spoilt = proxy;
    row.spoil(spoilt);
    EXPECT_EQ(check(spoilt).code(), absl::StatusCode::kInvalidArgument) << check(spoilt);
    EXPECT_EQ(base::detail_of(check(spoilt)).field, row.field) << check(spoilt);
  }
}

TEST(InstanceCheckTest, HealthChecks) {
  const auto with_health = [](const HealthCheck& check) {
    Instance instance = three_ports();
    for (Port& port : instance.ports) {
      if (port.protocol != Protocol::Udp) port.health = check;
    }
    return instance;
  };
  using std::chrono::seconds;
  for (const HealthCheck& check :
       {HealthCheck{}, HealthCheck{.path = "/healthz", .status = 204},
        HealthCheck{.interval = seconds(3600), .timeout = seconds(60), .rise = 10, .fall = 10}}) {
    EXPECT_TRUE(nginx::check(with_health(check)).ok()) << nginx::check(with_health(check));
  }
  const struct {
    const char* field;
    HealthCheck check;
  } cases[] = {{"path", {.path = "/a b"}},
               {"path", {.path = "healthz"}},
               {"status", {.status = 200}},
               {"status", {.path = "/", .status = 199}},
               {"status", {.path = "/", .status = 600}},
               {"interval", {.interval = seconds(0)}},
               {"interval", {.interval = seconds(3601)}},
               {"timeout", {.timeout = seconds(0)}},
               {"timeout", {.interval = seconds(1), .timeout = seconds(2)}},
               {"timeout", {.interval = seconds(90), .timeout = seconds(61)}},
               {"rise", {.rise = 0}},
               {"rise", {.rise = 11}},
               {"fall", {.fall = 0}},
               {"fall", {.fall = 11}}};
  for (const auto& row : cases) {
    const absl::Status status = nginx::check(with_health(row.check));
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << row.field;
    EXPECT_EQ(base::detail_of(status).field, std::string("ports[0].health.") + row.field);
  }
}

TEST(InstanceCheckTest, HealthIsLookedAfterWhereTheAgentCanAsk) {
  const struct {
    const char* field;
    std::function<void(Instance&)> spoil;
  } cases[] = {
      {"ports[2].health", [](Instance& i) { i.ports[2].health = HealthCheck{}; }},
      {"ports[1].health",
       [](Instance& i) {
         i.network = "apps";
         for (Port& port : i.ports) port.origins = tcp(1, "10.0.0.1:1").origins;
         i.ports[1].health = HealthCheck{};
       }},
      {"ports[1].health.path",
       [](Instance& i) {
         i.ports[1].server_name = "a.example";
         i.ports[1].health = HealthCheck{.path = "/"};
       }},
  };
  for (const auto& row : cases) {
    Instance instance = three_ports();
    row.spoil(instance);
    EXPECT_EQ(base::detail_of(check(instance)).field, row.field) << check(instance);
  }
  Instance proxy = testing::cluster_proxy(ApiAccess::Read);
  proxy.ports[0].health = HealthCheck{};
  EXPECT_EQ(base::detail_of(check(proxy)).field, "ports[0].health");
}

TEST(InstanceCheckTest, AWayToAClusterIsWhole) {
  const ClusterApi api = testing::cluster_api();
  EXPECT_TRUE(check(api).ok()) << check(api);
  ClusterApi spoilt = api;
  spoilt.masters.clear();
  EXPECT_TRUE(absl::IsInternal(check(spoilt)));
  spoilt = api;
  spoilt.server_name = "x; y";
  EXPECT_TRUE(absl::IsInternal(check(spoilt)));
  spoilt = api;
  spoilt.masters[0].host = "x y";
  EXPECT_TRUE(absl::IsInternal(check(spoilt)));
}

TEST(InstanceCheckTest, AUserIsNameAndHash) {
  EXPECT_TRUE(check({User{"ann", "$2b$05$x"}}).ok());
  const absl::Status refused = check({User{"a:b", "$2b$05$x"}});
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_EQ(base::detail_of(refused).field, "users");
  EXPECT_THAT(std::string(base::message_of(refused)), HasSubstr("hashed passwords"));
}

TEST(InstanceCheckTest, WhatAClientMayTakeIsTheOperators) {
  Instance instance = three_ports();
  instance.max_connections = 64;
  instance.ports[0].client_limits = {.connections = 1, .requests_per_second = 1, .burst = 1};
  instance.ports[1].client_limits = ClientLimits{.connections = 1000000};
  EXPECT_TRUE(check(instance).ok()) << check(instance);
  EXPECT_EQ(client_limits_of(instance, instance.ports[0]).burst, 1U);
  EXPECT_EQ(client_limits_of(instance, instance.ports[2]), ClientLimits());
  const Instance password = testing::cluster_proxy(ApiAccess::Read);
  EXPECT_LT(client_limits_of(password, password.ports[0]).requests_per_second,
            ClientLimits().requests_per_second);
}

// Its name is the agent's to look up, and what nginx reads is an address.
TEST(InstanceCheckTest, OnTheMachineANameMayBeUnix) {
  EXPECT_TRUE(check(testing::instance("a", {tcp(1, "unix:80")})).ok());
}

TEST(InstanceCheckTest, OneNumberMayBeTcpAndUdp) {
  const Instance both = testing::instance("a", {tcp(53, "10.0.0.1:53"), udp(53, "10.0.0.1:53")});
  EXPECT_TRUE(check(both).ok()) << check(both);
}

struct Refusal {
  const char* name;
  std::function<void(Instance&)> spoil;
  const char* field;
  const char* text;
};

class InstanceRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(InstanceRefusalTest, NamesTheFieldAndWhatWouldBeRight) {
  Instance instance = three_ports();
  GetParam().spoil(instance);
  const absl::Status status = check(instance);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(base::detail_of(status).field, GetParam().field);
  EXPECT_THAT(std::string(base::message_of(status)), HasSubstr(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    All, InstanceRefusalTest,
    ::testing::Values(
        Refusal{"name", [](Instance& i) { i.name = "../x"; }, "name", "must be letters"},
        Refusal{"network", [](Instance& i) { i.network = "a b"; }, "network", "container network"},
        Refusal{"none", [](Instance& i) { i.network = "none"; }, "network", "container network"},
        Refusal{"host", [](Instance& i) { i.network = "host"; }, "network", "empty for the host"},
        Refusal{"no_ports", [](Instance& i) { i.ports.clear(); }, "ports", "missing ports"},
        Refusal{"many_ports", [](Instance& i) { i.ports.resize(4097); }, "ports", "at most 4096"},
        Refusal{"no_number", [](Instance& i) { i.ports[1].external = 0; }, "ports[1].external",
                "1 to 65535"},
        Refusal{"no_origin", [](Instance& i) { i.ports[1].origins.clear(); }, "ports[1].origin",
                "host:port"},
        Refusal{"many_origins",
                [](Instance& i) { i.ports[1].origins.resize(65, i.ports[1].origins[0]); },
                "ports[1].origins", "at most 64"},
        Refusal{"bad_origin", [](Instance& i) { i.ports[1].origins[0].host = "a;b"; },
                "ports[1].origin", "is not host:port"},
        Refusal{"weight", [](Instance& i) { i.ports[1].origins[0].weight = 1001; },
                "ports[1].origins.weight", "1 to 1000"},
        Refusal{"itself", [](Instance& i) { i.network = "apps"; }, "ports[0].origin",
                "is the instance itself"},
        Refusal{"path", [](Instance& i) { i.ports[0].path = "/a;}"; }, "ports[0].path",
                "such as /hello"},
        Refusal{"block", [](Instance& i) { i.ports[0].allowed = {"all"}; }, "ports[0].allowed",
                "10.0.0.0/8"},
        Refusal{"many_blocks", [](Instance& i) { i.ports[0].allowed.assign(1025, "10.0.0.1"); },
                "ports[0].allowed", "at most 1024"},
        Refusal{"clients_without_tls",
                [](Instance& i) { i.ports[1].client_authorities = "-----BEGIN CERTIFICATE-----"; },
                "ports[1].client_authorities", "set tls"},
        Refusal{"clients_not_pem", [](Instance& i) { i.ports[0].client_authorities = "x"; },
                "ports[0].client_authorities", "in PEM"},
        Refusal{"connect_timeout",
                [](Instance& i) { i.ports[0].connect_timeout = std::chrono::seconds(0); },
                "ports[0].connect_timeout", "1 to 86400"},
        Refusal{"idle_timeout",
                [](Instance& i) { i.ports[0].idle_timeout = std::chrono::hours(25); },
                "ports[0].idle_timeout", "1 to 86400"},
        Refusal{"udp_tls", [](Instance& i) { i.ports[2].tls = true; }, "ports[2].tls",
                "none for UDP"},
        Refusal{"udp_proxy", [](Instance& i) { i.ports[2].accept_proxy_protocol = true; },
                "ports[2].takes_proxy_protocol", "none for UDP"},
        Refusal{"http_sends", [](Instance& i) { i.ports[0].send_proxy_protocol = true; },
                "ports[0].sends_proxy_protocol", "is for TCP"},
        Refusal{"http_name", [](Instance& i) { i.ports[0].server_name = "a.b"; },
                "ports[0].server_name", "TLS ends at the origin"},
        Refusal{"name_and_tls",
                [](Instance& i) {
                  i.ports[1].server_name = "a.b";
                  i.ports[1].tls = true;
                },
                "ports[1].server_name", "TLS ends at the origin"},
        Refusal{"server_name", [](Instance& i) { i.ports[1].server_name = "A"; },
                "ports[1].server_name", "DNS name"},
        Refusal{"same_path", [](Instance& i) { i.ports.push_back(i.ports[0]); },
                "ports[3].external", "is used by another port"},
        Refusal{"same_tcp", [](Instance& i) { i.ports.push_back(i.ports[1]); }, "ports[3].external",
                "is used by another port"},
        Refusal{"same_udp", [](Instance& i) { i.ports.push_back(i.ports[2]); }, "ports[3].external",
                "is used by another port"},
        Refusal{"http_and_tcp", [](Instance& i) { i.ports[1].external = 8888; },
                "ports[1].external", "is used by another port"},
        Refusal{"disagree",
                [](Instance& i) {
                  i.ports.push_back(https(8888, "10.0.0.1:80", "/other"));
                  i.ports[3].allowed = {"10.0.0.0/8"};
                },
                "ports[3].external", "must agree"},
        Refusal{"other_limits",
                [](Instance& i) {
                  i.ports.push_back(https(8888, "10.0.0.1:80", "/other"));
                  i.ports[3].client_limits = ClientLimits();
                },
                "ports[3].external", "must agree"},
        Refusal{"no_connections",
                [](Instance& i) { i.ports[1].client_limits = ClientLimits{.connections = 0}; },
                "ports[1].client_limits.connections", "1 to 1000000"},
        Refusal{"no_requests",
                [](Instance& i) { i.ports[0].client_limits = ClientLimits{.requests_per_second = 0}; },
                "ports[0].client_limits.requests_per_second", "1 to 1000000"},
        Refusal{"large_burst",
                [](Instance& i) { i.ports[0].client_limits = ClientLimits{.burst = 1000001}; },
                "ports[0].client_limits.burst", "1 to 1000000"},
        Refusal{"requests_of_tcp",
                [](Instance& i) { i.ports[1].client_limits = ClientLimits{.requests_per_second = 5}; },
                "ports[1].client_limits", "on HTTP ports only"},
        Refusal{"few_connections", [](Instance& i) { i.max_connections = 63; }, "max_connections",
                "64 to 65536"},
        Refusal{"many_connections", [](Instance& i) { i.max_connections = 65537; },
                "max_connections", "64 to 65536"},
        // nginx would take it for the path of a socket.
        Refusal{"unix",
                [](Instance& i) {
                  i.network = "apps";
                  for (Port& port : i.ports) port.origins[0].host = "unix";
                },
                "ports[0].origin", "the path of a socket"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace mex::nginx
