#include "cluster/records/records.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/record_reader.h"
#include "cluster/flavor/record.h"
#include "cluster/spec/resource.h"

namespace mex::cluster {
namespace {

constexpr std::array kStepStates{StepState::Pending, StepState::Running, StepState::Blocked,
                                 StepState::Done,    StepState::Failed,  StepState::Skipped};
constexpr std::array kOperationKinds{OperationKind::Create, OperationKind::Destroy,
                                     OperationKind::Scale, OperationKind::Replace,
                                     OperationKind::Repair};
constexpr std::array kOperationStates{OperationState::Running, OperationState::Blocked,
                                      OperationState::Done, OperationState::Failed,
                                      OperationState::Cancelled};
constexpr std::array kPhases{ClusterPhase::Creating, ClusterPhase::Active, ClusterPhase::Failed,
                             ClusterPhase::Destroying};
constexpr std::array kRoles{NodeRole::Master, NodeRole::Worker};
// What a cluster can have; `Platform` is decided when it is admitted.
constexpr std::array kSchemes{NetworkScheme::Isolated, NetworkScheme::Shared,
                              NetworkScheme::External};

base::Json json_of(const Reason& reason) {
  return {{"message", reason.message},
          {"code", reason.code},
          {"console", reason.console},
          {"request_id", reason.request_id},
          {"next", reason.next}};
}

void read_reason(const base::RecordReader& record, Reason& reason) {
  record.object("reason", [&](const base::RecordReader& reader) {
    reader.read("message", reason.message);
    reader.read("code", reason.code);
    reader.read("console", reason.console);
    reader.read("request_id", reason.request_id);
    reader.read("next", reason.next);
  });
}

base::Json json_of(const NodeSpec& node) {
  return {{"slot", node.slot},      {"role", to_string(node.role)},
          {"group", node.group},    {"nova_flavor", node.nova_flavor},
          {"image", node.image},    {"zone", node.zone},
          {"address", node.address}};
}

NodeSpec node_of(const base::RecordReader& reader) {
  NodeSpec node;
  reader.read("slot", node.slot);
  reader.read("role", node.role, kRoles);
  reader.read("group", node.group);
  reader.read("nova_flavor", node.nova_flavor);
  reader.read("image", node.image);
  reader.read("zone", node.zone);
  reader.read("address", node.address);
  return node;
}

base::Json json_of(const ClusterSpec& spec) {
  base::Json nodes = base::Json::array();
  for (const NodeSpec& node : spec.nodes) nodes.push_back(json_of(node));
  return {{"tenant", spec.tenant},
          {"name", spec.name},
          {"flavor", json_of(spec.flavor)},
          {"flavor_revision", spec.flavor_revision},
          {"region", spec.region},
          {"zones", spec.zones},
          {"scheme", to_string(spec.scheme)},
          {"network", spec.network},
          {"external_network", spec.external_network},
          {"fixed_ip", spec.fixed_ip},
          {"metadata", spec.metadata},
          {"proxy_address", spec.proxy_address},
          {"master_address", spec.master_address},
          {"subnet", spec.subnet},
          {"nodes", std::move(nodes)}};
}

ClusterSpec spec_of(const base::RecordReader& reader) {
  ClusterSpec spec;
  reader.read("tenant", spec.tenant);
  reader.read("name", spec.name);
  reader.object("flavor",
                [&](const base::RecordReader& flavor) { spec.flavor = flavor_of(flavor); });
  reader.read("flavor_revision", spec.flavor_revision);
  reader.read("region", spec.region);
  reader.read("zones", spec.zones);
  reader.read("scheme", spec.scheme, kSchemes);
  reader.read("network", spec.network);
  reader.read("external_network", spec.external_network);
  reader.read("fixed_ip", spec.fixed_ip);
  reader.read("metadata", spec.metadata);
  reader.read("proxy_address", spec.proxy_address);
  reader.read("master_address", spec.master_address);
  reader.read("subnet", spec.subnet);
  reader.objects("nodes",
                 [&](const base::RecordReader& node) { spec.nodes.push_back(node_of(node)); });
  return spec;
}

base::Json json_of(const ConditionView& condition) {
  return {{"type", condition.type},
          {"status", condition.status},
          {"reason", json_of(condition.reason)},
          {"since", base::time_json(condition.since)},
          {"observed_at", base::time_json(condition.observed_at)}};
}

ConditionView condition_of(const base::RecordReader& reader) {
  ConditionView condition;
  reader.read("type", condition.type);
  reader.read("status", condition.status);
  read_reason(reader, condition.reason);
  reader.read("since", condition.since);
  reader.read("observed_at", condition.observed_at);
  return condition;
}

base::Json json_of(const StepView& step) {
  return {{"name", step.name},
          {"state", to_string(step.state)},
          {"started", base::time_json(step.started)},
          {"ended", base::time_json(step.ended)},
          {"attempts", step.attempts},
          {"reason", json_of(step.reason)},
          {"resource_id", step.resource_id},
          {"request_id", step.request_id},
          {"outcome_unknown", step.outcome_unknown}};
}

// `retry_at` is not kept: a new process tries at once.
StepView step_of(const base::RecordReader& reader) {
  StepView step;
  reader.read("name", step.name);
  reader.read("state", step.state, kStepStates);
  reader.read("started", step.started);
  reader.read("ended", step.ended);
  reader.read("attempts", step.attempts);
  read_reason(reader, step.reason);
  reader.read("resource_id", step.resource_id);
  reader.read("request_id", step.request_id);
  reader.read("outcome_unknown", step.outcome_unknown);
  return step;
}

}  // namespace

std::string to_json(const ClusterRecord& record) {
  std::map<std::string, std::string> resources;
  for (const auto& [key, id] : record.resources) resources[to_string(key)] = id;
  base::Json leaving = base::Json::array();
  for (const NodeSpec& node : record.leaving) leaving.push_back(json_of(node));
  base::Json repairs = base::Json::array();
  for (const base::WallTime time : record.repairs) repairs.push_back(base::time_json(time));
  base::Json unhealthy_since = base::Json::object();
  for (const auto& [slot, since] : record.unhealthy_since)
    unhealthy_since[slot] = base::time_json(since);
  base::Json conditions = base::Json::array();
  for (const ConditionView& condition : record.conditions) conditions.push_back(json_of(condition));
  return base::dump({{"id", record.id},
                     {"spec", json_of(record.spec)},
                     {"phase", to_string(record.phase)},
                     {"reason", json_of(record.reason)},
                     {"created", base::time_json(record.created)},
                     {"operation_id", record.operation_id},
                     {"resources", resources},
                     {"touched", record.has_cloud_resources},
                     {"addresses", record.addresses},
                     {"shared_subnet", record.shared_subnet},
                     {"gateway", record.gateway},
                     {"api_server_names", record.api_server_names},
                     {"failed_nodes", record.failed_nodes},
                     {"arriving", record.joining},
                     {"retiring", std::move(leaving)},
                     {"repairs", std::move(repairs)},
                     {"complaints", std::move(unhealthy_since)},
                     {"conditions", std::move(conditions)},
                     {"uncertain_until", base::time_json(record.unknown_until)}});
}

absl::StatusOr<ClusterRecord> parse_cluster_record(std::string_view text, std::string_view key) {
  const base::Json json = base::Json::parse(text, nullptr, false);
  bool is_good = true;
  ClusterRecord record;
  const base::RecordReader reader(json, is_good);
  reader.read("id", record.id);
  reader.object("spec", [&](const base::RecordReader& spec) { record.spec = spec_of(spec); });
  reader.read("phase", record.phase, kPhases);
  read_reason(reader, record.reason);
  reader.read("created", record.created);
  reader.read("operation_id", record.operation_id);
  std::map<std::string, std::string> resources;
  reader.read("resources", resources);
  for (const auto& [name, id] : resources) {
    const auto resource = parse_resource_key(name);
    if (!resource) return base::damaged_record(key);
    record.resources[*resource] = id;
  }
  reader.read("touched", record.has_cloud_resources);
  reader.read("addresses", record.addresses);
  reader.read("shared_subnet", record.shared_subnet);
  reader.read("gateway", record.gateway);
  reader.read("api_server_names", record.api_server_names);
  reader.read("failed_nodes", record.failed_nodes);
  reader.read("arriving", record.joining);
  reader.objects("retiring",
                 [&](const base::RecordReader& node) { record.leaving.push_back(node_of(node)); });
  reader.read("repairs", record.repairs);
  reader.read("complaints", record.unhealthy_since);
  reader.objects("conditions", [&](const base::RecordReader& condition) {
    record.conditions.push_back(condition_of(condition));
  });
  reader.read("uncertain_until", record.unknown_until);
  if (!is_good) return base::damaged_record(key);
  return record;
}

ClusterSpec spec_with_retiring(const ClusterRecord& record) {
  ClusterSpec spec = record.spec;
  spec.nodes.insert(spec.nodes.end(), record.leaving.begin(), record.leaving.end());
  return spec;
}

std::string address_of(const ClusterRecord& record, const NodeSpec& node) {
  if (!node.address.empty()) return node.address;
  const auto found = record.addresses.find(node.slot);
  return found == record.addresses.end() ? std::string() : found->second;
}

std::string nodes_subnet(const ClusterRecord& record) {
  return record.spec.subnet.empty() ? record.shared_subnet : record.spec.subnet;
}

std::string to_json(const OperationRecord& record) {
  base::Json steps = base::Json::array();
  for (const StepView& step : record.steps) steps.push_back(json_of(step));
  return base::dump({{"id", record.id},
                     {"kind", to_string(record.kind)},
                     {"subject", record.subject},
                     {"state", to_string(record.state)},
                     {"cluster_id", record.cluster_id},
                     {"tenant", record.tenant},
                     {"cluster_name", record.cluster_name},
                     {"created", base::time_json(record.created)},
                     {"ended", base::time_json(record.ended)},
                     {"reason", json_of(record.reason)},
                     {"plan_hash", record.plan_hash},
                     {"steps", std::move(steps)},
                     {"found", record.audit.found},
                     {"removed", record.audit.removed},
                     {"refused", record.audit.refused}});
}

absl::StatusOr<OperationRecord> parse_operation_record(std::string_view text,
                                                       std::string_view key) {
  const base::Json json = base::Json::parse(text, nullptr, false);
  bool is_good = true;
  OperationRecord record;
  const base::RecordReader reader(json, is_good);
  reader.read("id", record.id);
  reader.read("kind", record.kind, kOperationKinds);
  reader.read("subject", record.subject);
  reader.read("state", record.state, kOperationStates);
  reader.read("cluster_id", record.cluster_id);
  reader.read("tenant", record.tenant);
  reader.read("cluster_name", record.cluster_name);
  reader.read("created", record.created);
  reader.read("ended", record.ended);
  read_reason(reader, record.reason);
  reader.read("plan_hash", record.plan_hash);
  reader.objects("steps",
                 [&](const base::RecordReader& step) { record.steps.push_back(step_of(step)); });
  reader.read("found", record.audit.found);
  reader.read("removed", record.audit.removed);
  reader.read("refused", record.audit.refused);
  if (!is_good) return base::damaged_record(key);
  return record;
}

bool has_ended(const OperationRecord& operation) {
  return operation.state == OperationState::Done || operation.state == OperationState::Failed ||
         operation.state == OperationState::Cancelled;
}

StepView* find_step(OperationRecord& operation, std::string_view name) {
  const auto found = std::find_if(operation.steps.begin(), operation.steps.end(),
                                  [&](const StepView& step) { return step.name == name; });
  return found == operation.steps.end() ? nullptr : &*found;
}

}  // namespace mex::cluster
