#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/record.h"
#include "base/record_words.h"
#include "cluster/records/inventory.h"
#include "cluster/records/references.h"
#include "cluster/records/views.h"
#include "cluster/spec/spec.h"

// What the store holds of clusters and operations, and its JSON form.
namespace mex::cluster {

// For how long a worker was seen to be unhealthy. Time in which no one could look does not count,
// and neither does what happens to the wall clock.
struct UnhealthyTime {
  std::chrono::milliseconds observed{0};
  // Of its node's condition Ready, in the API server's time: another one is another fault.
  base::WallTime transition{};

  bool operator==(const UnhealthyTime&) const = default;
};

constexpr auto fields_of(const UnhealthyTime*) {
  using T = UnhealthyTime;
  return base::fields(base::field("observed_ms", &T::observed),
                      base::field("transition", &T::transition));
}

using UnhealthyTimes = std::map<std::string, UnhealthyTime>;  // by slot

// What a repair sets again as the agent made it.
enum class Restoration { Rules, RouterInterface, Ports, Tags };

constexpr auto words_of(Restoration) {
  return base::words<Restoration>({
      {Restoration::Rules, "rules"},
      {Restoration::RouterInterface, "router-interface"},
      {Restoration::Ports, "ports"},
      {Restoration::Tags, "tags"},
  });
}

struct ClusterRecord {
  std::string id;
  ClusterSpec spec;
  ClusterPhase phase = ClusterPhase::Creating;
  Reason reason;
  base::WallTime created{};
  std::string operation_id;  // the latest
  // The journal of resources: the one that counts for each place.
  ResourceIds resources;
  // In the store alone: those of them that are volumes, by slot. Earlier versions know no volumes,
  // and can read the rest.
  std::map<std::string, std::string> stored_volumes;
  // What it uses and does not own, as it was chosen when its first plan was made.
  CloudReferences references;
  // Subnets that a failed create could not take, though no cluster of the agent has them.
  std::vector<std::string> refused_subnets;
  // Set with the first intent to change the cloud. A cluster without it has nothing to remove.
  bool has_cloud_resources = false;
  // What only Neutron knew, by slot: the addresses of nodes whose specification leaves them open.
  std::map<std::string, std::string> addresses;
  // The nodes' network where it is not the cluster's own: "192.0.2.0/24".
  std::string shared_subnet;
  // The largest packet of the nodes' network, as Neutron said when nodes were made; 0: not known.
  int network_mtu = 0;
  // The router's address on the external network: the way from outside to the nodes. Empty while
  // it is not known, and where the cluster has no router.
  std::string gateway;
  // Names in the API server's certificate besides its addresses: decided with the
  // request.
  std::vector<std::string> api_server_names;
  // Slots of nodes whose server the next operation replaces: its machine did not become a node, or
  // a caller asked for it.
  std::vector<std::string> failed_nodes;
  // Slots of nodes that a running or failed change brings (a create brings all).
  std::vector<std::string> joining;
  // What was wanted before the running change: what is wanted again if that fails.
  std::optional<ClusterSpec> wanted_before;
  // The running change stays wanted if it fails, and is tried again.
  bool is_change_kept = false;
  // Slots of nodes that a change has drained, or begun to: one that stays is uncordoned.
  std::vector<std::string> cordoned;
  // Slots of nodes that a running operation lets renew their certificates.
  std::vector<std::string> renewing;
  // Nodes that are removed and may still exist; they are not in the specification any more.
  std::vector<NodeSpec> leaving;
  // What the running repair sets again.
  std::vector<Restoration> restoring;
  // When workers were replaced by a repair, for the budget.
  std::vector<base::WallTime> repairs;
  // It is stored so that a deadline also ends while the agent restarts again and again; see
  // repair.h.
  UnhealthyTimes unhealthy;
  std::vector<ConditionView> conditions;
  // About then no call whose answer was lost can take effect any more: for people, and for the next
  // process (see LostCalls). An operation is not Done before, and audits the cluster after it.
  std::optional<base::WallTime> unknown_until;
};

// The names in the store are those of the first version.
constexpr auto fields_of(const ClusterRecord*) {
  using T = ClusterRecord;
  return base::fields(
      base::field("id", &T::id), base::field("spec", &T::spec), base::field("phase", &T::phase),
      base::field("reason", &T::reason), base::field("created", &T::created),
      base::field("operation_id", &T::operation_id), base::field("resources", &T::resources),
      base::field("touched", &T::has_cloud_resources), base::field("addresses", &T::addresses),
      base::field("shared_subnet", &T::shared_subnet), base::field("gateway", &T::gateway),
      base::field("api_server_names", &T::api_server_names),
      base::field("failed_nodes", &T::failed_nodes), base::field("arriving", &T::joining),
      base::optional_field("wanted_before", &T::wanted_before),
      base::optional_field("change_kept", &T::is_change_kept),
      base::optional_field("cordoned", &T::cordoned),
      base::optional_field("renewing", &T::renewing), base::field("retiring", &T::leaving),
      base::optional_field("restoring", &T::restoring), base::field("repairs", &T::repairs),
      base::optional_field("unhealthy", &T::unhealthy), base::field("conditions", &T::conditions),
      base::defaulted_field("uncertain_until", &T::unknown_until),
      base::optional_field("references", &T::references),
      base::optional_field("refused_subnets", &T::refused_subnets),
      base::optional_field("network_mtu", &T::network_mtu),
      base::optional_field("volumes", &T::stored_volumes));
}

// The specification with the nodes that are to go but are still there: all places of the cluster.
ClusterSpec spec_with_leaving(const ClusterRecord& record);

// Empty while it is not known.
std::string address_of(const ClusterRecord& record, const NodeSpec& node);
// Likewise: "10.101.7.0/24".
std::string nodes_subnet(const ClusterRecord& record);

// The same members as the view: what is kept is what is shown.
using OperationRecord = OperationView;

// A cluster and the operation that makes it as requested: committed together.
struct NewOperation {
  ClusterRecord cluster;
  OperationRecord operation;
};

// A cluster whose destroy has ended, with what it takes to recognise its resources.
struct DestroyedCluster {
  ClusterRecord cluster;
  base::WallTime when{};
};

constexpr auto fields_of(const DestroyedCluster*) {
  using T = DestroyedCluster;
  return base::fields(base::field("cluster", &T::cluster), base::field("when", &T::when));
}

std::string to_json(const ClusterRecord& record);
std::string to_json(const OperationRecord& record);
std::string to_json(const DestroyedCluster& destroyed);

// DataLoss, naming `key` and the member, if the text is not what to_json writes.
absl::StatusOr<ClusterRecord> cluster_record_from_json(std::string_view text, std::string_view key);
absl::StatusOr<OperationRecord> operation_record_from_json(std::string_view text,
                                                           std::string_view key);
absl::StatusOr<DestroyedCluster> destroyed_cluster_from_json(std::string_view text,
                                                             std::string_view key);

// The lists of slots in a record hold each at most once.
bool contains_slot(const std::vector<std::string>& slots, std::string_view slot);
void add_slot(std::vector<std::string>& slots, const std::string& slot);

bool has_ended(const OperationRecord& operation);
// Null if the operation does not have it.
StepView* find_step(OperationRecord& operation, std::string_view name);
const StepView* find_step(const OperationRecord& operation, std::string_view name);

}  // namespace mex::cluster
