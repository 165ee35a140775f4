#include "cluster/records/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "cluster/flavor/test_time.h"
#include "cluster/records/inventory_fixture.h"

namespace mex::cluster {
namespace {

using testing::HasSubstr;

ClusterRecord sample_cluster() {
  ClusterRecord record;
  record.id = kTestClusterId;
  record.spec = test_spec();
  record.spec.metadata = {{"a", "b"}};
  record.spec.flavor_revision = 4;
  record.spec.zones = {"az-1"};
  record.spec.nodes[1].zone = "az-1";
  record.phase = ClusterPhase::Failed;
  record.reason = {"why \"quoted\" \xff", "Code", "req-1", "next", "console\nof a machine"};
  record.created = at_millisecond(1234567890123);
  record.operation_id = "op1";
  record.resources = whole_journal();
  record.has_cloud_resources = true;
  record.addresses = {{"worker-1", "192.0.2.7"}};
  record.shared_subnet = "192.0.2.0/24";
  record.gateway = "203.0.113.9";
  record.api_server_names = {"test-1.tenant-1.edge.example.net"};
  record.failed_nodes = {"worker-2"};
  record.joining = {"worker-2"};
  record.leaving = {record.spec.nodes.back()};
  record.repairs = {at_millisecond(1234567890126)};
  record.unhealthy_since = {{"worker-1", at_millisecond(1234567890127)}};
  ConditionView& condition = record.conditions.emplace_back();
  condition.type = "Ready";
  condition.status = "False";
  condition.reason = because("NodeNotReady", "worker-2 has not joined");
  condition.since = at_millisecond(1234567890124);
  condition.observed_at = at_millisecond(1234567890125);
  record.unknown_until = at_millisecond(1234567899999);
  return record;
}

OperationRecord sample_operation() {
  OperationRecord record;
  record.id = "op1";
  record.kind = OperationKind::Destroy;
  record.state = OperationState::Running;
  record.cluster_id = kTestClusterId;
  record.tenant = "tenant-1";
  record.cluster_name = "test-1";
  record.created = at_millisecond(5);
  record.plan_hash = "0123456789abcdef";
  record.subject = "pool worker: 4 nodes";
  record.audit = {{"a"}, {"b", "c"}, {}};
  StepView step;
  step.name = "server master-1";
  step.state = StepState::Running;
  step.started = at_millisecond(6);
  step.attempts = 2;
  step.resource_id = "id";
  step.request_id = "req-2";
  step.outcome_unknown = true;
  record.steps = {step};
  return record;
}

TEST(ClusterRecord, SurvivesItsJson) {
  const ClusterRecord record = sample_cluster();
  const auto read = parse_cluster_record(to_json(record), "/clusters/x");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->id, record.id);
  EXPECT_EQ(read->spec, record.spec);
  EXPECT_EQ(read->phase, record.phase);
  EXPECT_EQ(read->reason.message, "why \"quoted\" \xef\xbf\xbd");  // never invalid UTF-8
  EXPECT_EQ(read->reason.request_id, "req-1");
  EXPECT_EQ(read->created, record.created);
  EXPECT_EQ(read->operation_id, record.operation_id);
  EXPECT_EQ(read->resources, record.resources);
  EXPECT_TRUE(read->has_cloud_resources);
  EXPECT_EQ(read->unknown_until, record.unknown_until);
  EXPECT_EQ(read->addresses, record.addresses);
  EXPECT_EQ(read->shared_subnet, record.shared_subnet);
  EXPECT_EQ(read->gateway, record.gateway);
  EXPECT_EQ(read->api_server_names, record.api_server_names);
  EXPECT_EQ(read->failed_nodes, record.failed_nodes);
  EXPECT_EQ(read->leaving, record.leaving);
  EXPECT_EQ(read->unhealthy_since, record.unhealthy_since);
  EXPECT_EQ(to_json(*read), to_json(record));
}

TEST(OperationRecord, SurvivesItsJson) {
  const OperationRecord record = sample_operation();
  const auto read = parse_operation_record(to_json(record), "/operations/x");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(to_json(*read), to_json(record));
  EXPECT_EQ(read->kind, OperationKind::Destroy);
  ASSERT_EQ(read->steps.size(), 1U);
  EXPECT_EQ(read->steps[0].started, at_millisecond(6));
  EXPECT_FALSE(read->steps[0].ended);
  EXPECT_TRUE(read->steps[0].outcome_unknown);
  EXPECT_EQ(read->audit.removed.size(), 2U);
}

// Every member matters: without one of them, or with another type, the record is refused.
TEST(Records, DamageIsRefusedWithTheKey) {
  const std::string good = to_json(sample_cluster());
  const auto refused = [](const std::string& text) {
    const auto read = parse_cluster_record(text, "/clusters/x");
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << text;
    EXPECT_THAT(base::message_of(read.status()), HasSubstr("/clusters/x"));
  };
  refused("");
  refused("[]");
  refused("{}");
  refused(good.substr(0, good.size() / 2));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t found = text.find(from);
    EXPECT_NE(found, std::string::npos) << from;
    return text.replace(found, from.size(), to);
  };
  refused(with("\"failed\"", "\"broken\""));
  refused(with("\"touched\":true", "\"touched\":1"));
  refused(with("\"spec\"", "\"spek\""));
  refused(with("\"role\":\"master\"", "\"role\":\"boss\""));
  refused(with("server master-1", "sever master-1"));
  refused(with("\"scheme\":\"isolated\"", "\"scheme\":\"platform\""));
  refused(with("\"repair_budget\"", "\"budget\""));
  refused(with("\"group\":\"worker\"", "\"group\":7"));
  refused(with("\"complaints\":{", "\"complaints\":{\"worker-2\":\"late\","));
  refused(with("\"created\":", "\"created\":\"x\",\"y\":"));
  EXPECT_EQ(parse_operation_record("{\"id\":\"x\"}", "/operations/x").status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(Operation, HasEndedOrNot) {
  OperationRecord record;
  for (const auto state : {OperationState::Running, OperationState::Blocked}) {
    record.state = state;
    EXPECT_FALSE(has_ended(record));
  }
  for (const auto state :
       {OperationState::Done, OperationState::Failed, OperationState::Cancelled}) {
    record.state = state;
    EXPECT_TRUE(has_ended(record));
  }
}

}  // namespace
}  // namespace mex::cluster
