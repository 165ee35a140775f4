#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "cluster/records/owned_resource.h"
#include "cluster/records/references.h"
#include "cluster/spec/resource.h"
#include "openstack/cinder.h"
#include "openstack/neutron_types.h"
#include "openstack/nova.h"

// What can be done with the cloud, as values: one struct for each action, with what the engine must
// know of it as its kTraits. How it is done is in cluster/steps. Ids that do not exist yet are
// taken from the cluster's journal when a step runs.
namespace mex::cluster {

struct ActionTraits {
  // The action changes the cloud, so its intent is journaled before it runs.
  bool changes_cloud = false;
  // The action makes a resource: repeated blindly it would make a second one.
  bool makes_resource = false;
  // The action names resources of the cluster by id; were one gone, the cloud would refuse it.
  bool builds_on_resources = false;
  // The action has no call: something that is observed completes it.
  bool is_awaited = false;
  // The action is a call to the cluster's API server, or awaits what that says.
  bool needs_api_server = false;
};

// Look-ups: they change nothing.
struct LogIn {
  static constexpr ActionTraits kTraits{};
  std::string region;  // the one the cluster is to be in; empty: whichever the cloud has
};
// Where an action has an id, that is what was chosen before: the name is for messages.
struct FindImage {
  static constexpr ActionTraits kTraits{};
  std::string name;
  std::string id{};
};
struct FindFlavor {
  static constexpr ActionTraits kTraits{};
  std::string name;
  std::string id{};
};
struct FindZones {
  static constexpr ActionTraits kTraits{};
  std::vector<std::string> names;
};
struct FindKeyPair {
  static constexpr ActionTraits kTraits{};
  std::string name;
  std::string fingerprint{};  // of the key that was chosen; empty: whichever it has
};
struct FindExternalNetwork {
  static constexpr ActionTraits kTraits{};
  std::string name;  // empty: the only one there is
  CloudReference chosen{};
};
struct FindRouter {
  static constexpr ActionTraits kTraits{};
  std::string name;  // or id
  CloudReference chosen{};
};
struct FindSharedNetwork {
  static constexpr ActionTraits kTraits{};
  std::string name;                    // of an external network it may be empty: the only one
  std::vector<std::string> addresses;  // the subnet must hold these
  bool is_external = false;            // the nodes are meant to be on an external network
  std::string subnet{};                // name, id or block of the one to take; empty: not said
  CloudReference chosen{};
  CloudReference chosen_subnet{};
};
struct FindExtensions {  // read before they are needed on the critical path
  static constexpr ActionTraits kTraits{};
};
struct ReadComputeQuota {
  static constexpr ActionTraits kTraits{};
};
struct ReadNetworkQuota {
  static constexpr ActionTraits kTraits{};
};
struct ReadVolumeQuota {  // of a cloud that has to have volumes
  static constexpr ActionTraits kTraits{};
};
struct ReadManifest {
  static constexpr ActionTraits kTraits{};
  std::string source;  // absolute path or URL: read and understood before anything is made
};
struct FindServerSources {  // what the cluster's servers were made of
  static constexpr ActionTraits kTraits{};
};
struct FindNodeNetwork {  // which network and subnet the first of these ports is in
  static constexpr ActionTraits kTraits{};
  std::vector<std::string> port_ids;
};
struct FindOwned {  // everything of one kind that carries the cluster's mark
  static constexpr ActionTraits kTraits{};
  ResourceKind kind;
};

// Calls that make something. Members that name other resources by id are filled in late.
struct CreateNetwork {
  static constexpr ActionTraits kTraits{.changes_cloud = true, .makes_resource = true};
  openstack::NewNetwork body;
};
struct CreateSubnet {
  static constexpr ActionTraits kTraits{
      .changes_cloud = true, .makes_resource = true, .builds_on_resources = true};
  openstack::NewSubnet body;
};
struct CreateRouter {
  static constexpr ActionTraits kTraits{.changes_cloud = true, .makes_resource = true};
  openstack::NewRouter body;
};
struct CreateSecurityGroup {
  static constexpr ActionTraits kTraits{.changes_cloud = true, .makes_resource = true};
  openstack::NewSecurityGroup body;
};
struct CreateRules {
  static constexpr ActionTraits kTraits{.changes_cloud = true, .builds_on_resources = true};
  std::vector<openstack::NewSecurityGroupRule> bodies;  // remote group kOwnGroup: the same group
};
inline constexpr std::string_view kOwnGroup = "own";
struct PlannedPort {
  std::string slot;
  openstack::NewPort body;
};
struct CreatePorts {
  static constexpr ActionTraits kTraits{
      .changes_cloud = true, .makes_resource = true, .builds_on_resources = true};
  std::vector<PlannedPort> ports;
};
struct SetPortFilters {  // adds to what the ports have what they lack
  static constexpr ActionTraits kTraits{.changes_cloud = true};
  std::vector<std::string> slots;
  std::vector<std::string> allowed_addresses;
};
struct AttachRouter {
  static constexpr ActionTraits kTraits{.changes_cloud = true, .builds_on_resources = true};
  std::string router_id;  // of an existing router; empty: the cluster's own
};
struct CreateServerGroup {
  static constexpr ActionTraits kTraits{.changes_cloud = true, .makes_resource = true};
  std::string group;  // of nodes
  openstack::NewServerGroup body;
};
struct CreateVolume {  // that a server boots from
  static constexpr ActionTraits kTraits{.changes_cloud = true, .makes_resource = true};
  std::string slot;
  openstack::NewVolume body;
};
struct CreateServer {
  static constexpr ActionTraits kTraits{
      .changes_cloud = true, .makes_resource = true, .builds_on_resources = true};
  std::string slot;
  openstack::NewServer body;
  std::string group;  // whose server group it belongs to; empty: none
};
struct TagResource {
  static constexpr ActionTraits kTraits{.changes_cloud = true};
  ResourceKey key;
  std::vector<std::string> tags;
  bool keeps_others = false;  // tags that other people have put on it stay
};

// Done when Cinder has filled the volume: Nova boots no server from one before.
struct AwaitVolume {
  static constexpr ActionTraits kTraits{.builds_on_resources = true};
  std::string slot;
};

// Why a resource is removed, which says what is read once more immediately before.
enum class RemovalCause {
  Destroyed,     // its cluster goes, or it is the second one for its place
  Requested,     // a caller wants this node removed or replaced
  ServerError,   // no one asked: Nova has the server in ERROR
  NodeNotReady,  // no one asked: the machine is no Ready node
};

// Whether the agent itself decided on it, so that it holds only as long as the fault does.
constexpr bool is_unasked(RemovalCause cause) {
  return cause == RemovalCause::ServerError || cause == RemovalCause::NodeNotReady;
}

// Calls that remove something.
struct Remove {
  static constexpr ActionTraits kTraits{.changes_cloud = true};
  OwnedResource resource;
  RemovalCause cause = RemovalCause::Destroyed;
};
struct DetachRouter {
  static constexpr ActionTraits kTraits{.changes_cloud = true};
  std::string router_id;  // empty: whichever has an interface in the subnet
  std::string subnet_id;
};

// Calls to the cluster's own API server.
struct ApplyManifest {
  static constexpr ActionTraits kTraits{.changes_cloud = true, .needs_api_server = true};
  std::string source;
};
struct RenewToken {  // with which machines join
  static constexpr ActionTraits kTraits{.changes_cloud = true, .needs_api_server = true};
};
struct ConfirmFault {  // of a machine that is to go although no one asked
  static constexpr ActionTraits kTraits{.needs_api_server = true};
  std::string slot;
  std::string node;
  Remove removal;
  bool needs_answer = true;  // false: an API server that does not answer is a fault as well
};
struct DrainNode {  // of its pods, as far as disruption budgets allow; not one that is not Ready
  static constexpr ActionTraits kTraits{.changes_cloud = true, .needs_api_server = true};
  std::string slot;
  std::string node;
};
struct UncordonNode {  // one that was drained and stays
  static constexpr ActionTraits kTraits{.changes_cloud = true, .needs_api_server = true};
  std::string slot;
  std::string node;
};
struct InstallRenewal {  // of the node's certificates, where it was made without it
  static constexpr ActionTraits kTraits{.changes_cloud = true, .needs_api_server = true};
  std::string slot;
  std::string node;
};
struct ForgetNode {  // the API server's record of it
  static constexpr ActionTraits kTraits{.changes_cloud = true, .needs_api_server = true};
  std::string node;
};

// Completed by the list of servers.
struct AwaitHost {  // Nova has chosen the one on which the server runs
  static constexpr ActionTraits kTraits{.is_awaited = true};
  std::string slot;
};
struct AwaitActive {
  static constexpr ActionTraits kTraits{.is_awaited = true};
  std::string slot;
};
struct AwaitGone {
  static constexpr ActionTraits kTraits{.is_awaited = true};
  std::string server_id;
};
// Completed by what the API server says of itself and of its nodes; see kubernetes_sweep.h.
struct AwaitApiServer {
  static constexpr ActionTraits kTraits{.is_awaited = true, .needs_api_server = true};
};
struct AwaitNodeReady {
  static constexpr ActionTraits kTraits{.is_awaited = true, .needs_api_server = true};
  std::string slot;
};
// Completed by the clock: until a call whose answer was lost has had its time to take effect.
struct AwaitLateAnswers {
  static constexpr ActionTraits kTraits{.is_awaited = true};
};

using Action = std::variant<
    LogIn, FindImage, FindFlavor, FindZones, FindKeyPair, FindExternalNetwork, FindRouter,
    FindSharedNetwork, FindExtensions, ReadComputeQuota, ReadNetworkQuota, ReadVolumeQuota,
    ReadManifest, FindServerSources, FindNodeNetwork, FindOwned, CreateNetwork, CreateSubnet,
    CreateRouter, CreateSecurityGroup, CreateRules, CreatePorts, SetPortFilters, AttachRouter,
    CreateServerGroup, CreateVolume, AwaitVolume, CreateServer, TagResource, Remove, DetachRouter,
    ApplyManifest, RenewToken, ConfirmFault, DrainNode, UncordonNode, InstallRenewal, ForgetNode,
    AwaitHost, AwaitActive, AwaitGone, AwaitApiServer, AwaitNodeReady, AwaitLateAnswers>;

inline const ActionTraits& traits_of(const Action& action) {
  return std::visit(
      [](const auto& one) -> const ActionTraits& { return std::decay_t<decltype(one)>::kTraits; },
      action);
}

}  // namespace mex::cluster
