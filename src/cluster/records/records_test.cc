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
  record.cordoned = {"worker-1"};
  record.unhealthy = {
      {"worker-1",
       {.observed = std::chrono::seconds(40), .transition = at_millisecond(1234567890127)}}};
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
  const auto read = cluster_record_from_json(to_json(record), "/clusters/x");
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
  EXPECT_EQ(read->unhealthy, record.unhealthy);
  EXPECT_EQ(read->cordoned, record.cordoned);
  EXPECT_EQ(to_json(*read), to_json(record));
}

TEST(ClusterRecord, KeepsWhatWasChosen) {
  ClusterRecord record = sample_cluster();
  record.references.network = {.id = "n", .name = "shared"};
  record.references.key_pair = {.id = "1e:2c", .name = "ops"};
  record.spec.nodes[0].image_id = "i";
  record.spec.nodes[0].nova_flavor_id = "f";
  record.spec.nodes[1].is_image_new = true;
  record.spec.pool_templates["worker"] = record.spec.nodes[2];
  const auto read = cluster_record_from_json(to_json(record), "/clusters/x");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->spec, record.spec);
  EXPECT_EQ(read->references, record.references);
}

TEST(OperationRecord, SurvivesItsJson) {
  const OperationRecord record = sample_operation();
  const auto read = operation_record_from_json(to_json(record), "/operations/x");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(to_json(*read), to_json(record));
  EXPECT_EQ(read->kind, OperationKind::Destroy);
  ASSERT_EQ(read->steps.size(), 1U);
  EXPECT_EQ(read->steps[0].started, at_millisecond(6));
  EXPECT_FALSE(read->steps[0].ended);
  EXPECT_TRUE(read->steps[0].outcome_unknown);
  EXPECT_EQ(read->audit.removed.size(), 2U);
}

TEST(ClusterRecord, IsWrittenAsEver) {
  EXPECT_EQ(
      to_json(sample_cluster()),
      R"({"addresses":{"worker-1":"192.0.2.7"},)"
      R"("api_server_names":["test-1.tenant-1.edge.example.net"],"arriving":["worker-2"],)"
      R"("conditions":[{"observed_at":1234567890125,"reason":{"code":"NodeNotReady",)"
      R"("console":"","message":"worker-2 has not joined","next":"","request_id":""},)"
      R"("since":1234567890124,"status":"False","type":"Ready"}],"cordoned":["worker-1"],)"
      R"("created":1234567890123,"failed_nodes":["worker-2"],"format":2,"gateway":"203.0.113.9","id":"k3v9x2ab",)"
      R"("operation_id":"op1","phase":"failed","reason":{"code":"Code",)"
      R"("console":"console\nof a machine","message":"why \"quoted\" �","next":"next",)"
      R"("request_id":"req-1"},"repairs":[1234567890126],)"
      R"("resources":{"network":"id of network","port master-1":"id of port master-1",)"
      R"("port worker-1":"id of port worker-1","port worker-2":"id of port worker-2",)"
      R"("router":"id of router","security-group":"id of security-group",)"
      R"("server master-1":"id of server master-1",)"
      R"("server worker-1":"id of server worker-1",)"
      R"("server worker-2":"id of server worker-2","subnet":"id of subnet"},)"
      R"("retiring":[{"address":"10.101.7.102","group":"worker","image":"debian-12",)"
      R"("nova_flavor":"m1.small","role":"worker","slot":"worker-2","zone":""}],)"
      R"("shared_subnet":"192.0.2.0/24","spec":{"external_network":"","fixed_ip":"",)"
      R"("flavor":{"access":{"api_passthrough":true},"care":{"api_server_deadline":600000,)"
      R"("auto_repair":true,"boot_deadline":900000,"nodes_ready_deadline":600000,)"
      R"("probe_interval":10000,"repair_budget":2},"key_pair":"",)"
      R"("kubernetes":{"api_server_arguments":{},"apt_source":"","ca_bundle":"",)"
      R"("cni":"bridge","http_proxy":"","image_quirks":{"cgroup_driver":"platform",)"
      R"("conntrack_max_per_core":null,"ignored_preflight_errors":[],"skipped_phases":[]},)"
      R"("image_style":"platform","kubelet_arguments":{},"manifests":[],"no_proxy":[],)"
      R"("ntp_servers":[],"pod_network":"10.244.0.0/16","registry_mirror":"",)"
      R"("service_network":"10.96.0.0/16","version":"1.20.2"},"masters":{"count":1,)"
      R"("shape":{"image":"","labels":{},"nova_flavor":"","taints":[]},"takes_work":false},)"
      R"("name":"kubernetes-mini-openstack","network":{"address_pool":"","dns_servers":[],)"
      R"("external_network":"","nat":true,"network":"","router":"","scheme":"platform"},)"
      R"("placement":{"anti_affinity":"none","zones":[]},"worker_pools":[{"count":2,)"
      R"("name":"worker","shape":{"image":"","labels":{},"nova_flavor":"","taints":[]}}]},)"
      R"("flavor_revision":4,"master_address":"10.101.7.10","metadata":{"a":"b"},)"
      R"("name":"test-1","network":"","nodes":[{"address":"10.101.7.10","group":"master",)"
      R"("image":"debian-12","nova_flavor":"m1.small","role":"master","slot":"master-1",)"
      R"("zone":""},{"address":"10.101.7.101","group":"worker","image":"debian-12",)"
      R"("nova_flavor":"m1.small","role":"worker","slot":"worker-1","zone":"az-1"},)"
      R"({"address":"10.101.7.102","group":"worker","image":"debian-12",)"
      R"("nova_flavor":"m1.small","role":"worker","slot":"worker-2","zone":""}],)"
      R"("proxy_address":"","region":"","scheme":"isolated","subnet":"10.101.7.0/24",)"
      R"("tenant":"tenant-1","zones":["az-1"]},"touched":true,)"
      R"("uncertain_until":1234567899999,"unhealthy":{"worker-1":{"observed_ms":40000,)"
      R"("transition":1234567890127}}})");
}

