#include "kubernetes/node_boot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/status.h"
#include "kubernetes/testing/test_boot.h"

namespace mex::kubernetes {
namespace {

using testing::full_boot;

TEST(NodeBootTest, WhatIsGoodPasses) {
  for (const NodeRole role : {NodeRole::FirstMaster, NodeRole::FurtherMaster, NodeRole::Worker}) {
    EXPECT_TRUE(check_node_boot(full_boot(role)).ok()) << check_node_boot(full_boot(role));
    EXPECT_TRUE(check_node_boot(testing::plain_boot(role)).ok());
  }
}

struct Fault {
  const char* field;
  std::function<void(NodeBoot&)> make;
};

TEST(NodeBootTest, TextThatCouldMeanMoreIsRefusedWithItsField) {
  const std::vector<Fault> faults = {
      {"node.name", [](NodeBoot& b) { b.node.name = "a'b"; }},
      {"node.name", [](NodeBoot& b) { b.node.name = ""; }},
      {"node.address", [](NodeBoot& b) { b.node.address = "10.0.0.1\n"; }},
      {"cluster.endpoint_host", [](NodeBoot& b) { b.cluster.endpoint_host = "a b"; }},
      {"cluster.dns_domain", [](NodeBoot& b) { b.cluster.dns_domain = "x;y"; }},
      {"cluster.pod_network", [](NodeBoot& b) { b.cluster.pod_network = "$(reboot)"; }},
      {"cluster.service_network", [](NodeBoot& b) { b.cluster.service_network = "\""; }},
      {"pod_cidr", [](NodeBoot& b) { b.pod_cidr = "10.0.0.0/24'"; }},
      {"pod_routes.pod_network",
       [](NodeBoot& b) {
         b.pod_routes = {{"", "10.0.0.1"}};
       }},
      {"pod_routes.node_address",
       [](NodeBoot& b) {
         b.pod_routes = {{"10.0.0.0/24", "a\nb"}};
       }},
      {"hosts.address",
       [](NodeBoot& b) {
         b.hosts = {{"10.0.0.1 evil", "a"}};
       }},
      {"hosts.name",
       [](NodeBoot& b) {
         b.hosts = {{"10.0.0.1", "a\n127.0.0.1 x"}};
       }},
      {"ntp_servers", [](NodeBoot& b) { b.ntp_servers = {"a b"}; }},
      {"skipped_phases", [](NodeBoot& b) { b.skipped_phases = {"a'; reboot '"}; }},
      {"ignored_preflight_errors",
       [](NodeBoot& b) {
         b.ignored_preflight_errors = {"NumCPU", "Mem,all"};
       }},
      {"deadline", [](NodeBoot& b) { b.deadline = std::chrono::seconds(0); }},
      {"packages.line", [](NodeBoot& b) { b.packages->line = "deb x\ndeb y"; }},
      {"packages.line", [](NodeBoot& b) { b.packages->line = "http://x"; }},
      {"packages.key", [](NodeBoot& b) { b.packages->key = "x"; }},
      {"containers.sandbox_image", [](NodeBoot& b) { b.containers.sandbox_image = "a\"b"; }},
      {"containers.mirrors.registry", [](NodeBoot& b) { b.containers.mirrors[0].registry = ".."; }},
      {"containers.mirrors.registry",
       [](NodeBoot& b) { b.containers.mirrors[0].registry = "a/../../b"; }},
      {"containers.mirrors.endpoint",
       [](NodeBoot& b) { b.containers.mirrors[0].endpoint = "https://a\"]"; }},
      {"containers.mirrors.endpoint", [](NodeBoot& b) { b.containers.mirrors[0].endpoint = "a"; }},
      {"proxy.http", [](NodeBoot& b) { b.proxy.http = "http://a\" \"B=c"; }},
      {"proxy.https", [](NodeBoot& b) { b.proxy.https = "proxy:3128"; }},
      {"proxy.exceptions", [](NodeBoot& b) { b.proxy.exceptions = {"a\nb"}; }},
      {"ca_bundle_pem", [](NodeBoot& b) { b.ca_bundle_pem = "-----BEGIN PRIVATE KEY-----"; }},
  };
  for (const Fault& fault : faults) {
    NodeBoot boot = full_boot(NodeRole::Worker);
    fault.make(boot);
    const absl::Status status = check_node_boot(boot);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << fault.field;
    EXPECT_EQ(base::detail_of(status).field, fault.field);
  }
}

}  // namespace
}  // namespace mex::kubernetes
