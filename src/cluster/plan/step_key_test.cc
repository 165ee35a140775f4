#include "cluster/plan/step_key.h"

#include <gtest/gtest.h>

#include <set>

namespace mex::cluster {
namespace {

struct NamedKey {
  StepKey key;
  const char* name;
};

StepKey second_of(StepKey key, const char* id) {
  key.resource_id = id;
  return key;
}

// The names that stores and API clients know.
const NamedKey kNames[] = {
    {StepKind::LogIn, "token"},
    {{StepKind::FindImage, "debian-12"}, "look image debian-12"},
    {{StepKind::FindFlavor, "m1.small"}, "look flavor m1.small"},
    {StepKind::FindZones, "look zones"},
    {StepKind::FindKeyPair, "look key pair"},
    {StepKind::FindExternalNetwork, "look external network"},
    {StepKind::FindRouter, "look router"},
    {StepKind::FindSharedNetwork, "look network"},
    {StepKind::FindExtensions, "look extensions"},
    {StepKind::ReadComputeQuota, "look compute quota"},
    {StepKind::ReadNetworkQuota, "look network quota"},
    {{StepKind::ReadManifest, "/etc/a.yaml"}, "look manifest /etc/a.yaml"},
    {{StepKind::FindOwned, ResourceKey{ResourceKind::SecurityGroup, {}}}, "look security-groups"},
    {{StepKind::Audit, ResourceKey{ResourceKind::Port, {}}}, "audit ports"},
    {StepKind::CreateNetwork, "network"},
    {StepKind::CreateSubnet, "subnet"},
    {StepKind::CreateRouter, "router"},
    {StepKind::AttachRouter, "router interface"},
    {StepKind::CreateSecurityGroup, "security group"},
    {StepKind::CreateRules, "rules"},
    {StepKind::CreatePorts, "ports"},
    {{StepKind::CreateServerGroup, "worker"}, "server-group worker"},
    {{StepKind::CreateServer, "worker-2"}, "server worker-2"},
    {{StepKind::TagResource, ResourceKey{ResourceKind::SecurityGroup, {}}}, "tags security-group"},
    {{StepKind::Remove, ResourceKey{ResourceKind::Router, {}}}, "remove router"},
    {{StepKind::Remove, ResourceKey{ResourceKind::Server, "master-1"}}, "remove server master-1"},
    {second_of({StepKind::Remove, ResourceKey{ResourceKind::Port, "worker-1"}}, "4f1b"),
     "remove port worker-1 4f1b"},
    {{StepKind::RemoveBroken, ResourceKey{ResourceKind::Server, "worker-1"}},
     "remove broken server worker-1"},
    {StepKind::DetachRouter, "remove router interface"},
    {second_of(StepKind::DetachRouter, "77a0"), "remove router interface 77a0"},
    {{StepKind::ApplyManifest, "https://a.example/b.yaml"}, "apply https://a.example/b.yaml"},
    {StepKind::RenewToken, "join token"},
    {{StepKind::DrainNode, "worker-3"}, "drain worker-3"},
    {{StepKind::ForgetNode, "worker-3"}, "forget worker-3"},
    {{StepKind::InstallRenewal, "worker-3"}, "renewal worker-3"},
    {{StepKind::AwaitHost, "master-1"}, "host master-1"},
    {{StepKind::AwaitActive, "master-1"}, "boot master-1"},
    {{StepKind::AwaitGone, "worker-1"}, "gone worker-1"},
    {second_of({StepKind::AwaitGone, "worker-1"}, "99"), "gone worker-1 99"},
    {StepKind::AwaitApiServer, "api server"},
    {{StepKind::AwaitNodeReady, "worker-1"}, "ready worker-1"},
    {StepKind::AwaitLateAnswers, "late answers"},
};

TEST(StepKeyTest, TheNamesAreThoseOfTheStore) {
  std::set<StepKey> keys;
  for (const NamedKey& known : kNames) {
    EXPECT_EQ(to_string(known.key), known.name);
    EXPECT_TRUE(keys.insert(known.key).second) << known.name;
  }
}

}  // namespace
}  // namespace mex::cluster
