#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/engine/operation_machine.h"
#include "cluster/engine/scripted_cloud.h"
#include "cluster/observation/virtual_time.h"
#include "cluster/plan/change.h"
#include "cluster/records/journal.h"
#include "cluster/spec/spec_fixture.h"
#include "cluster/steps/bootstrap_fixture.h"

namespace mex::cluster {

// For tests: the name of a step as a part of a test's name, "ServerWorker1".
inline std::string camel_case(std::string_view text) {
  std::string result;
  bool is_start = true;
  for (const char c : text) {
    const bool is_word = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (is_word) {
      result += is_start ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    }
    is_start = !is_word;
  }
  return result;
}
inline std::string step_name(const testing::TestParamInfo<const char*>& info) {
  return camel_case(info.param);
}

// For tests: the machine of one cluster with its records, in virtual time, against a scripted
// cloud. It can be killed at any moment and goes on from what was stored.
//
// Large because it is the language in which three test files say what happens to an operation.
class OperationTest : public testing::Test {
 protected:
  OperationTest() {
    cloud_.on_call = [this](const std::string& call, const Action& action) {
      if (traits_of(action).makes_resource && !stored_step(call).outcome_unknown) {
        ADD_FAILURE() << "no intent in the store for " << call;
      }
      if (traits_of(action).changes_cloud && !stored_cluster()->has_cloud_resources) {
        ADD_FAILURE() << "the stored cluster has nothing in the cloud before " << call;
      }
      if (call == moment_) is_moment_ = true;
    };
  }
  ~OperationTest() override { EXPECT_EQ(cloud_.faults, std::vector<std::string>()); }

  // ---- one process ----

  struct Process {
    Process(OperationTest& test, ClusterRecord cluster, OperationRecord operation,
            ClusterCredentials::Secrets secrets)
        : records([&test](const store::Transaction& changes) { return test.commit(changes); },
                  history, std::move(cluster), std::move(operation)),
          credentials(std::move(secrets), test.operator_user_data_),
          events({}, records.cluster()),
          machine(test.context(), records, credentials, events) {}

    OperationHistory history{100};
    ClusterRecords records;
    ClusterCredentials credentials;
    ClusterEvents events;
    OperationMachine machine;
  };

  OperationContext context() {
    return {.clock = time_,
            .executor = cloud_,
            .timers = time_,
            .timing = timing_,
            .agent_id = test_owner().agent_id,
            .user_data = "",
            .hooks = {.outcome_applied =
                          [this] {
                            if (!has_ended(operation()) && !records().is_stored()) {
                              (void)records().persist();
                            }
                          },
                      .ending = [] {},
                      .await_servers = [this] { list_servers_soon(); },
                      .await_kubernetes = [this] { ask_kubernetes_soon(); },
                      .endpoints_changed = [] {},
                      .destroyed = [this] { is_destroyed_ = true; }}};
  }

  virtual void list_servers_soon() {
    time_.call_after(std::chrono::seconds(1), [this] {
      process_->machine.observe(cloud_.servers());
      if (process_->machine.awaited().has_servers()) list_servers_soon();
    });
  }
  virtual void ask_kubernetes_soon() {
    time_.call_after(std::chrono::seconds(1), [this] {
      process_->machine.observe(cloud_.kubernetes());
      if (process_->machine.awaited().has_kubernetes()) ask_kubernetes_soon();
    });
  }

  absl::Status commit(const store::Transaction& transaction) {
    if (is_full_ || is_refused_intent(transaction)) {
      return absl::UnavailableError("the disk is full");
    }
    for (const auto& condition : transaction.preconditions()) {
      const bool is_absent = condition.condition == store::Transaction::Condition::Absent;
      if (is_absent && store_.count(condition.key) > 0) return absl::AbortedError(condition.key);
    }
    for (const auto& change : transaction.changes()) {
      if (change.value) {
        store_[change.key] = *change.value;
      } else {
        store_.erase(change.key);
      }
    }
    return absl::OkStatus();
  }

  // Whether the transaction holds the intent that the store is to refuse.
  bool is_refused_intent(const store::Transaction& transaction) {
    if (refused_intents_ == 0) return false;
    for (const auto& change : transaction.changes()) {
      if (!change.value || change.key.rfind("/operations/", 0) != 0) continue;
      auto operation = operation_record_from_json(*change.value, change.key);
      const StepView* step = find_step(*operation, refused_step_);
      if (step == nullptr || step->state != StepState::Running) continue;
      --refused_intents_;
      return true;
    }
    return false;
  }

  // ---- what a test does ----

