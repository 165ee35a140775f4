#include "cluster/flavor/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cluster/flavor/fixture.h"
#include "cluster/flavor/test_time.h"

namespace mex::cluster {
namespace {

using testing::HasSubstr;

FlavorRecord sample() {
  return {.flavor = full_flavor(),
          .revision = 7,
          .created = at_millisecond(5),
          .changed = at_millisecond(9)};
}

TEST(FlavorRecord, SurvivesItsJson) {
  for (const ClusterFlavor& flavor : {full_flavor(), ClusterFlavor()}) {
    FlavorRecord record = sample();
    record.flavor = flavor;
    const auto read = parse_flavor_record(to_json(record), "/flavors/x");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, record);
  }
}

TEST(FlavorRecord, KeepsEveryWordForImages) {
  FlavorRecord record = sample();
  KubernetesSettings& kubernetes = record.flavor.kubernetes;
  for (const ImageStyle style : {ImageStyle::Baked, ImageStyle::Packages, ImageStyle::Unmanaged}) {
    for (const CgroupDriver driver : {CgroupDriver::Systemd, CgroupDriver::Cgroupfs}) {
      kubernetes.image_style = style;
      kubernetes.image_quirks.cgroup_driver = driver;
      EXPECT_EQ(*parse_flavor_record(to_json(record), "/flavors/x"), record);
    }
  }
}

void expect_damaged(const nlohmann::json& json) {
  const auto read = parse_flavor_record(json.dump(), "/flavors/x");
  EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << json;
}

// Takes away, or spoils, every member of every object of the record in turn.
void spoil_each(const nlohmann::json& whole, const nlohmann::json::json_pointer& place,
                int& spoilt) {
  const nlohmann::json& here = whole.at(place);
  if (here.is_array()) {
    for (std::size_t i = 0; i < here.size(); ++i) spoil_each(whole, place / i, spoilt);
    return;
  }
  if (!here.is_object()) return;
  for (const auto& [name, value] : here.items()) {
    // Labels and arguments are free to have any member.
    const std::string parent = place.empty() ? "" : place.back();
    const bool is_free = parent == "labels" || parent.find("_arguments") != parent.npos;
    nlohmann::json damaged = whole;
    damaged.at(place)[name] = value.is_boolean() ? nlohmann::json("true") : nlohmann::json(true);
    expect_damaged(damaged);
    damaged.at(place).erase(name);
    if (!is_free) expect_damaged(damaged);
    ++spoilt;
    spoil_each(whole, place / name, spoilt);
  }
}

TEST(FlavorRecord, EveryMemberMatters) {
  int spoilt = 0;
  spoil_each(nlohmann::json::parse(to_json(sample())), nlohmann::json::json_pointer(), spoilt);
  EXPECT_GT(spoilt, 60);
}

TEST(FlavorRecord, DamageIsRefusedWithTheKey) {
  const std::string good = to_json(sample());
  std::string no_revision = good;
  no_revision.replace(no_revision.find("\"revision\":7"), 12, "\"revision\":0");
  std::string large = good;
  large.replace(large.find("\"repair_budget\":7"), 17, "\"repair_budget\":4294967297");
  std::string scheme = good;
  scheme.replace(scheme.find("\"isolated\""), 10, "\"insulated\"");
  std::string conntrack = good;
  conntrack.replace(conntrack.find("_per_core\":0"), 12, "_per_core\":0.5");
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), good.substr(0, good.size() / 2),
        no_revision, large, scheme, conntrack}) {
    const auto read = parse_flavor_record(text, "/flavors/x");
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << text;
    EXPECT_THAT(base::message_of(read.status()), HasSubstr("/flavors/x"));
  }
}

}  // namespace
}  // namespace mex::cluster
