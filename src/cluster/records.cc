#include "cluster/records.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "cluster/resource.h"

namespace mex::cluster {
namespace {

using Json = nlohmann::json;
using Time = std::optional<base::WallTime>;

// Reads members of one object and notes the first that is not as written; no exceptions.
class Reader {
 public:
  Reader(const Json& object, bool& is_good) : object_(object), is_good_(is_good) {
    if (!object.is_object()) is_good_ = false;
  }

  const Json* member(const char* name) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }

  void read(const char* name, std::string& value) const {
    const Json* json = expect(name, &Json::is_string);
    if (json != nullptr) value = *json->get_ptr<const std::string*>();
  }
  void read(const char* name, bool& value) const {
    const Json* json = expect(name, &Json::is_boolean);
    if (json != nullptr) value = *json->get_ptr<const bool*>();
  }
  void read(const char* name, int& value) const {
    const Json* json = expect(name, &Json::is_number_integer);
    if (json != nullptr) value = json->get<int>();
  }
  void read(const char* name, base::WallTime& value) const {
    const Json* json = expect(name, &Json::is_number_integer);
    if (json != nullptr) value = base::WallTime(std::chrono::milliseconds(json->get<long>()));
  }
  void read(const char* name, Time& value) const {
    const Json* json = member(name);
    if (json == nullptr || json->is_null()) return;
    base::WallTime time{};
    read(name, time);
    value = time;
  }
  void read(const char* name, std::vector<std::string>& values) const {
    each(name, &Json::is_array, [&](const Json& element) {
      if (!element.is_string()) return fail();
      values.push_back(element.get<std::string>());
    });
  }
  void read(const char* name, std::map<std::string, std::string>& values) const {
    const Json* json = expect(name, &Json::is_object);
    if (json == nullptr) return;
    for (const auto& [key, value] : json->items()) {
      if (!value.is_string()) return fail();
      values[key] = value.get<std::string>();
    }
  }
  // One of the words of to_text(Enum).
  template <typename Enum, std::size_t kCount>
  void read(const char* name, Enum& value, const std::array<Enum, kCount>& all) const {
    std::string text;
    read(name, text);
    const auto found =
        std::find_if(all.begin(), all.end(), [&](Enum one) { return to_text(one) == text; });
    if (found == all.end()) return fail();
    value = *found;
  }
  template <typename Visitor>
  void each(const char* name, bool (Json::*is_kind)() const noexcept, Visitor visit) const {
    const Json* json = expect(name, is_kind);
    if (json == nullptr) return;
    for (const Json& element : *json) visit(element);
  }
  void fail() const { is_good_ = false; }

 private:
  const Json* expect(const char* name, bool (Json::*is_kind)() const noexcept) const {
    const Json* json = member(name);
    if (json != nullptr && (json->*is_kind)()) return json;
    fail();
    return nullptr;
  }