  void use_unmanaged() { spec_.flavor.kubernetes.image_style = ImageStyle::Unmanaged; }
  void use_managed() {
    spec_.flavor.kubernetes.image_style = ImageStyle::Baked;
    secrets_ = &shared_secrets();
  }

  // A create as it is after the request is stored.
  void begin_create() {
    ClusterRecord cluster;
    cluster.id = kTestClusterId;
    cluster.spec = spec_;
    OperationRecord operation;
    operation.id = "create-1";
    operation.cluster_id = cluster.id;
    operation.tenant = spec_.tenant;
    operation.cluster_name = spec_.name;
    cluster.operation_id = operation.id;
    store::Transaction transaction;
    add_new_cluster(transaction, cluster);
    add(transaction, operation);
    ASSERT_TRUE(commit(transaction).ok());
    start();
  }

  // A process that goes on with what is stored.
  void start() {
    ASSERT_TRUE(stored_cluster());
    ClusterRecord cluster = *stored_cluster();
    OperationRecord operation = *stored_operation(cluster.operation_id);
    process_ =
        std::make_unique<Process>(*this, std::move(cluster), std::move(operation), secrets());
    process_->machine.begin();
  }

  // kill -9 and another process; calls in flight meet that fate.
  void restart(Fate in_flight) {
    time_.drop_timers();
    cloud_.forget_process(in_flight);
    process_.reset();
    if (stored_cluster()) start();
  }

  void change(OperationKind kind, ClusterRecord changed) {
    OperationRecord operation = records().new_operation(kind, time_.wall_now());
    ASSERT_TRUE(records().begin_change(std::move(changed), std::move(operation)).ok());
    process_->machine.begin();
  }
  void scale(int count) {
    auto changed = scaled(cluster(), "worker", count,
                          {.platform = platform_, .is_taken = [](const auto&) { return false; }});
    ASSERT_TRUE(changed.ok()) << changed.status();
    change(OperationKind::Scale, *std::move(changed));
  }
  void replace(const char* slot) {
    auto changed = with_replaced(cluster(), slot);
    ASSERT_TRUE(changed.ok()) << changed.status();
    change(OperationKind::Replace, *std::move(changed));
  }
  void repair(const char* slot) {
    change(OperationKind::Repair, repaired(cluster(), {slot}, time_.wall_now()).cluster);
  }
  void destroy() {
    ClusterRecord destroyed = cluster();
    destroyed.phase = ClusterPhase::Destroying;
    ASSERT_TRUE(records()
                    .begin_next(std::move(destroyed),
                                records().new_operation(OperationKind::Destroy, time_.wall_now()))
                    .ok());
    process_->machine.advance();
  }
  // The failed create once more, as an equal request asks for it.
  void create_again() {
    NewOperation again{
        .cluster = cluster(),
        .operation = records().new_operation(OperationKind::Create, time_.wall_now())};
    again.cluster.phase = ClusterPhase::Creating;
    again.cluster.reason = {};
    again.cluster.operation_id = again.operation.id;
    store::Transaction transaction;
    add(transaction, again.cluster);
    add(transaction, again.operation);
    ASSERT_TRUE(commit(transaction).ok());
    records().adopt(std::move(again));
    process_->machine.begin();
  }

  // Lets time pass until the condition holds; the test fails if it never does.
  template <typename Condition>
  void run_until(Condition is_true) {
    for (int events = 0; !is_true(); ++events) {
      ASSERT_LT(events, 20000) << "it goes on for ever: " << describe_steps();
      ASSERT_TRUE(time_.run_next()) << "nothing happens any more: " << describe_steps();
    }
  }
  void run() {
    run_until([this] { return has_ended(operation()); });
  }
  // Until the call of that name goes out, or the step of that name waits.
  void run_until_moment(const std::string& name) {
    moment_ = name;
    is_moment_ = false;
    run_until([&] {
      const StepView* step = find_step(operation(), name);
      const bool is_awaited = step != nullptr && step->state == StepState::Running;
      return is_moment_ || is_awaited || has_ended(operation());
    });
    ASSERT_FALSE(has_ended(operation())) << "there was no " << name;
    moment_.clear();
  }
  // Until the step of that name has failed and is to be tried again; after that attempt, if it is
  // not 0.
  void run_until_blocked(const std::string& name, int attempt = 0) {
    run_until([&] {
      const StepView* step = find_step(operation(), name);
      return step != nullptr && step->state == StepState::Blocked &&
             (attempt == 0 || step->attempts == attempt);
    });
  }

  // ---- what a test sees ----

  ClusterRecords& records() { return process_->records; }
  ClusterRecord& cluster() { return records().cluster(); }
  OperationRecord& operation() { return records().operation(); }

