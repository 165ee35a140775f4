#include "api/call_lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "api/byte_budget.h"

namespace mex::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// In which order jobs ran, and what was said to those that did not.
struct Journal {
  void add(const std::string& line) {
    const base::MutexLock lock(mutex);
    lines.push_back(line);
  }
  std::vector<std::string> all() const {
    const base::MutexLock lock(mutex);
    return lines;
  }

  mutable base::Mutex mutex;
  std::vector<std::string> lines ABSL_GUARDED_BY(mutex);
};

class Job final : public LaneJob {
 public:
  Job(Journal& journal, std::string name) : journal_(journal), name_(std::move(name)) {}
  void run() override { journal_.add(name_); }
  void refuse(const absl::Status& reason) override {
    journal_.add(name_ + ": " + reason.ToString());
  }

 private:
  Journal& journal_;
  const std::string name_;
};

// Runs until it is let go.
class Stall final : public LaneJob {
 public:
  void run() override {
    begun_.set_value();
    end_.get_future().wait();
  }
  void refuse(const absl::Status&) override { begun_.set_value(); }
  void wait_until_it_runs() { begun_.get_future().wait(); }
  void let_go() { end_.set_value(); }

 private:
  std::promise<void> begun_;
  std::promise<void> end_;
};

class CallLaneTest : public ::testing::Test {
 protected:
  void create(std::size_t waiting) {
    lane_ = std::make_unique<CallLane>(
        CallLane::Limits{.name = "reads", .threads = 1, .waiting = waiting});
    lane_->submit("stall", stall_);
    stall_->wait_until_it_runs();
  }
  std::shared_ptr<Job> submit(const std::string& caller, const std::string& name) {
    auto job = std::make_shared<Job>(journal_, name);
    lane_->submit(caller, job);
    return job;
  }
  // All that waits runs.
  std::vector<std::string> finish() {
    stall_->let_go();
    while (lane_->waiting() > 0) std::this_thread::yield();
    lane_->stop();
    return journal_.all();
  }

  Journal journal_;
  std::shared_ptr<Stall> stall_ = std::make_shared<Stall>();
  std::unique_ptr<CallLane> lane_;
};

TEST_F(CallLaneTest, CallersTakeTurns) {
  create(/*waiting=*/10);
  submit("much", "m1");
  submit("much", "m2");
  submit("much", "m3");
  submit("little", "l1");
  EXPECT_THAT(finish(), ElementsAre("m1", "l1", "m2", "m3"));
}

TEST_F(CallLaneTest, WhoHasMostInAFullLaneIsRefusedFirst) {
  create(/*waiting=*/3);
  submit("much", "m1");
  submit("much", "m2");
  submit("much", "m3");
  submit("much", "m4");
  submit("little", "l1");
  submit("little", "l2");
  const std::vector<std::string> lines = finish();
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_THAT(lines[0], HasSubstr("m4: RESOURCE_EXHAUSTED: busy: 3 reads wait already"));
  EXPECT_THAT(lines[1], HasSubstr("m3: RESOURCE_EXHAUSTED"));
  // It would have as many as the other one.
  EXPECT_THAT(lines[2], HasSubstr("l2: RESOURCE_EXHAUSTED"));
  EXPECT_THAT(std::vector(lines.begin() + 3, lines.end()), ElementsAre("m1", "l1", "m2"));
}

TEST_F(CallLaneTest, ManyCallersWithOneCallEachAreRefusedInTheOrderOfTheirArrival) {
  create(/*waiting=*/2);
  submit("a", "a1");
  submit("b", "b1");
  submit("c", "c1");
  EXPECT_THAT(journal_.all(), ElementsAre(HasSubstr("c1: RESOURCE_EXHAUSTED")));
  EXPECT_THAT(finish(), ElementsAre(HasSubstr("c1"), "a1", "b1"));
}

TEST_F(CallLaneTest, WhatIsWithdrawnLeavesRoomAndDoesNotRun) {
  create(/*waiting=*/1);
  const auto job = submit("a", "a1");
  lane_->withdraw(*job);
  lane_->withdraw(*job);
  EXPECT_EQ(lane_->waiting(), 0U);
  submit("b", "b1");
  EXPECT_THAT(finish(), ElementsAre("b1"));
}

TEST_F(CallLaneTest, WhenItStopsWhatWaitsIsRefused) {
  create(/*waiting=*/10);
  submit("a", "a1");
  std::thread stop([this] { lane_->stop(); });
  while (journal_.all().empty()) std::this_thread::yield();
  EXPECT_THAT(journal_.all(), ElementsAre(HasSubstr("a1: UNAVAILABLE")));
  submit("b", "b1");
  EXPECT_THAT(journal_.all().back(), HasSubstr("b1: UNAVAILABLE"));
  stall_->let_go();
  stop.join();
}

TEST(ByteBudgetTest, WhatIsTakenComesBack) {
  ByteBudget budget(10);
  {
    ByteBudget::Share first;
    EXPECT_TRUE(budget.take(6, first));
    ByteBudget::Share second;
    EXPECT_FALSE(budget.take(5, second));
    EXPECT_TRUE(budget.take(4, second));
    EXPECT_EQ(budget.used(), 10U);
    first = std::move(second);
    EXPECT_EQ(budget.used(), 4U);
    EXPECT_TRUE(budget.take(3, second));
  }
  EXPECT_EQ(budget.used(), 0U);
  ByteBudget::Share share;
  EXPECT_FALSE(budget.take(11, share));
}

}  // namespace
}  // namespace mex::api
