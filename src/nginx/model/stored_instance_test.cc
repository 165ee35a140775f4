#include "nginx/model/stored_instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "nginx/model/testing.h"

namespace mex::nginx {
namespace {

StoredInstance stored(Instance instance) {
  return {std::move(instance), 64333, base::WallTime(std::chrono::milliseconds(1234567))};
}

TEST(StoredInstanceTest, ReadsWhatItWrote) {
  const Instance proxy = kubernetes_proxy("kcp", 8002, {}, ApiAccess::Read);
  for (const Instance& instance :
       {testing::three_ports(), testing::everything(), proxy,
        testing::cluster_proxy(ApiAccess::Read), testing::cluster_proxy(ApiAccess::ReadSecrets),
        testing::cluster_proxy(ApiAccess::Everything)}) {
    const StoredInstance written = stored(instance);
    const auto read = instance_from_json(to_json(written), "/nginx/x");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->instance, written.instance);
    EXPECT_EQ(read->status_port, written.status_port);
    EXPECT_EQ(read->changed_at, written.changed_at);
  }
  EXPECT_EQ(instance_key(proxy), "/nginx/kcp-nginx-kcproxy");
}

TEST(StoredInstanceTest, WhatIsSaidOfClientsAndKnownOfNamesIsKept) {
  StoredInstance written = stored(testing::three_ports());
  written.instance.max_connections = 100;
  written.instance.ports[0].client_limits = {
      .connections = 1, .requests_per_second = 2, .burst = 3};
  written.known_addresses = {{"a.example", {"10.0.0.1", "fd00::1"}}};
  const auto read = instance_from_json(to_json(written), "/nginx/x");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->instance, written.instance);
  EXPECT_EQ(read->known_addresses, written.known_addresses);
  written.known_addresses[0].addresses.emplace_back("10.0.0.1; evil");
  EXPECT_TRUE(absl::IsDataLoss(instance_from_json(to_json(written), "/nginx/x").status()));
}

TEST(StoredInstanceTest, IsWrittenAsEver) {
  EXPECT_EQ(
      to_json(stored(testing::everything())),
      R"({"access":"read","changed_at_ms":1234567,"cluster":"","format":2,"kind":"ports","name":"all",)"
      R"("network":"","ports":[{"allowed":["10.0.0.0/8","fd00::/8"],)"
      R"("client_authorities":"-----BEGIN CERTIFICATE-----\n","connect_timeout_s":10,)"
      R"("external":8443,"health":{"fall":3,"interval_s":5,"path":"/healthz","rise":2,)"
      R"("status":200,"timeout_s":2},"idle_timeout_s":60,"name":"",)"
      R"("origins":[{"host":"10.1.0.1","port":8080,"weight":1},{"host":"10.1.0.2",)"
      R"("port":8080,"weight":3}],"path":"/api/","protocol":"http",)"
      R"("sends_proxy_protocol":false,"server_name":"","takes_proxy_protocol":false,)"
      R"("tls":true},{"allowed":["10.0.0.0/8","fd00::/8"],)"
      R"("client_authorities":"-----BEGIN CERTIFICATE-----\n","connect_timeout_s":10,)"
      R"("external":8443,"idle_timeout_s":3600,"name":"","origins":[{"host":"fd00::7",)"
      R"("port":80,"weight":1}],"path":"/","protocol":"http","sends_proxy_protocol":false,)"
      R"("server_name":"","takes_proxy_protocol":false,"tls":true},{"allowed":[],)"
      R"("client_authorities":"","connect_timeout_s":10,"external":8080,"health":{"fall":3,)"
      R"("interval_s":5,"path":"","rise":2,"status":0,"timeout_s":2},"idle_timeout_s":60,)"
      R"("name":"","origins":[{"host":"svc.example","port":80,"weight":1}],"path":"/",)"
      R"("protocol":"http","sends_proxy_protocol":false,"server_name":"",)"
      R"("takes_proxy_protocol":true,"tls":false},{"allowed":[],"client_authorities":"",)"
      R"("connect_timeout_s":10,"external":9443,"idle_timeout_s":600,"name":"",)"
      R"("origins":[{"host":"10.3.0.1","port":443,"weight":1}],"path":"/","protocol":"tcp",)"
      R"("sends_proxy_protocol":true,"server_name":"a.example",)"
      R"("takes_proxy_protocol":false,"tls":false},{"allowed":[],"client_authorities":"",)"
      R"("connect_timeout_s":10,"external":9443,"idle_timeout_s":600,"name":"",)"
      R"("origins":[{"host":"10.3.0.2","port":443,"weight":1}],"path":"/","protocol":"tcp",)"
      R"("sends_proxy_protocol":true,"server_name":"","takes_proxy_protocol":false,)"
      R"("tls":false},{"allowed":[],"client_authorities":"","connect_timeout_s":10,)"
      R"("external":9443,"idle_timeout_s":600,"name":"","origins":[{"host":"10.3.0.1",)"
      R"("port":443,"weight":1}],"path":"/","protocol":"tcp","sends_proxy_protocol":true,)"
      R"("server_name":"*.b.example","takes_proxy_protocol":false,"tls":false},)"
      R"({"allowed":[],"client_authorities":"-----BEGIN CERTIFICATE-----\n",)"
      R"("connect_timeout_s":10,"external":9444,"idle_timeout_s":600,"name":"",)"
      R"("origins":[{"host":"10.3.0.3","port":1883,"weight":1}],"path":"/",)"
      R"("protocol":"tcp","sends_proxy_protocol":false,"server_name":"",)"
      R"("takes_proxy_protocol":false,"tls":true},{"allowed":["192.0.2.7"],)"
      R"("client_authorities":"","connect_timeout_s":10,"external":5353,)"
      R"("idle_timeout_s":60,"name":"","origins":[{"host":"10.4.0.1","port":53,)"
      R"("weight":1}],"path":"/","protocol":"udp","sends_proxy_protocol":false,)"
      R"("server_name":"","takes_proxy_protocol":false,"tls":false}],"status_port":64333,)"
      R"("tenant":""})");
  EXPECT_EQ(
      to_json(stored(testing::cluster_proxy(ApiAccess::ReadSecrets))),
      R"({"access":"read-secrets","changed_at_ms":1234567,"cluster":"test-1",)"
      R"("format":2,"kind":"kubernetes-proxy","name":"kcp","network":"","ports":[{"allowed":[],)"
      R"("client_authorities":"","connect_timeout_s":3,"external":8443,)"
      R"("idle_timeout_s":600,"name":"","origins":[],"path":"/","protocol":"http",)"
      R"("sends_proxy_protocol":false,"server_name":"","takes_proxy_protocol":false,)"
      R"("tls":true}],"status_port":64333,"tenant":"tenant-1"})");
}

