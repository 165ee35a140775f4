#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <future>
#include <string>
#include <vector>

#include "base/log_queue.h"

namespace mex::log {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

// Exists as long as its thread: for ever.
template <typename Write>
LogQueue& queue_to(Write write) {
  return *new LogQueue([write](Level, const std::string& line) { write(line); },
                       [](std::size_t count) { return "left out: " + std::to_string(count); });
}

TEST(LogQueueTest, LinesAreWrittenInTheirOrder) {
  auto& lines = *new std::vector<std::string>;
  LogQueue& queue = queue_to([&lines](const std::string& line) { lines.push_back(line); });
  for (int i = 0; i < 100; ++i) queue.add(Level::Info, std::to_string(i));
  ASSERT_TRUE(queue.wait_until_empty(minutes(5)));
  ASSERT_EQ(lines.size(), 100U);
  EXPECT_EQ(lines.front(), "0");
  EXPECT_EQ(lines.back(), "99");
}

TEST(LogQueueTest, NobodyWaitsForALogThatIsNotRead) {
  std::promise<void> gate;
  auto& lines = *new std::vector<std::string>;
  const std::shared_future<void> open = gate.get_future().share();
  LogQueue& queue = queue_to([&lines, open](const std::string& line) {
    open.wait();
    lines.push_back(line);
  });
  constexpr std::size_t kMany = 20'000;
  for (std::size_t i = 0; i < kMany; ++i) queue.add(Level::Warning, std::to_string(i));
  EXPECT_FALSE(queue.wait_until_empty(milliseconds(1)));
  gate.set_value();
  ASSERT_TRUE(queue.wait_until_empty(minutes(5)));
  std::size_t left_out = 0;
  std::size_t written = 0;
  for (const std::string& line : lines) {
    const bool is_count = line.starts_with("left out: ");
    (is_count ? left_out : written) += is_count ? std::stoul(line.substr(10)) : 1;
  }
  EXPECT_EQ(written + left_out, kMany);
  EXPECT_LE(written, 2 * LogQueue::kMaxWaiting);
}

}  // namespace
}  // namespace mex::log
