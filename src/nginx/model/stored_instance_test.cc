#include "nginx/model/stored_instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "nginx/model/testing.h"

namespace mex::nginx {
namespace {

StoredInstance stored(Instance instance) {
  // Users, and the addresses that names stand for now, are not kept with it.
  instance.users.clear();
  instance.api = {};
  if (instance.leads_to_cluster()) instance.ports.front().origins.clear();
  for (Port& port : instance.ports) {
    for (Origin& origin : port.origins) {
      origin.addresses.clear();
      origin.down.clear();
    }
  }
  return {std::move(instance), 64333, base::WallTime(std::chrono::milliseconds(1234567))};
}

TEST(StoredInstanceTest, ReadsWhatItWrote) {
  Instance proxy = kubernetes_proxy("kcp", 8002, {}, ApiAccess::Read);
  proxy.users = {{"admin", "$2b$05$abc"}};
  for (const Instance& instance :
       {testing::three_ports(), testing::everything(), proxy,
        testing::cluster_proxy(ApiAccess::Read), testing::cluster_proxy(ApiAccess::ReadSecrets),
        testing::cluster_proxy(ApiAccess::Everything)}) {
    const StoredInstance written = stored(instance);
    const auto read = decode_instance(encode_instance(written));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->instance, written.instance);
    EXPECT_EQ(read->status_port, written.status_port);
    EXPECT_EQ(read->changed_at, written.changed_at);
  }
  EXPECT_EQ(instance_key(proxy), "/nginx/kcp-nginx-kcproxy");
}

TEST(StoredInstanceTest, ReadsWhatAVersionWithoutClustersWrote) {
  auto record = nlohmann::json::parse(encode_instance(stored(testing::three_ports())));
  for (const char* name : {"tenant", "cluster", "access"}) record.erase(name);
  const auto read = decode_instance(record.dump());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_FALSE(read->instance.leads_to_cluster());
}

TEST(StoredInstanceTest, EveryMissingOrWrongMemberIsDataLoss) {
  const auto whole = nlohmann::json::parse(encode_instance(stored(testing::three_ports())));
  for (const auto& [name, value] : whole.items()) {
    auto without = whole;
    without.erase(name);
    EXPECT_TRUE(name == "cluster" || absl::IsDataLoss(decode_instance(without.dump()).status()))
        << name;
    auto wrong = whole;
    wrong[name] = nlohmann::json::object();
    EXPECT_TRUE(absl::IsDataLoss(decode_instance(wrong.dump()).status())) << name;
  }
  for (const auto& [name, value] : whole["ports"][0].items()) {
    auto without = whole;
    without["ports"][0].erase(name);
    EXPECT_TRUE(absl::IsDataLoss(decode_instance(without.dump()).status())) << name;
  }
  for (const char* text : {"", "null", "[]", "{}", "{\"ports\":3}"}) {
    EXPECT_TRUE(absl::IsDataLoss(decode_instance(text).status())) << text;
  }
}

TEST(StoredInstanceTest, AHealthCheckThatIsNotWholeIsDataLoss) {
  const auto whole = nlohmann::json::parse(encode_instance(stored(testing::everything())));
  for (const auto& [name, value] : whole["ports"][0]["health"].items()) {
    auto without = whole;
    without["ports"][0]["health"].erase(name);
    EXPECT_TRUE(absl::IsDataLoss(decode_instance(without.dump()).status())) << name;
  }
  auto wrong = whole;
  wrong["ports"][0]["health"] = 3;
  EXPECT_TRUE(absl::IsDataLoss(decode_instance(wrong.dump()).status()));
}

TEST(StoredInstanceTest, WhatCouldNotHaveBeenAddedIsDataLoss) {
  StoredInstance bad = stored(testing::three_ports());
  bad.instance.ports[0].path = "/; evil";
  EXPECT_TRUE(absl::IsDataLoss(decode_instance(encode_instance(bad)).status()));
}

TEST(StoredInstanceTest, NumbersThatDoNotFitAreDataLoss) {
  auto record = nlohmann::json::parse(encode_instance(stored(testing::three_ports())));
  record["ports"][0]["external"] = 65536 + 8888;
  EXPECT_TRUE(absl::IsDataLoss(decode_instance(record.dump()).status()));
}

}  // namespace
}  // namespace mex::nginx