TEST(StoredInstanceTest, ReadsWhatAVersionWithoutClustersWrote) {
  auto record = nlohmann::json::parse(to_json(stored(testing::three_ports())));
  for (const char* name : {"tenant", "cluster", "access", "format"}) record.erase(name);
  const auto read = instance_from_json(record.dump(), "/nginx/x");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_FALSE(read->instance.leads_to_cluster());
}

TEST(StoredInstanceTest, EveryMissingOrWrongMemberIsDataLoss) {
  const auto whole = nlohmann::json::parse(to_json(stored(testing::three_ports())));
  for (const auto& [name, value] : whole.items()) {
    auto without = whole;
    without.erase(name);
    EXPECT_TRUE(name == "format" ||
                absl::IsDataLoss(instance_from_json(without.dump(), "/nginx/x").status()))
        << name;
    auto wrong = whole;
    wrong[name] = nlohmann::json::object();
    EXPECT_TRUE(absl::IsDataLoss(instance_from_json(wrong.dump(), "/nginx/x").status())) << name;
  }
  for (const auto& [name, value] : whole["ports"][0].items()) {
    auto without = whole;
    without["ports"][0].erase(name);
    EXPECT_TRUE(absl::IsDataLoss(instance_from_json(without.dump(), "/nginx/x").status())) << name;
  }
  for (const char* text : {"", "null", "[]", "{}", "{\"ports\":3}"}) {
    EXPECT_TRUE(absl::IsDataLoss(instance_from_json(text, "/nginx/x").status())) << text;
  }
}

TEST(StoredInstanceTest, AHealthCheckThatIsNotWholeIsDataLoss) {
  const auto whole = nlohmann::json::parse(to_json(stored(testing::everything())));
  for (const auto& [name, value] : whole["ports"][0]["health"].items()) {
    auto without = whole;
    without["ports"][0]["health"].erase(name);
    EXPECT_TRUE(absl::IsDataLoss(instance_from_json(without.dump(), "/nginx/x").status())) << name;
  }
  auto wrong = whole;
  wrong["ports"][0]["health"] = 3;
  EXPECT_TRUE(absl::IsDataLoss(instance_from_json(wrong.dump(), "/nginx/x").status()));
}

TEST(StoredInstanceTest, WhatCouldNotHaveBeenAddedIsDataLoss) {
  StoredInstance bad = stored(testing::three_ports());
  bad.instance.ports[0].path = "/; evil";
  EXPECT_TRUE(absl::IsDataLoss(instance_from_json(to_json(bad), "/nginx/x").status()));
}

TEST(StoredInstanceTest, NumbersThatDoNotFitAreDataLoss) {
  auto record = nlohmann::json::parse(to_json(stored(testing::three_ports())));
  record["ports"][0]["external"] = 65536 + 8888;
  EXPECT_TRUE(absl::IsDataLoss(instance_from_json(record.dump(), "/nginx/x").status()));
}

}  // namespace
}  // namespace mex::nginx
