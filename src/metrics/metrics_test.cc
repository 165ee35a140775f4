#include "metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace mex::metrics {
namespace {

using ::testing::HasSubstr;

TEST(Counter, SumsOverThreadsAndKeepsEndedOnes) {
  const Counter requests = counter("test_requests_total", "Requests.");
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10'000; ++j) requests.add();
    });
  }
  while (requests.value() < 40'000) std::this_thread::yield();  // readers and writers at once
  for (std::thread& thread : threads) thread.join();
  requests.add(2);
  EXPECT_EQ(requests.value(), 40'002U);
}

TEST(Counter, SameNameAndLabelsAreTheSameCounter) {
  const Counter first = counter("test_same_total", "Same.", {{"server", "rest"}});
  const Counter second = counter("test_same_total", "Same.", {{"server", "rest"}});
  const Counter other = counter("test_same_total", "Same.", {{"server", "proxy"}});
  first.add();
  second.add();
  EXPECT_EQ(first.value(), 2U);
  EXPECT_EQ(other.value(), 0U);
}

TEST(Gauge, OneThreadMayTakeAwayWhatAnotherAdded) {
  const Gauge open = gauge("test_open", "Open.");
  std::thread([&] { open.add(5); }).join();
  open.add(-7);
  EXPECT_EQ(open.value(), -2);
  EXPECT_THAT(prometheus_text(), HasSubstr("# TYPE test_open gauge\ntest_open -2\n"));
}

TEST(Histogram, BucketsAreCumulativeAndBoundsBelongToTheirBucket) {
  const Histogram sizes = histogram("test_sizes", "Sizes.", {1.0, 2.5}, {{"path", "/a"}});
  for (const double value : {0.5, 1.0, 1.5, 99.0}) sizes.observe(value);
  std::thread([&] { sizes.observe(2.5); }).join();
  EXPECT_EQ(sizes.count(), 5U);
  EXPECT_THAT(prometheus_text(), HasSubstr("# HELP test_sizes Sizes.\n"
                                           "# TYPE test_sizes histogram\n"
                                           "test_sizes_bucket{path=\"/a\",le=\"1\"} 2\n"
                                           "test_sizes_bucket{path=\"/a\",le=\"2.5\"} 4\n"
                                           "test_sizes_bucket{path=\"/a\",le=\"+Inf\"} 5\n"
                                           "test_sizes_sum{path=\"/a\"} 104.5\n"
                                           "test_sizes_count{path=\"/a\"} 5\n"));
}

TEST(PrometheusText, SeriesOfAFamilyStandTogetherAndEscape) {
  counter("test_escape_total", "Back\\slash and\nline.", {{"b", "x"}}).add(1);
  counter("test_escape_total", "Back\\slash and\nline.", {{"a", "\"q\" \\ \n"}}).add(2);
  EXPECT_THAT(prometheus_text(), HasSubstr("# HELP test_escape_total Back\\\\slash and\\nline.\n"
                                           "# TYPE test_escape_total counter\n"
                                           "test_escape_total{a=\"\\\"q\\\" \\\\ \\n\"} 2\n"
                                           "test_escape_total{b=\"x\"} 1\n"));
}

TEST(RegistrationDeathTest, ContradictionsEndTheProcess) {
  counter("test_kind", "Help.");
  EXPECT_DEATH(gauge("test_kind", "Help."), "registered twice");
  EXPECT_DEATH(counter("test_kind", "Other help."), "registered twice");
  EXPECT_DEATH(counter("9bad", "Help."), "name");
  EXPECT_DEATH(counter("test_label", "Help.", {{"a-b", "x"}}), "label");
  EXPECT_DEATH(histogram("test_bounds", "Help.", {2.0, 1.0}), "rise");
}

}  // namespace
}  // namespace mex::metrics
