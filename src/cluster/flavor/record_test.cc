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
    const auto read = flavor_record_from_json(to_json(record), "/flavors/x");
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
      EXPECT_EQ(*flavor_record_from_json(to_json(record), "/flavors/x"), record);
    }
  }
}

// What is in the stores of running agents: written before the record had a description.
TEST(FlavorRecord, IsWrittenAsEver) {
  EXPECT_EQ(
      to_json(sample()),
      R"({"changed":9,"created":5,"flavor":{"access":{"api_passthrough":false},)"
      R"("care":{"api_server_deadline":360000,"auto_repair":false,"boot_deadline":300000,)"
      R"("nodes_ready_deadline":420000,"probe_interval":30000,"repair_budget":7},)"
      R"("key_pair":"operators",)"
      R"("kubernetes":{"api_server_arguments":{"audit-log-path":"-"},)"
      R"("apt_source":"deb [trusted=yes] https://apt.example.org/k8s stable main",)"
      R"("ca_bundle":"-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQy0hZ3V0ZXMgYmVpc3)"
      R"(BpZWwgMDEwCgYIKoZIzj0EAwIw\nHTEbMBkGA1UEAwwSdGVz\n-----END CERTIFICATE-----\n",)"
      R"("cni":"https://cni.example.org/flannel.yaml","http_proxy":"http://10.0.0.3:3128",)"
      R"("image_quirks":{"cgroup_driver":"cgroupfs","conntrack_max_per_core":0,)"
      R"("ignored_preflight_errors":["NumCPU","Port-10250"],)"
      R"("skipped_phases":["addon/coredns","upload-certs"]},"image_style":"packages",)"
      R"("kubelet_arguments":{"max-pods":"200"},)"
      R"("manifests":["/etc/mexosagent/metrics.yaml"],"no_proxy":["10.0.0.0/8",)"
      R"(".example.org","registry.local"],"ntp_servers":["ntp.example.org","10.0.0.4"],)"
      R"("pod_network":"10.248.0.0/14",)"
      R"("registry_mirror":"https://mirror.example.org:5000/library",)"
      R"("service_network":"10.112.0.0/16","version":"1.31.4"},"masters":{"count":3,)"
      R"("shape":{"image":"debian-12","labels":{"example.org/tier":"control"},)"
      R"("nova_flavor":"m1.medium","taints":[{"effect":"PreferNoSchedule",)"
      R"("key":"example.org/quiet","value":""}]},"takes_work":true},"name":"edge-large",)"
      R"("network":{"address_pool":"172.20.0.0/16","dns_servers":["10.0.0.53"],)"
      R"("external_network":"public","nat":false,"network":"","router":"",)"
      R"("scheme":"isolated"},"placement":{"anti_affinity":"hard","zones":["az-1","az-2"]},)"
      R"("worker_pools":[{"count":4,"name":"worker","shape":{"image":"",)"
      R"("labels":{"disk":"ssd"},"nova_flavor":"m1.large","taints":[]}},{"count":1,)"
      R"("name":"gpu","shape":{"image":"cuda",)"
      R"("labels":{"node.kubernetes.io/gpu":"a_100.x"},"nova_flavor":"m1.gpu",)"
      R"("taints":[{"effect":"NoSchedule","key":"example.org/gpu","value":"true"},)"
      R"({"effect":"NoExecute","key":"example.org/gpu","value":"true"}]}}]},"format":2,"revision":7})");
}

void expect_damaged(const nlohmann::json& json) {
  const auto read = flavor_record_from_json(json.dump(), "/flavors/x");
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
    // Without its format a record is one of the first.
    const bool is_free =
        parent == "labels" || name == "format" || parent.find("_arguments") != parent.npos;
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
    const auto read = flavor_record_from_json(text, "/flavors/x");
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << text;
    EXPECT_THAT(base::message_of(read.status()), HasSubstr("/flavors/x"));
  }
}

}  // namespace
}  // namespace mex::cluster
