#include "cluster/plan/step_key.h"

#include <string_view>

namespace mex::cluster {
namespace {

std::string_view words_of(StepKind kind) {
  switch (kind) {
    case StepKind::LogIn:
      return "token";
    case StepKind::FindImage:
      return "look image";
    case StepKind::FindFlavor:
      return "look flavor";
    case StepKind::FindZones:
      return "look zones";
    case StepKind::FindKeyPair:
      return "look key pair";
    case StepKind::FindExternalNetwork:
      return "look external network";
    case StepKind::FindRouter:
      return "look router";
    case StepKind::FindSharedNetwork:
      return "look network";
    case StepKind::FindExtensions:
      return "look extensions";
    case StepKind::ReadComputeQuota:
      return "look compute quota";
    case StepKind::ReadNetworkQuota:
      return "look network quota";
    case StepKind::ReadVolumeQuota:
      return "look volume quota";
    case StepKind::ReadManifest:
      return "look manifest";
    case StepKind::FindServerSources:
      return "look servers' sources";
    case StepKind::FindNodeNetwork:
      return "look nodes' network";
    case StepKind::FindOwned:
      return "look";
    case StepKind::Audit:
      return "audit";
    case StepKind::CreateNetwork:
      return "network";
    case StepKind::CreateSubnet:
      return "subnet";
    case StepKind::CreateRouter:
      return "router";
    case StepKind::AttachRouter:
      return "router interface";
    case StepKind::CreateSecurityGroup:
      return "security group";
    case StepKind::CreateRules:
      return "rules";
    case StepKind::CreatePorts:
      return "ports";
    case StepKind::CreateServerGroup:
      return "server-group";
    case StepKind::CreateServer:
      return "server";
    case StepKind::CreateVolume:
      return "volume";
    case StepKind::AwaitVolume:
      return "volume ready";
    case StepKind::TagResource:
      return "tags";
    case StepKind::Remove:
      return "remove";
    case StepKind::RemoveBroken:
      return "remove broken";
    case StepKind::DetachRouter:
      return "remove router interface";
    case StepKind::ApplyManifest:
      return "apply";
    case StepKind::RenewToken:
      return "join token";
    case StepKind::DrainNode:
      return "drain";
    case StepKind::ForgetNode:
      return "forget";
    case StepKind::AwaitHost:
      return "host";
    case StepKind::AwaitActive:
      return "boot";
    case StepKind::AwaitGone:
      return "gone";
    case StepKind::AwaitApiServer:
      return "api server";
    case StepKind::AwaitNodeReady:
      return "ready";
    case StepKind::AwaitLateAnswers:
      return "late answers";
    case StepKind::ConfirmFault:
      return "confirm fault";
    case StepKind::UncordonNode:
      return "uncordon";
    case StepKind::SetPortFilters:
      return "port filters";
    case StepKind::InstallRenewal:
      return "renewal";
  }
  return {};
}

bool is_about_a_kind(StepKind kind) {
  return kind == StepKind::FindOwned || kind == StepKind::Audit;
}

}  // namespace

std::string to_string(const StepKey& key) {
  std::string text(words_of(key.kind));
  if (const auto* name = std::get_if<std::string>(&key.subject)) text += " " + *name;
  if (const auto* place = std::get_if<ResourceKey>(&key.subject)) text += " " + to_string(*place);
  if (is_about_a_kind(key.kind)) text += "s";
  if (!key.resource_id.empty()) text += " " + key.resource_id;
  return text;
}

}  // namespace mex::cluster
