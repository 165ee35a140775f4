// Instances while the runtime is silent: as a container engine that takes calls and does not
// answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "nginx/model/testing.h"
#include "nginx/reconcile/instances.h"
#include "store/sqlite_store.h"

namespace mex::nginx {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Its apply() does not return until it is let go, and then fails.
class SilentRuntime final : public Runtime {
 public:
  std::string_view kind() const override { return "docker"; }
  bool has_networks() const override { return false; }
  bool needs_status_port() const override { return false; }
  RuntimeLayout layout() const override { return {}; }
  std::string status_listen(const std::string&, std::uint16_t) const override { return ""; }
  StatusPage status_page(const std::string&, std::uint16_t) const override {
    return StatusPage::in_directory("/nonexistent");
  }
  absl::Status apply(const Deployment&) override {
    if (!has_begun_.exchange(true)) begun_.set_value();
    over_.wait();
    return absl::UnavailableError("the engine does not answer");
  }
  bool is_reloading(const std::string&) override { return false; }
  absl::Status remove(const std::string&) override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<RunningInstance>> list() override {
    return std::vector<RunningInstance>();
  }
  std::string last_error(const std::string&) override { return ""; }
  std::vector<std::string> drain_session_log(const std::string&) override { return {}; }

  void wait_until_it_is_asked() { begun_.get_future().wait(); }
  void let_go() { end_.set_value(); }

 private:
  std::atomic<bool> has_begun_{false};
  std::promise<void> begun_;
  std::promise<void> end_;
  std::shared_future<void> over_{end_.get_future()};
};

class InstancesBusyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto runtime = std::make_unique<SilentRuntime>();
    runtime_ = runtime.get();
    InstancesContext context;
    context.store = store_.get();
    context.policy = &policy_;
    context.clock = &base::system_clock();
    context.runtime = std::move(runtime);
    context.max_wait = std::chrono::milliseconds(20);
    instances_ = std::make_unique<Instances>(std::move(context));
    ASSERT_TRUE(instances_->restore().ok());
    first_ =
        std::async(std::launch::async, [this] { return instances_->add(some("first", 4001)); });
    runtime_->wait_until_it_is_asked();
  }
  void TearDown() override {
    runtime_->let_go();
    EXPECT_EQ(first_.get().code(), absl::StatusCode::kUnavailable);
  }
  static Instance some(const std::string& name, std::uint16_t port) {
    return testing::instance(name, {testing::tcp(port, "10.0.0.7:80")});
  }

  base::TemporaryDirectory directory_;
  net::OriginPolicy policy_;
  std::shared_ptr<store::Store> store_ =
      store::open_sqlite_store(directory_.path() + "/state").value();
  SilentRuntime* runtime_ = nullptr;
  std::unique_ptr<Instances> instances_;
  std::future<absl::Status> first_;
};

TEST_F(InstancesBusyTest, ReadsGoOn) {
  EXPECT_THAT(instances_->list(Kind::Ports), SizeIs(0));
  EXPECT_TRUE(absl::IsNotFound(instances_->get(Kind::Ports, "first").status()));
}

TEST_F(InstancesBusyTest, OtherChangesAreBusyInTime) {
  const absl::Status added = instances_->add(some("second", 4002));
  EXPECT_EQ(added.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(added.ToString(), HasSubstr("busy: another change of nginx instances"));
  EXPECT_EQ(instances_->remove(Kind::Ports, "third").code(), absl::StatusCode::kUnavailable);
}

// Five updates at once were made one after the other, and each caller heard OK.
TEST_F(InstancesBusyTest, OfSeveralChangesOfAnInstanceOneGoesOnAndTheOthersHearIt) {
  for (int i = 0; i < 4; ++i) {
    const absl::Status added = instances_->add(some("first", 4001));
    EXPECT_EQ(added.code(), absl::StatusCode::kAborted);
    EXPECT_THAT(added.ToString(), HasSubstr("is being changed by another call"));
  }
  EXPECT_EQ(instances_->remove(Kind::Ports, "first").code(), absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace mex::nginx