TEST(OperationRecord, IsWrittenAsEver) {
  EXPECT_EQ(
      to_json(sample_operation()),
      R"({"cluster_id":"k3v9x2ab","cluster_name":"test-1","created":5,"ended":null,"format":2,)"
      R"("found":["a"],"id":"op1","kind":"destroy","plan_hash":"0123456789abcdef",)"
      R"("reason":{"code":"","console":"","message":"","next":"","request_id":""},)"
      R"("refused":[],"removed":["b","c"],"state":"running","steps":[{"attempts":2,)"
      R"("ended":null,"name":"server master-1","outcome_unknown":true,"reason":{"code":"",)"
      R"("console":"","message":"","next":"","request_id":""},"request_id":"req-2",)"
      R"("resource_id":"id","started":6,"state":"running"}],)"
      R"("subject":"pool worker: 4 nodes","tenant":"tenant-1"})");
}

// Every member matters: without one of them, or with another type, the record is refused.
TEST(Records, DamageIsRefusedWithTheKey) {
  const std::string good = to_json(sample_cluster());
  const auto refused = [](const std::string& text) {
    const auto read = cluster_record_from_json(text, "/clusters/x");
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
  refused(with("\"observed_ms\":40000", "\"observed_ms\":\"late\""));
  refused(with("\"created\":", "\"created\":\"x\",\"y\":"));
  EXPECT_EQ(operation_record_from_json("{\"id\":\"x\"}", "/operations/x").status().code(),
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

TEST(ClusterRecordJson, VolumesAreKeptWhereEarlierVersionsDoNotLook) {
  ClusterRecord record = sample_cluster();
  const ResourceKey volume{ResourceKind::Volume, "worker-1"};
  record.resources[volume] = "v1";
  const std::string text = to_json(record);
  EXPECT_THAT(text, HasSubstr(R"("volumes":{"worker-1":"v1"})"));
  EXPECT_THAT(text, testing::Not(HasSubstr("volume worker-1")));
  const auto read = cluster_record_from_json(text, "/clusters/k3v9x2ab");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->resources, record.resources);
  EXPECT_TRUE(read->stored_volumes.empty());
  const auto destroyed = destroyed_cluster_from_json(
      to_json(DestroyedCluster{.cluster = record, .when = {}}), "/destroyed/k3v9x2ab");
  ASSERT_TRUE(destroyed.ok()) << destroyed.status();
  EXPECT_EQ(destroyed->cluster.resources, record.resources);
}

}  // namespace
}  // namespace mex::cluster
