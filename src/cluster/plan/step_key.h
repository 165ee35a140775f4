#pragma once

#include <compare>
#include <string>
#include <utility>
#include <variant>

#include "cluster/spec/resource.h"

namespace mex::cluster {

// What a step does.
enum class StepKind {
  LogIn,
  FindImage,   // subject: the image's name, or its id once that is chosen
  FindFlavor,  // subject: the Nova flavor's, likewise
  FindZones,
  FindKeyPair,
  FindExternalNetwork,
  FindRouter,
  FindSharedNetwork,
  FindExtensions,
  ReadComputeQuota,
  ReadNetworkQuota,
  ReadVolumeQuota,
  ReadManifest,  // subject: its source
  FindServerSources,
  FindNodeNetwork,
  FindOwned,  // subject: a kind of resources
  Audit,      // subject: a kind of resources
  CreateNetwork,
  CreateSubnet,
  CreateRouter,
  AttachRouter,
  CreateSecurityGroup,
  CreateRules,
  CreatePorts,
  CreateServerGroup,  // subject: the group of nodes
  CreateServer,       // subject: the slot
  CreateVolume,       // subject: the slot
  AwaitVolume,        // subject: the slot
  TagResource,        // subject: a kind of resources
  Remove,             // subject: the resource's place
  RemoveBroken,       // subject: the resource's place
  DetachRouter,
  ApplyManifest,  // subject: its source
  RenewToken,
  DrainNode,   // subject: the slot
  ForgetNode,  // subject: the slot
  AwaitHost,   // subject: the slot
  AwaitActive,
  AwaitGone,
  AwaitApiServer,
  AwaitNodeReady,
  AwaitLateAnswers,
  ConfirmFault,    // subject: the slot
  UncordonNode,    // subject: the slot
  InstallRenewal,  // subject: the slot
  SetPortFilters,
};

// Which step of an operation: unique in its plan, and the same in every plan that has the step, so
// that an operation which goes on after a restart finds what it did.
struct StepKey {
  using Subject = std::variant<std::monostate, std::string, ResourceKey>;

  // Implicit, for the steps that a plan has once.
  StepKey(StepKind step_kind) : kind(step_kind) {}  // NOLINT(google-explicit-constructor)
  StepKey(StepKind step_kind, std::string name) : kind(step_kind), subject(std::move(name)) {}
  StepKey(StepKind step_kind, ResourceKey key) : kind(step_kind), subject(std::move(key)) {}

  StepKind kind;
  Subject subject;
  // Set where two resources for one place are there: the id tells their steps apart.
  std::string resource_id;

  auto operator<=>(const StepKey&) const = default;
};

// The step's name in the store and in the API: "token", "look image debian-12", "server worker-2".
// The store of an earlier version is read by these names: they do not change.
std::string to_string(const StepKey& key);

}  // namespace mex::cluster