  std::optional<ClusterRecord> stored_cluster() const {
    const auto entry = store_.find(std::string("/clusters/") + kTestClusterId);
    if (entry == store_.end()) return std::nullopt;
    return read_cluster_.of(*entry, cluster_record_from_json);
  }
  std::optional<OperationRecord> stored_operation(const std::string& id) const {
    const auto entry = store_.find("/operations/" + id);
    if (entry == store_.end()) return std::nullopt;
    return read_operation_.of(*entry, operation_record_from_json);
  }
  StepView stored_step(const std::string& name) const {
    auto stored = stored_operation(process_->records.operation().id);
    const StepView* step = stored ? find_step(*stored, name) : nullptr;
    return step == nullptr ? StepView() : *step;
  }
  ClusterCredentials::Secrets secrets() const {
    if (secrets_ == nullptr) return nullptr;
    return std::make_shared<const ClusterSecrets>(*secrets_);
  }

  std::string describe_steps() {
    std::string text;
    for (const StepView& step : operation().steps) {
      if (step.state == StepState::Done || step.state == StepState::Skipped) continue;
      text += fmt::format("{} {} {}; ", step.name, to_string(step.state), step.reason.message);
    }
    return text;
  }

  // The operation is done, and the cloud holds exactly what the cluster's specification says, which
  // is what journal and store say, too.
  void expect_whole() {
    EXPECT_EQ(operation().state, OperationState::Done) << operation().reason.message;
    EXPECT_EQ(cluster().phase, ClusterPhase::Active);
    ResourceIds held;
    for (const auto& [id, resource] : cloud_.resources) {
      const auto key =
          key_of({resource.kind, id, resource.name, {}, true}, cluster().spec, kTestClusterId);
      ASSERT_TRUE(key) << resource.name;
      EXPECT_TRUE(held.emplace(*key, id).second) << "two of " << to_string(*key);
      EXPECT_FALSE(resource.is_broken) << resource.name;
    }
    const std::size_t volumes = cluster().spec.has_volumes ? cluster().spec.nodes.size() : 0;
    EXPECT_EQ(held.size(), resource_keys(cluster().spec).size() + volumes);
    EXPECT_EQ(cluster().resources, held);
    EXPECT_EQ(cloud_.attached_router, held.at({ResourceKind::Router, {}}));
    EXPECT_EQ(stored_cluster()->resources, held);
    EXPECT_EQ(stored_cluster()->phase, ClusterPhase::Active);
    EXPECT_FALSE(stored_cluster()->unknown_until);
    EXPECT_FALSE(has_open_change(*stored_cluster()));
    EXPECT_EQ(stored_operation(operation().id)->state, OperationState::Done);
    for (const StepView& step : operation().steps) EXPECT_FALSE(step.outcome_unknown) << step.name;
  }

  // The destroy is done, and nothing is left in the cloud or of the cluster's records.
  void expect_destroyed() {
    EXPECT_TRUE(is_destroyed_);
    EXPECT_TRUE(cloud_.resources.empty()) << cloud_.resources.begin()->second.name;
    EXPECT_FALSE(stored_cluster());
    for (const auto& [key, value] : store_) {
      EXPECT_TRUE(key.rfind("/operations/", 0) == 0 || key.rfind("/destroyed/", 0) == 0) << key;
    }
    EXPECT_EQ(operation().state, OperationState::Done);
  }

  // The latest record of a kind that was read: each text that is looked at is read, and once.
  template <typename Record>
  class LatestRead {
   public:
    template <typename Read>
    const Record& of(const std::pair<const std::string, std::string>& entry, Read read) {
      if (!record_ || key_ != entry.first || text_ != entry.second) {
        record_ = *read(entry.second, entry.first);
        key_ = entry.first;
        text_ = entry.second;
      }
      return *record_;
    }

   private:
    std::string key_;
    std::string text_;
    std::optional<Record> record_;
  };

  Timing timing_;
  PlatformConfig platform_;
  VirtualTime time_;
  ScriptedCloud cloud_{time_};
  std::map<std::string, std::string> store_;
  mutable LatestRead<ClusterRecord> read_cluster_;
  mutable LatestRead<OperationRecord> read_operation_;
  bool is_full_ = false;
  std::string refused_step_;  // whose intents the store refuses, so many times
  int refused_intents_ = 0;
  bool is_destroyed_ = false;
  ClusterSpec spec_ = test_spec();
  const ClusterSecrets* secrets_ = nullptr;
  std::string operator_user_data_;
  std::string moment_;
  bool is_moment_ = false;
  std::unique_ptr<Process> process_;
};

}  // namespace mex::cluster
