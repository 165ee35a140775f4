#include "events/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "events/event_record.h"
#include "events/recorder.h"
#include "store/sqlite_store.h"

namespace mex::events {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TestClock final : public base::Clock {
 public:
  base::WallTime wall_now() const override { return wall; }
  base::SteadyTime steady_now() const override { return {}; }
  base::WallTime wall{std::chrono::hours(24 * 365 * 50)};
};

// Refuses to write on command, which no disk does.
class FullStore final : public store::Store {
 public:
  explicit FullStore(store::Store& store) : store_(store) {}
  absl::StatusOr<store::Entry> get(std::string_view key) const override { return store_.get(key); }
  absl::StatusOr<std::vector<store::Entry>> list(std::string_view prefix) const override {
    return store_.list(prefix);
  }
  absl::StatusOr<store::Revision> commit(const store::Transaction& transaction) override {
    if (is_full) return absl::ResourceExhaustedError("no space left");
    return store_.commit(transaction);
  }
  bool is_full = false;

 private:
  store::Store& store_;
};

const Subject kDefault{.kind = "Certificate", .name = "default"};
const Subject kName{.kind = "DnsName", .name = "edge.example"};

class EventLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = *store::open_sqlite_store(directory_.path() + "/state");
    open();
  }
  void open(EventLog::Limits limits = {}) {
    auto log = EventLog::open(*store_, clock_, limits);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }
  std::vector<Event> all(const EventFilter& filter = {}) const {
    return log_->page(filter, 0, 10'000).events;
  }
  std::vector<std::string> messages(const EventFilter& filter = {}) const {
    std::vector<std::string> found;
    for (const Event& event : all(filter)) found.push_back(event.message);
    return found;
  }

  const base::TemporaryDirectory directory_;
  TestClock clock_;
  std::shared_ptr<store::Store> store_;
  std::unique_ptr<EventLog> log_;
};

TEST_F(EventLogTest, TellsTheNewestFirst) {
  const base::WallTime begun = clock_.wall;
  log_->record(Type::Normal, kDefault, "Issued", "one");
  clock_.wall -= std::chrono::hours(1);  // whatever the clock says
  log_->record(Type::Warning, kName, "ForeignRecord", "two");
  EXPECT_THAT(messages(), ElementsAre("two", "one"));
  EXPECT_EQ(all()[0], (Event{.number = 2,
                             .type = Type::Warning,
                             .subject = kName,
                             .reason = "ForeignRecord",
                             .message = "two",
                             .count = 1,
                             .first = begun - std::chrono::hours(1),
                             .last = begun - std::chrono::hours(1)}));
}

TEST_F(EventLogTest, CountsWhatHappensAgain) {
  const base::WallTime begun = clock_.wall;
  log_->record(Type::Warning, kDefault, "OrderFailed", "down");
  log_->record(Type::Normal, kName, "Registered", "here");
  clock_.wall += std::chrono::minutes(5);
  log_->record(Type::Warning, kDefault, "OrderFailed", "down");
  ASSERT_THAT(messages(), ElementsAre("down", "here"));
  EXPECT_EQ(all()[0].count, 2U);
  EXPECT_EQ(all()[0].first, begun);
  EXPECT_EQ(all()[0].last, clock_.wall);
  EXPECT_THAT(*store_->list(kEventPrefix), SizeIs(2));
  // Another one in any respect.
  log_->record(Type::Normal, kDefault, "OrderFailed", "down");
  log_->record(Type::Warning, kName, "OrderFailed", "down");
  log_->record(Type::Warning, kDefault, "Other", "down");
  log_->record(Type::Warning, kDefault, "OrderFailed", "slow");
  EXPECT_THAT(all(), SizeIs(6));
}

TEST_F(EventLogTest, SurvivesARestart) {
  log_->record(Type::Normal, kDefault, "Issued", "one");
  log_->record(Type::Warning, kName, "ForeignRecord", "two");
  const std::vector<Event> before = all();
  open();
  EXPECT_EQ(all(), before);
  log_->record(Type::Normal, kDefault, "Issued", "one");
  EXPECT_EQ(all()[0].number, 3U);
  EXPECT_EQ(all()[0].count, 2U);
}

TEST_F(EventLogTest, ForgetsTheOldest) {
  open({.all = 3, .of_subject = 3});
  for (const char* message : {"1", "2", "3"}) log_->record(Type::Normal, kName, "R", message);
  log_->record(Type::Normal, kDefault, "R", "4");
  EXPECT_THAT(messages(), ElementsAre("4", "3", "2"));
  EXPECT_THAT(*store_->list(kEventPrefix), SizeIs(3));
  open({.all = 2, .of_subject = 2});
  EXPECT_THAT(messages(), ElementsAre("4", "3"));
  EXPECT_THAT(*store_->list(kEventPrefix), SizeIs(2));
}

