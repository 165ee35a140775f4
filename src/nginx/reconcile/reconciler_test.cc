// The reconciler against a runtime that runs nothing.
#include "nginx/reconcile/reconciler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/mutex.h"
#include "base/status.h"
#include "base/temporary_directory.h"
#include "nginx/model/testing.h"
#include "nginx/reconcile/instances.h"
#include "store/sqlite_store.h"

namespace mex::nginx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FakeRuntime final : public Runtime {
 public:
  // What it has; each is gone after remove(). `on_remove` is called before that; if it fails, so
  // does remove(), and the runtime is away from then on.
  FakeRuntime(std::vector<RunningInstance> running,
              std::function<absl::Status(const std::string&)> on_remove)
      : running_(std::move(running)), on_remove_(std::move(on_remove)) {}

  std::string_view kind() const override { return "process"; }
  bool has_networks() const override { return false; }
  bool needs_status_port() const override { return false; }
  RuntimeLayout layout() const override { return {}; }
  std::string status_listen(const std::string&, std::uint16_t) const override { return ""; }
  StatusPage status_page(const std::string&, std::uint16_t) const override {
    return StatusPage::in_directory("/nonexistent");
  }
  absl::Status apply(const Deployment&) override { return absl::UnavailableError("it is fake"); }
  bool is_reloading(const std::string&) override { return false; }
  absl::Status remove(const std::string& name) override {
    away_ = on_remove_(name);
    MEX_RETURN_IF_ERROR(away_);
    std::erase_if(running_, [&](const RunningInstance& each) { return each.name == name; });
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<RunningInstance>> list() override {
    MEX_RETURN_IF_ERROR(away_);
    return running_;
  }
  std::string last_error(const std::string&) override { return ""; }
  std::vector<std::string> drain_session_log(const std::string&) override { return {}; }

 private:
  std::vector<RunningInstance> running_;
  const std::function<absl::Status(const std::string&)> on_remove_;
  absl::Status away_;
};

class ReconcilerTest : public ::testing::Test {
 protected:
  static constexpr const char* kName = "kcp-nginx-kcproxy";

  void SetUp() override {
    InstanceStore store(*store_);
    ASSERT_TRUE(store.put({testing::cluster_proxy(ApiAccess::Read), 0, {}}).ok());
  }

  // Restores instances whose runtime has `running`.
  void run(std::vector<RunningInstance> running) {
    InstancesContext context;
    context.store = store_.get();
    context.policy = &policy_;
    context.clock = &base::system_clock();
    context.runtime = std::make_unique<FakeRuntime>(
        std::move(running), [this](const std::string& name) { return note_removal(name); });
    context.cluster_api = [](const ClusterName&) -> absl::StatusOr<ClusterApi> {
      return absl::NotFoundError("the cluster test-1 is being destroyed");
    };
    context.events = events::Recorder(*events_);
    instances_ = std::make_unique<Instances>(std::move(context));
    ASSERT_TRUE(instances_->restore().ok());
  }

  std::string problem() const {
    const auto view = instances_->get(Kind::KubernetesProxy, "kcp");
    if (!view.ok()) return view.status().ToString();
    return view->problem + (view->is_stopping ? ", still runs" : "");
  }

  absl::Status note_removal(const std::string& name) {
    const std::string seen = problem();
    const base::MutexLock lock(mutex_);
    removed_names_.push_back(name);
    problems_at_removal_.push_back(seen);
    removed_.notify_all();
    return removal_;
  }

  // What callers were shown when the runtime was asked to remove something.
  std::vector<std::string> await_removal() {
    base::MutexLock lock(mutex_);
    removed_.wait(lock, [this] {
      mutex_.assert_held();
      return !problems_at_removal_.empty();
    });
    return problems_at_removal_;
  }

  base::TemporaryDirectory directory_;
  const net::OriginPolicy policy_{{18889}};
  std::unique_ptr<store::Store> store_ =
      store::open_sqlite_store(directory_.path() + "/state").value();
  std::unique_ptr<events::EventLog> events_ =
      events::EventLog::open(*store_, base::system_clock()).value();
  base::Mutex mutex_;
  base::CondVar removed_;
  std::vector<std::string> problems_at_removal_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> removed_names_ ABSL_GUARDED_BY(mutex_);
  absl::Status removal_;                  // what becomes of each
  std::unique_ptr<Instances> instances_;  // last: its thread uses the others
};

// No caller sees that an instance is down before its reason, or that it is down while it runs.
TEST_F(ReconcilerTest, TheReasonIsThereBeforeAnInstanceIsStopped) {
  run({{.name = kName, .is_running = true, .run_id = "1"}});
  EXPECT_THAT(await_removal(), ElementsAre("the cluster test-1 is being destroyed, still runs"));
  while (instances_->list(Kind::KubernetesProxy).front().is_stopping) std::this_thread::yield();
}

TEST_F(ReconcilerTest, AnInstanceThatCannotBeSeenIsNotSaidToRun) {
  removal_ = absl::UnavailableError("the engine is away");
  run({{.name = kName, .is_running = true, .run_id = "1"}});
  await_removal();
  while (problem() != "the engine is away") std::this_thread::yield();
}

TEST_F(ReconcilerTest, OrphansAreRemoved) {
  run({{.name = "orphan-nginx-lbproxy", .is_running = true, .run_id = "1"}});
  EXPECT_EQ(await_removal().size(), 1U);
}

TEST_F(ReconcilerTest, WhatRunsOfAnInstanceWhoseRecordCannotBeReadIsNoOrphan) {
  constexpr const char* kKey = "/nginx/cut-nginx-lbproxy";
  ASSERT_TRUE(store_->commit(store::Transaction().put(kKey, "{\"kind")).ok());
  run({{.name = "cut-nginx-lbproxy", .is_running = true, .run_id = "1"},
       {.name = "orphan-nginx-lbproxy", .is_running = true, .run_id = "2"}});
  // They are looked at in their order: the first one was passed over.
  await_removal();
  const base::MutexLock lock(mutex_);
  EXPECT_THAT(removed_names_, ElementsAre("orphan-nginx-lbproxy"));
  EXPECT_EQ(store_->get(kKey)->value, "{\"kind");
}

}  // namespace
}  // namespace mex::nginx
