#include "api/v1/flavor_proto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>

#include "api/transcoding/request_message.h"
#include "base/status.h"
#include "cluster/flavor/builtin.h"
#include "cluster/flavor/check.h"
#include "cluster/flavor/fixture.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;
using testing::HasSubstr;

TEST(FlavorProtoTest, EverythingComesBack) {
  for (const cluster::ClusterFlavor& flavor : {cluster::full_flavor(), cluster::ClusterFlavor()}) {
    const auto back = flavor_of(to_proto({.flavor = flavor, .revision = 3}));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, flavor);
  }
}

TEST(FlavorProtoTest, EveryImageStyleAndCgroupDriverComesBack) {
  using cluster::CgroupDriver;
  using cluster::ImageStyle;
  cluster::ClusterFlavor flavor;
  for (const ImageStyle style :
       {ImageStyle::Platform, ImageStyle::Baked, ImageStyle::Packages, ImageStyle::Unmanaged}) {
    for (const CgroupDriver driver :
         {CgroupDriver::Platform, CgroupDriver::Systemd, CgroupDriver::Cgroupfs}) {
      flavor.kubernetes.image_style = style;
      flavor.kubernetes.image_quirks.cgroup_driver = driver;
      EXPECT_EQ(*flavor_of(to_proto({.flavor = flavor})), flavor);
    }
  }
}

TEST(FlavorProtoTest, WhatIsNotGivenHasItsDefault) {
  EXPECT_EQ(*flavor_of(v1::Flavor()), cluster::ClusterFlavor());
}

TEST(FlavorProtoTest, AnAnswerSaysWhatHolds) {
  cluster::FlavorRecord record{
      .flavor = cluster::built_in_flavors().at("kubernetes-mini-openstack").flavor,
      .revision = 2,
      .created = base::WallTime(std::chrono::milliseconds(1500)),
      .changed = base::WallTime(std::chrono::milliseconds(2000))};
  EXPECT_EQ(*transcoding::reply_json(to_proto(record)),
            R"({"name":"kubernetes-mini-openstack","masters":{"count":1},)"
            R"("worker_pools":[{"name":"worker","count":2}],)"
            R"("kubernetes":{"version":"1.20.2","pod_network":"10.244.0.0/16",)"
            R"("service_network":"10.96.0.0/16","cni":"bridge"},)"
            R"("network":{"nat":true},"placement":{"anti_affinity":"NONE"},)"
            R"("access":{"api_passthrough":true},"care":{"probe_interval":"10s",)"
            R"("boot_deadline":"900s","api_server_deadline":"600s","nodes_ready_deadline":"600s",)"
            R"("auto_repair":true,"repair_budget":2},"revision":"2",)"
            R"("created_at":"1970-01-01T00:00:01.500Z","changed_at":"1970-01-01T00:00:02Z"})");
  record.is_built_in = true;
  EXPECT_TRUE(to_proto(record).built_in());
  EXPECT_FALSE(to_proto(record).has_created_at());
}

template <typename Record>
void add_names(std::set<std::string>& names);

template <typename Record, typename Value, base::Presence kPresence, typename Limits>
void add_name(const base::Field<Record, Value, kPresence, Limits>& field,
              std::set<std::string>& names) {
  names.insert(field.name);
}
template <typename Record, typename Value>
void add_name(const base::GroupField<Record, Value>&, std::set<std::string>& names) {
  add_names<Value>(names);
}

template <typename Record>
void add_names(std::set<std::string>& names) {
  base::for_each_field<Record>([&](const auto& field) {
    add_name(field, names);
    return true;
  });
}

// The fields of the message, but for those in `of_the_record`, are those of the description.
template <typename Message, typename Record>
void expect_same_names(const std::set<std::string>& of_the_record = {}) {
  std::set<std::string> described = of_the_record;
  add_names<Record>(described);
  std::set<std::string> in_proto;
  for (int i = 0; i < Message::descriptor()->field_count(); ++i) {
    in_proto.insert(Message::descriptor()->field(i)->name());
  }
  EXPECT_EQ(in_proto, described);
}

TEST(FlavorProtoTest, TheProtoAndTheDescriptionHaveTheSameFields) {
  expect_same_names<v1::Flavor, cluster::ClusterFlavor>(
      {"revision", "built_in", "created_at", "changed_at"});
  expect_same_names<v1::Masters, cluster::Masters>();
  expect_same_names<v1::WorkerPool, cluster::WorkerPool>();
  expect_same_names<v1::Taint, cluster::Taint>();
  expect_same_names<v1::KubernetesSettings, cluster::KubernetesSettings>();
  expect_same_names<v1::NetworkSettings, cluster::NetworkSettings>();
  expect_same_names<v1::Placement, cluster::Placement>();
  expect_same_names<v1::Access, cluster::Access>();
  expect_same_names<v1::Care, cluster::HealthPolicy>();
}

TEST(FlavorProtoTest, ARefusalNamesTheValuesThereAre) {
  v1::Flavor scheme;
  scheme.mutable_network()->set_scheme(static_cast<v1::NetworkSettings::Scheme>(9));
  EXPECT_EQ(base::message_of(flavor_of(scheme).status()),
            "flavor.network.scheme: must be ISOLATED, SHARED or EXTERNAL");
  v1::Flavor driver;
  driver.mutable_kubernetes()->set_cgroup_driver(
      static_cast<v1::KubernetesSettings::CgroupDriver>(3));
  EXPECT_EQ(base::message_of(flavor_of(driver).status()),
            "flavor.kubernetes.cgroup_driver: must be SYSTEMD or CGROUPFS");
}

TEST(FlavorProtoTest, NumbersThatAreNoEnumValuesAreRefused) {
  const auto refused = [](const v1::Flavor& message, const char* field) {
    EXPECT_EQ(base::detail_of(flavor_of(message).status()).field, field);
  };
  v1::Flavor scheme;
  scheme.mutable_network()->set_scheme(static_cast<v1::NetworkSettings::Scheme>(9));
  refused(scheme, "flavor.network.scheme");
  v1::Flavor placement;
  placement.mutable_placement()->set_anti_affinity(static_cast<v1::Placement::AntiAffinity>(-1));
  refused(placement, "flavor.placement.anti_affinity");
  v1::Flavor style;
  style.mutable_kubernetes()->set_image_style(static_cast<v1::KubernetesSettings::ImageStyle>(7));
  refused(style, "flavor.kubernetes.image_style");
  v1::Flavor driver;
  driver.mutable_kubernetes()->set_cgroup_driver(
      static_cast<v1::KubernetesSettings::CgroupDriver>(3));
  refused(driver, "flavor.kubernetes.cgroup_driver");
}

TEST(FlavorProtoTest, DurationsOfAnyLengthAreReadAndThenRefused) {
  const auto pool = *cluster::AddressPool::parse("10.101.0.0/16");
  for (const std::int64_t seconds : {std::numeric_limits<std::int64_t>::max(),
                                     std::numeric_limits<std::int64_t>::min(), std::int64_t{0}}) {
    v1::Flavor message;
    message.set_name("a");
    message.mutable_care()->mutable_boot_deadline()->set_seconds(seconds);
    message.mutable_care()->mutable_boot_deadline()->set_nanos(
        std::numeric_limits<std::int32_t>::min());
    const auto flavor = flavor_of(message);
    ASSERT_TRUE(flavor.ok());
    EXPECT_EQ(base::detail_of(cluster::check_flavor(*flavor, pool)).field,
              "flavor.care.boot_deadline");
  }
}

}  // namespace
}  // namespace mex::api
