#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cluster/records/inventory.h"
#include "cluster/spec/resource.h"
#include "openstack/neutron_types.h"
#include "openstack/nova.h"

// What is to be done with the cloud, as values: a graph of named steps. Ids that do not exist yet
// are taken from the cluster's journal when a step runs.
namespace mex::cluster {

// Look-ups: they change nothing.
struct LogIn {
  std::string region;  // the one the cluster is wanted in; empty: whichever the cloud has
};
struct FindImage {
  std::string name;
};
struct FindFlavor {
  std::string name;
};
struct FindZones {
  std::vector<std::string> names;
};
struct FindKeyPair {
  std::string name;
};
struct FindExternalNetwork {
  std::string name;  // empty: the only one there is
};
struct FindRouter {
  std::string name;  // or id
};
struct FindSharedNetwork {
  std::string name;                    // of an external network it may be empty: the only one
  std::vector<std::string> addresses;  // the subnet must hold these
  bool is_external = false;            // the nodes are meant to be on an external network
};
struct FindExtensions {};  // asked for before they are needed on the critical path
struct ReadComputeQuota {};
struct ReadNetworkQuota {};
struct ReadManifest {
  std::string source;  // absolute path or URL: read and understood before anything is made
};
struct FindOwned {  // everything of one kind that carries the cluster's mark
  ResourceKind kind;
};

// Calls that make something. Members that name other resources by id are filled in late.
struct CreateNetwork {
  openstack::NewNetwork body;
};
struct CreateSubnet {
  openstack::NewSubnet body;
};
struct CreateRouter {
  openstack::NewRouter body;
};
struct CreateSecurityGroup {
  openstack::NewSecurityGroup body;
};
struct CreateRules {
  std::vector<openstack::NewSecurityGroupRule> bodies;  // remote group kOwnGroup: the same group
};
struct PlannedPort {
  std::string slot;
  openstack::NewPort body;
};
struct CreatePorts {
  std::vector<PlannedPort> ports;
};
struct AttachRouter {
  std::string router_id;  // of an existing router; empty: the cluster's own
};
struct CreateServerGroup {
  std::string group;  // of nodes
  openstack::NewServerGroup body;
};
struct CreateServer {
  std::string slot;
  openstack::NewServer body;
  std::string group;  // whose server group it belongs to; empty: none
};
struct TagResource {
  ResourceKey key;
  std::vector<std::string> tags;
};

// Calls that remove something, known by its id.
struct Remove {
  ResourceKey key;
  std::string id;
};
struct DetachRouter {
  std::string router_id;  // empty: whichever has an interface in the subnet
  std::string subnet_id;
};

// Calls to the cluster's own API server.
struct ApplyManifest {
  std::string source;
};
struct RenewToken {};  // with which machines join
struct DrainNode {     // of its pods, as far as disruption budgets allow; not one that is not Ready
  std::string node;
};
struct ForgetNode {  // the API server's record of it
  std::string node;
};

// Steps without a call of their own: the watcher's list of servers completes them.
struct AwaitActive {
  std::string slot;
};
struct AwaitGone {
  std::string server_id;
};
// Completed by what the API server says of itself and of its nodes; see kubernetes_sweep.h.
struct AwaitApiServer {};
struct AwaitNodeReady {
  std::string slot;
};
// Completed by the clock: until a call whose answer was lost has had its time to take effect.
struct AwaitLateAnswers {};

using Action =
    std::variant<LogIn, FindImage, FindFlavor, FindZones, FindKeyPair, FindExternalNetwork,
                 FindRouter, FindSharedNetwork, FindExtensions, ReadComputeQuota, ReadNetworkQuota,
                 ReadManifest, FindOwned, CreateNetwork, CreateSubnet, CreateRouter,
                 CreateSecurityGroup, CreateRules, CreatePorts, AttachRouter, CreateServerGroup,
                 CreateServer, TagResource, Remove, DetachRouter, ApplyManifest, RenewToken,
                 DrainNode, ForgetNode, AwaitActive, AwaitGone, AwaitApiServer, AwaitNodeReady,
                 AwaitLateAnswers>;

inline constexpr std::string_view kOwnGroup = "own";

struct PlannedStep {
  std::string name;  // unique in its plan
  Action action;
  std::vector<std::string> after;  // names of the steps that must be done before
  bool is_done = false;            // what it would make is there already
  bool check_existing = false;     // it may be there already: look before making it
  std::string resource_id;         // where is_done
};

struct Plan {
  std::vector<PlannedStep> steps;
};

inline constexpr std::string_view kLogInStep = "token";
inline constexpr std::string_view kApiServerStep = "api server";

// A step that depends on nothing.
PlannedStep plain_step(std::string name, Action action);

// The action changes the cloud, so its intent is journaled before it runs.
bool changes_cloud(const Action& action);
// The action makes a resource: repeated blindly it would make a second one.
bool makes_resource(const Action& action);
// The action names resources of the cluster by id; were one gone, the cloud would refuse it.
bool builds_on_resources(const Action& action);
// The action has no call of its own.
bool is_awaited(const Action& action);
// The action is a call to the cluster's API server, or awaits what that says.
bool needs_api_server(const Action& action);

// Sixteen hexadecimal digits over every name, dependency, body and tag: equal plans have equal
// hashes, in every process.
std::string hash_of(const Plan& plan);

}  // namespace mex::cluster