  const Json& object_;
  bool& is_good_;
};

constexpr std::array kStepStates{StepState::Pending, StepState::Running, StepState::Blocked,
                                 StepState::Done,    StepState::Failed,  StepState::Skipped};
constexpr std::array kOperationKinds{OperationKind::Create, OperationKind::Destroy};
constexpr std::array kOperationStates{OperationState::Running, OperationState::Blocked,
                                      OperationState::Done, OperationState::Failed,
                                      OperationState::Cancelled};
constexpr std::array kPhases{ClusterPhase::Creating, ClusterPhase::Active, ClusterPhase::Failed,
                             ClusterPhase::Destroying};
constexpr std::array kRoles{NodeRole::Master, NodeRole::Worker};

Json json_of(base::WallTime time) { return time.time_since_epoch().count(); }
Json json_of(const Time& time) { return time ? json_of(*time) : Json(nullptr); }

Json json_of(const Reason& reason) {
  return {{"message", reason.message},
          {"code", reason.code},
          {"request_id", reason.request_id},
          {"next", reason.next}};
}

Reason reason_of(const Reader& reader, const char* name, bool& is_good) {
  Reason reason;
  const Json* json = reader.member(name);
  if (json == nullptr) {
    is_good = false;
    return reason;
  }
  const Reader inner(*json, is_good);
  inner.read("message", reason.message);
  inner.read("code", reason.code);
  inner.read("request_id", reason.request_id);
  inner.read("next", reason.next);
  return reason;
}

Json json_of(const ClusterSpec& spec) {
  Json nodes = Json::array();
  for (const NodeSpec& node : spec.nodes) {
    nodes.push_back({{"slot", node.slot}, {"role", to_text(node.role)}, {"address", node.address}});
  }
  return {{"tenant", spec.tenant},
          {"name", spec.name},
          {"kind", spec.kind},
          {"flavor", spec.flavor},
          {"image", spec.image},
          {"region", spec.region},
          {"zone", spec.zone},
          {"network", spec.network},
          {"external_network", spec.external_network},
          {"fixed_ip", spec.fixed_ip},
          {"metadata", spec.metadata},
          {"proxy_address", spec.proxy_address},
          {"master_address", spec.master_address},
          {"subnet", spec.subnet},
          {"nodes", std::move(nodes)}};
}

ClusterSpec spec_of(const Json& json, bool& is_good) {
  ClusterSpec spec;
  const Reader reader(json, is_good);
  reader.read("tenant", spec.tenant);
  reader.read("name", spec.name);
  reader.read("kind", spec.kind);
  reader.read("flavor", spec.flavor);
  reader.read("image", spec.image);
  reader.read("region", spec.region);
  reader.read("zone", spec.zone);
  reader.read("network", spec.network);
  reader.read("external_network", spec.external_network);
  reader.read("fixed_ip", spec.fixed_ip);
  reader.read("metadata", spec.metadata);
  reader.read("proxy_address", spec.proxy_address);
  reader.read("master_address", spec.master_address);
  reader.read("subnet", spec.subnet);
  reader.each("nodes", &Json::is_array, [&](const Json& element) {
    NodeSpec node;
    const Reader inner(element, is_good);
    inner.read("slot", node.slot);
    inner.read("role", node.role, kRoles);
    inner.read("address", node.address);
    spec.nodes.push_back(std::move(node));
  });
  return spec;
}

Json json_of(const StepView& step) {
  return {{"name", step.name},
          {"state", to_text(step.state)},
          {"started", json_of(step.started)},
          {"ended", json_of(step.ended)},
          {"attempts", step.attempts},
          {"reason", json_of(step.reason)},
          {"resource_id", step.resource_id},
          {"request_id", step.request_id},
          {"outcome_unknown", step.outcome_unknown}};
}

// `retry_at` is not kept: a new process tries at once.
StepView step_of(const Json& json, bool& is_good) {
  StepView step;
  const Reader reader(json, is_good);
  reader.read("name", step.name);
  reader.read("state", step.state, kStepStates);
  reader.read("started", step.started);
  reader.read("ended", step.ended);
  reader.read("attempts", step.attempts);
  step.reason = reason_of(reader, "reason", is_good);
  reader.read("resource_id", step.resource_id);
  reader.read("request_id", step.request_id);
  reader.read("outcome_unknown", step.outcome_unknown);
  return step;
}

absl::Status damaged(std::string_view key) {
  return base::error(absl::StatusCode::kDataLoss,
                     "store: the record {} is damaged or was written by another version", key);
}

std::string dump(const Json& json) {
  // Texts come from people and clouds: what is not UTF-8 must not throw.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const ClusterRecord& record) {
  std::map<std::string, std::string> resources;
  for (const auto& [key, id] : record.resources) resources[to_text(key)] = id;
  return dump({{"id", record.id},
               {"spec", json_of(record.spec)},
               {"phase", to_text(record.phase)},
               {"reason", json_of(record.reason)},
               {"created", json_of(record.created)},
               {"operation_id", record.operation_id},
               {"resources", resources},
               {"touched", record.touched},
               {"uncertain_until", json_of(record.uncertain_until)}});
}

absl::StatusOr<ClusterRecord> parse_cluster_record(std::string_view text, std::string_view key) {
  const Json json = Json::parse(text, nullptr, false);
  bool is_good = true;
  ClusterRecord record;
  const Reader reader(json, is_good);
  reader.read("id", record.id);
  if (const Json* spec = reader.member("spec")) {
    record.spec = spec_of(*spec, is_good);
  } else {
    is_good = false;
  }
  reader.read("phase", record.phase, kPhases);
  record.reason = reason_of(reader, "reason", is_good);
  reader.read("created", record.created);
  reader.read("operation_id", record.operation_id);
  std::map<std::string, std::string> resources;
  reader.read("resources", resources);
  for (const auto& [name, id] : resources) {
    const auto resource = parse_resource_key(name);
    if (!resource) return damaged(key);
    record.resources[*resource] = id;
  }
  reader.read("touched", record.touched);
  reader.read("uncertain_until", record.uncertain_until);
  if (!is_good) return damaged(key);
  return record;
}

std::string to_json(const OperationRecord& record) {
  Json steps = Json::array();
  for (const StepView& step : record.steps) steps.push_back(json_of(step));
  return dump({{"id", record.id},
               {"kind", to_text(record.kind)},
               {"state", to_text(record.state)},
               {"cluster_id", record.cluster_id},
               {"tenant", record.tenant},
               {"cluster_name", record.cluster_name},
               {"created", json_of(record.created)},
               {"ended", json_of(record.ended)},
               {"reason", json_of(record.reason)},
               {"plan_hash", record.plan_hash},
               {"steps", std::move(steps)},
               {"found", record.audit.found},
               {"removed", record.audit.removed},
               {"refused", record.audit.refused}});
}

absl::StatusOr<OperationRecord> parse_operation_record(std::string_view text,
                                                       std::string_view key) {
  const Json json = Json::parse(text, nullptr, false);
  bool is_good = true;
  OperationRecord record;
  const Reader reader(json, is_good);
  reader.read("id", record.id);
  reader.read("kind", record.kind, kOperationKinds);
  reader.read("state", record.state, kOperationStates);
  reader.read("cluster_id", record.cluster_id);
  reader.read("tenant", record.tenant);
  reader.read("cluster_name", record.cluster_name);
  reader.read("created", record.created);
  reader.read("ended", record.ended);
  record.reason = reason_of(reader, "reason", is_good);
  reader.read("plan_hash", record.plan_hash);
  reader.each("steps", &Json::is_array,
              [&](const Json& element) { record.steps.push_back(step_of(element, is_good)); });
  reader.read("found", record.audit.found);
  reader.read("removed", record.audit.removed);
  reader.read("refused", record.audit.refused);
  if (!is_good) return damaged(key);
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
