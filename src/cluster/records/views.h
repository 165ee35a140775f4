#pragma once

// What the outside sees of clusters and operations: values, copied out of the engine at one moment.
// Nothing here refers back into the engine; times are UTC; a text that does not apply is empty.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/record.h"
#include "base/record_words.h"
#include "cluster/records/change_request.h"

namespace mex::cluster {

// Why something is as it is. All members are empty while all is well.
struct Reason {
  std::string message;     // one line for the operator
  std::string code;        // for programs: "QuotaExceeded", "ImageNotFound", "ServerError", …
  std::string request_id;  // x-openstack-request-id of the call that said so
  std::string next;        // what happens next, or what the operator can do
  // The end of the console of the machine it is about, where there is one. A tenant wrote it: a
  // hint for people, not a proof.
  std::string console;

  bool empty() const { return message.empty() && code.empty(); }
};

constexpr auto fields_of(const Reason*) {
  using T = Reason;
  return base::fields(base::field("message", &T::message), base::field("code", &T::code),
                      base::field("console", &T::console),
                      base::field("request_id", &T::request_id), base::field("next", &T::next));
}

// A reason with a code and a message, to which more may be added.
Reason because(std::string_view code, std::string message);

enum class StepState { Pending, Running, Blocked, Done, Failed, Skipped };

constexpr auto words_of(StepState) {
  return base::words<StepState>({
      {StepState::Pending, "pending"},
      {StepState::Running, "running"},
      {StepState::Blocked, "blocked"},
      {StepState::Done, "done"},
      {StepState::Failed, "failed"},
      {StepState::Skipped, "skipped"},
  });
}

// One bar of an operation's waterfall.
struct StepView {
  std::string name;  // "token", "look image debian-12", "network", "server worker-2", …
  StepState state = StepState::Pending;
  std::optional<base::WallTime> started;
  std::optional<base::WallTime> ended;
  int attempts = 0;
  // What is awaited has been looked at for so long; of a step that has a call, since its first
  // attempt. Monotonic time, and none while no agent runs. Deadlines are compared with it.
  std::chrono::milliseconds waited{0};
  Reason reason;                           // of the last failed attempt
  std::optional<base::WallTime> retry_at;  // set while it waits for another look
  bool is_retried = false;                 // Running again after the attempt that `reason` is of
  std::string resource_id;                 // what the step made, found or removed
  std::string request_id;                  // x-openstack-request-id of its last answer
  // A call that makes something went out and its fate is not known (yet). If it stays unknown,
  // the next attempt looks first.
  bool outcome_unknown = false;
};

// `retry_at` and `is_retried` are not kept: a new process tries at once.
constexpr auto fields_of(const StepView*) {
  using T = StepView;
  return base::fields(
      base::field("name", &T::name), base::field("state", &T::state),
      base::defaulted_field("started", &T::started), base::defaulted_field("ended", &T::ended),
      base::field("attempts", &T::attempts), base::optional_field("waited_ms", &T::waited),
      base::field("reason", &T::reason), base::field("resource_id", &T::resource_id),
      base::field("request_id", &T::request_id),
      base::field("outcome_unknown", &T::outcome_unknown));
}

// Scale, Replace, Repair and Renew change a cluster that is there; the agent begins the last one by
// itself.
enum class OperationKind { Create, Destroy, Scale, Replace, Repair, Renew };

constexpr auto words_of(OperationKind) {
  return base::words<OperationKind>({
      {OperationKind::Create, "create"},
      {OperationKind::Destroy, "destroy"},
      {OperationKind::Scale, "scale"},
      {OperationKind::Replace, "replace"},
      {OperationKind::Repair, "repair"},
      {OperationKind::Renew, "renew"},
  });
}

enum class OperationState { Running, Blocked, Done, Failed, Cancelled };

constexpr auto words_of(OperationState) {
  return base::words<OperationState>({
      {OperationState::Running, "running"},
      {OperationState::Blocked, "blocked"},
      {OperationState::Done, "done"},
      {OperationState::Failed, "failed"},
      {OperationState::Cancelled, "cancelled"},
  });
}

// What the closing audit of an operation saw: "kind name id" each.
struct AuditView {
  std::vector<std::string> found;    // carried our mark when the operation looked
  std::vector<std::string> removed;  // deleted by the operation
  std::vector<std::string> refused;  // left alone because a proof of ownership was missing
};

constexpr auto fields_of(const AuditView*) {
  using T = AuditView;
  return base::fields(base::field("found", &T::found), base::field("removed", &T::removed),
                      base::field("refused", &T::refused));
}

struct OperationView {
  std::string id;
  OperationKind kind = OperationKind::Create;
  std::string subject;  // what of the cluster it is about: "pool worker: 4 nodes"; empty: all of it
  std::optional<ChangeRequest> request;  // of a scale or a replacement
  bool is_cancel_requested = false;      // it ends as soon as no call is under way
  OperationState state = OperationState::Running;
  std::string cluster_id;
  std::string tenant;
  std::string cluster_name;
  base::WallTime created{};
  std::optional<base::WallTime> ended;
  Reason reason;
  std::string plan_hash;  // of the plan being run; empty until there is one
  std::vector<StepView> steps;
  AuditView audit;
};

constexpr auto fields_of(const OperationView*) {
  using T = OperationView;
  return base::fields(base::field("id", &T::id), base::field("kind", &T::kind),
                      base::field("subject", &T::subject), base::field("state", &T::state),
                      base::field("cluster_id", &T::cluster_id), base::field("tenant", &T::tenant),
                      base::field("cluster_name", &T::cluster_name),
                      base::field("created", &T::created),
                      base::defaulted_field("ended", &T::ended), base::field("reason", &T::reason),
                      base::field("plan_hash", &T::plan_hash), base::field("steps", &T::steps),
                      base::flat(&T::audit), base::optional_field("request", &T::request),
                      base::optional_field("cancel_requested", &T::is_cancel_requested));
}

enum class ClusterPhase { Creating, Active, Failed, Destroying };

constexpr auto words_of(ClusterPhase) {
  return base::words<ClusterPhase>({
      {ClusterPhase::Creating, "creating"},
      {ClusterPhase::Active, "active"},
      {ClusterPhase::Failed, "failed"},
      {ClusterPhase::Destroying, "destroying"},
  });
}

struct NodeView {
  std::string slot;  // "master-1", "worker-2": stays the same when the server is replaced
  std::string name;  // of the server
  std::string role;  // "master" or "worker"
  std::string pool;  // of workers
  std::string nova_flavor;
  std::string image;
  std::string zone;
  std::string address;
  std::string server_id;
  std::string status;  // Nova's word: BUILD, ACTIVE, ERROR, …; empty before the server is asked for
  std::string fault;  // Nova's fault text
  // Of the Kubernetes node: "True", "False" or "Unknown" as in its condition Ready, or empty while
  // the cluster does not know the node; and why it is not "True".
  std::string ready;
  std::string not_ready_because;
  std::string kubelet_version;  // "v1.20.2"
  // What image and Nova flavor meant when they were chosen; empty before.
  std::string image_id;
  std::string nova_flavor_id;
};

// One measured statement about a cluster, as in Kubernetes: true, false or not known.
struct ConditionView {
  std::string type;    // "InfrastructureReady", "ServersActive", …; see conditions.h
  std::string status;  // "True", "False", "Unknown"
  Reason reason;
  base::WallTime since{};  // the status is as it is
  base::WallTime observed_at{};
};

constexpr auto fields_of(const ConditionView*) {
  using T = ConditionView;
  return base::fields(base::field("type", &T::type), base::field("status", &T::status),
                      base::field("reason", &T::reason), base::field("since", &T::since),
                      base::field("observed_at", &T::observed_at));
}

struct ClusterView {
  // Of a managed cluster; nothing while none was seen.
  std::optional<base::WallTime> first_certificate_end;
  std::string id;
  std::string tenant;
  std::string name;
  std::string kind;                  // cluster flavor
  std::int64_t flavor_revision = 0;  // of the cluster flavor, when the cluster was made
  // What the nodes have: names separated by commas where they differ.
  std::string flavor;  // in Nova
  std::string image;
  std::string region;
  std::string zone;
  std::string network;  // name of the shared network; empty: the cluster has its own
  std::string subnet;   // "10.101.7.0/24"; empty on a shared network
  // In Neutron, of what was made for the cluster; empty until then.
  std::string network_id;
  std::string subnet_id;
  std::string router_id;
  std::string security_group_id;
  // How the API server is reached from outside, through the proxy's port: empty if it is not.
  std::string api_server_name;
  std::string gateway;  // the router's address on the external network
  ClusterPhase phase = ClusterPhase::Creating;
  Reason reason;
  base::WallTime created{};
  std::string operation_id;  // the latest operation on it
  std::vector<NodeView> nodes;
  std::vector<ConditionView> conditions;
};

// "creating", "running", …: the words used in the API, in logs and in the store.
constexpr std::string_view to_string(StepState state) { return base::to_word(state); }
constexpr std::string_view to_string(OperationKind kind) { return base::to_word(kind); }
constexpr std::string_view to_string(OperationState state) { return base::to_word(state); }
constexpr std::string_view to_string(ClusterPhase phase) { return base::to_word(phase); }

}  // namespace mex::cluster
