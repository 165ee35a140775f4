#include "cluster/observation/console_reader.h"

#include <gtest/gtest.h>

#include <future>

#include "openstack/scripted_nova.h"

namespace mex::cluster {
namespace {

class ConsoleReaderTest : public testing::Test {
 protected:
  std::future<ConsoleReader::BySlot> read(ConsoleReader::BySlot servers) {
    auto promise = std::make_shared<std::promise<ConsoleReader::BySlot>>();
    reader_.read(cloud_, std::move(servers), [promise](ConsoleReader::BySlot consoles) {
      promise->set_value(std::move(consoles));
    });
    return promise->get_future();
  }

  openstack::ScriptedNova nova_;
  Cloud cloud_{nova_.config(), {.max_attempts = 1}};
  const Timing timing_{};
  base::ThreadPool pool_{1};
  ConsoleReader reader_{pool_, base::system_clock(), timing_};
};

TEST_F(ConsoleReaderTest, ReadsThoseThatCanBeRead) {
  nova_.consoles["server-a"] = "mexosagent: ready";
  const auto consoles = read({{"master-1", "server-a"}, {"worker-1", "server-b"}}).get();
  EXPECT_EQ(consoles, (ConsoleReader::BySlot{{"master-1", "mexosagent: ready"}}));
  EXPECT_FALSE(reader_.is_reading());
}

// The symptom: Nova is slow at consoles, and 48 clusters that boot ask for theirs every ten
// seconds.
TEST_F(ConsoleReaderTest, OneReadingOfAClusterAtATime) {
  std::promise<void> is_free;
  pool_.submit([&](const std::stop_token&) { is_free.get_future().wait(); });
  auto first = read({{"master-1", "server-a"}});
  EXPECT_TRUE(reader_.is_reading());
  auto second = read({{"master-1", "server-a"}});
  EXPECT_THROW(second.get(), std::future_error) << "it is not begun";
  is_free.set_value();
  first.get();
  EXPECT_EQ(nova_.count("POST", "/action"), 1U);
}

TEST_F(ConsoleReaderTest, NothingIsReadWhereNothingIsDue) {
  read({});
  EXPECT_FALSE(reader_.is_reading());
}

}  // namespace
}  // namespace mex::cluster