TEST_F(EventLogTest, ARestlessSubjectLeavesRoomForOthers) {
  open({.all = 10, .of_subject = 2});
  log_->record(Type::Normal, kDefault, "R", "quiet");
  for (const char* message : {"1", "2", "3", "4"}) log_->record(Type::Normal, kName, "R", message);
  EXPECT_THAT(messages(), ElementsAre("4", "3", "quiet"));
  EXPECT_THAT(*store_->list(kEventPrefix), SizeIs(3));
}

TEST_F(EventLogTest, IsReadInPages) {
  for (const char* message : {"1", "2", "3", "4", "5"}) {
    log_->record(Type::Normal, kName, "R", message);
  }
  const EventPage first = log_->page({}, 0, 2);
  EXPECT_THAT(first.events, SizeIs(2));
  EXPECT_TRUE(first.has_more);
  // One of the page happens again meanwhile, and one that is still to come.
  log_->record(Type::Normal, kName, "R", "4");
  log_->record(Type::Normal, kName, "R", "1");
  const EventPage second = log_->page({}, first.events.back().number, 2);
  ASSERT_THAT(second.events, SizeIs(2));
  EXPECT_EQ(second.events[0].message, "3");
  EXPECT_EQ(second.events[1].message, "2");
  EXPECT_FALSE(second.has_more);
  EXPECT_THAT(log_->page({}, 1, 2).events, IsEmpty());
}

TEST_F(EventLogTest, CanBeNarrowed) {
  log_->record(Type::Normal, kDefault, "R", "1");
  log_->record(Type::Warning, kName, "R", "2");
  log_->record(Type::Warning, {.kind = "Cluster", .name = "c", .tenant = "t"}, "R", "3");
  log_->record(Type::Normal, {.kind = "Cluster", .name = "c", .tenant = "u"}, "R", "4");
  EXPECT_THAT(messages({.kind = "Cluster"}), ElementsAre("4", "3"));
  EXPECT_THAT(messages({.name = "c", .tenant = "t"}), ElementsAre("3"));
  EXPECT_THAT(messages({.type = Type::Warning}), ElementsAre("3", "2"));
  EXPECT_THAT(messages({.kind = "DnsName", .type = Type::Normal}), IsEmpty());
  const EventPage page = log_->page({.kind = "Cluster"}, 0, 2);
  EXPECT_FALSE(page.has_more) << "what is left does not match";
}

TEST_F(EventLogTest, AStoreThatCannotBeWrittenLosesNothingNow) {
  FullStore full(*store_);
  log_ = *EventLog::open(full, clock_);
  full.is_full = true;
  log_->record(Type::Normal, kDefault, "R", "1");
  EXPECT_THAT(messages(), ElementsAre("1"));
  full.is_full = false;
  log_->record(Type::Normal, kDefault, "R", "1");
  open();
  ASSERT_THAT(all(), SizeIs(1));
  EXPECT_EQ(all()[0].count, 2U);
}

TEST_F(EventLogTest, TextsAreOneLineEach) {
  log_->record(Type::Normal, {.kind = "DnsName", .name = "a\nb"}, "R",
               "first\nsecond \xff" + std::string(5'000, 'x'));
  EXPECT_EQ(all()[0].subject.name, "a b");
  EXPECT_EQ(all()[0].message.substr(0, 16), "first second \xef\xbf\xbd");
  EXPECT_EQ(all()[0].message.size(), 1'000U);
}

TEST_F(EventLogTest, ManyThreadsMayTell) {
  const Recorder recorder(*log_);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10; ++j) recorder.warning(kName, "R", "the same");
    });
  }
  threads.clear();
  ASSERT_THAT(all(), SizeIs(1));
  EXPECT_EQ(all()[0].count, 40U);
  EXPECT_EQ(all()[0].type, Type::Warning);
}

TEST(RecorderTest, MayTellNobody) {
  const Recorder recorder;
  recorder.normal(kName, "R", "m");
  recorder.warning(kName, "R", "m");
}

TEST_F(EventLogTest, AnEventThatCannotBeReadIsSetAsideAndKeepsItsNumber) {
  log_->record(Type::Normal, kDefault, "Issued", "one");
  log_.reset();
  const std::vector<std::pair<std::string, std::string>> damaged{
      {"/events/00000000000000000007", R"({"type":"Normal","cut)"}, {"/events/x", "{}"}};
  for (const auto& [key, value] : damaged) {
    ASSERT_TRUE(store_->commit(store::Transaction().put(key, value)).ok());
  }
  open({.all = 2, .of_subject = 2});
  EXPECT_THAT(messages(), ElementsAre("one"));
  for (const char* text : {"two", "three", "four"}) {
    log_->record(Type::Normal, kDefault, "Issued", text);
  }
  EXPECT_THAT(messages(), ElementsAre("four", "three"));
  EXPECT_EQ(all()[0].number, 10U);
  for (const auto& [key, value] : damaged) {
    EXPECT_TRUE(store_->is_set_aside(key)) << key;
    EXPECT_EQ(store_->get(key)->value, value);
  }
}

}  // namespace
}  // namespace mex::events
