// The log against outputs that misbehave: it never keeps a shard waiting, says why nothing is
// written, and goes on by itself.

#include "proxy/access_log/access_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

#include "base/descriptor.h"
#include "base/temporary_directory.h"
#include "metrics/metrics.h"
#include "proxy/access_log/log_output.h"

namespace mex::proxy {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Ends what would hang; no test is about how long things take.
bool until(const std::function<bool()>& condition) {
  for (int i = 0; i < 3'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

bool is_failing(std::string_view reason) {
  const std::string line = "mex_proxy_access_log_failing{reason=\"" + std::string(reason) + "\"} 1";
  return metrics::prometheus_text().find(line) != std::string::npos;
}

std::uint64_t dropped() {
  return metrics::counter("mex_proxy_access_log_dropped_total",
                          "Lines of the access log that were left out because it could not be "
                          "written in time.")
      .value();
}

class AccessLogTest : public ::testing::Test {
 protected:
  AccessLogTest() { std::signal(SIGPIPE, SIG_IGN); }

  const base::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/access.log";
};

TEST_F(AccessLogTest, LinesOfAllShardsReachTheFile) {
  AccessLog log(path_, 2);
  log.add(0, "a\n");
  log.add(1, "b\n");
  EXPECT_TRUE(until([&] { return content(path_).size() == 4; }));
  log.add(0, "c\n");
  EXPECT_TRUE(until([&] { return content(path_).ends_with("c\n"); })) << "after it has slept";
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U & ~0640U, 0U) << "not for others";
}

TEST_F(AccessLogTest, WhatIsThereIsAppendedTo) {
  std::ofstream(path_) << "before\n";
  AccessLog(path_, 1).add(0, "after\n");
  EXPECT_EQ(content(path_), "before\nafter\n");
}

TEST_F(AccessLogTest, TheLastLinesAreWrittenAtTheEnd) {
  std::string all;
  {
    AccessLog log(path_, 1);
    for (int i = 0; i < 1'000; ++i) {
      const std::string line = "line " + std::to_string(i) + "\n";
      log.add(0, line);
      all += line;
    }
  }
  EXPECT_EQ(content(path_), all);
}

TEST_F(AccessLogTest, AFileThatWasMovedAwayIsOpenedAnew) {
  AccessLog log(path_, 1);
  log.add(0, "old\n");
  ASSERT_TRUE(until([&] { return content(path_) == "old\n"; }));
  std::filesystem::rename(path_, path_ + ".1");
  log.reopen();
  ASSERT_TRUE(until([&] {
    log.add(0, "new\n");
    return content(path_).starts_with("new\n");
  }));
  EXPECT_TRUE(content(path_ + ".1").starts_with("old\n"));
}

TEST_F(AccessLogTest, ARotationThatNobodyAnnouncesIsNoticed) {
  AccessLog log(path_, 1);
  log.add(0, "old\n");
  ASSERT_TRUE(until([&] { return content(path_) == "old\n"; }));
  std::filesystem::rename(path_, path_ + ".1");
  std::ofstream(path_) << "";
  EXPECT_TRUE(until([&] {
    log.add(0, "new\n");
    return content(path_).starts_with("new\n");
  }));
}

TEST_F(AccessLogTest, ADirectoryInItsPlaceIsSaidAndSurvived) {
  std::filesystem::create_directory(path_);
  AccessLog log(path_, 1);
  log.add(0, "line\n");
  EXPECT_TRUE(until([] { return is_failing("is_directory"); }));
  std::filesystem::remove(path_);
  EXPECT_TRUE(until([&] { return content(path_) == "line\n"; }));
  EXPECT_TRUE(until([] { return !is_failing("is_directory"); }));
}

TEST_F(AccessLogTest, ADirectoryThatIsMissingIsWaitedFor) {
  const std::string path = directory_.path() + "/later/access.log";
  AccessLog log(path, 1);
  log.add(0, "line\n");
  EXPECT_TRUE(until([] { return is_failing("no_directory"); }));
  std::filesystem::create_directory(directory_.path() + "/later");
  EXPECT_TRUE(until([&] { return content(path) == "line\n"; }));
}

TEST_F(AccessLogTest, AFullDiskLosesLinesAndNothingElse) {
  const std::uint64_t before = dropped();
  {
    AccessLog log("/dev/full", 1, 1024);
    log.add(0, "line\n");
    EXPECT_TRUE(until([] { return is_failing("no_space"); }));
    const std::string line(100, 'x');
    for (int i = 0; i < 100; ++i) log.add(0, line + "\n");
    EXPECT_GT(dropped(), before);
  }
  EXPECT_FALSE(is_failing("no_space")) << "the log is gone";
}

TEST_F(AccessLogTest, APipeWithoutAReaderIsWrittenToWhenOneComes) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  AccessLog log(path_, 1);
  log.add(0, "line\n");
  EXPECT_TRUE(until([] { return is_failing("no_reader"); }));
  const base::Descriptor reader(open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  std::string read_text;
  EXPECT_TRUE(until([&] {
    char space[100];
    const ssize_t count = read(reader.get(), space, sizeof space);
    if (count > 0) read_text.append(space, static_cast<std::size_t>(count));
    return read_text == "line\n";
  }));
}

TEST_F(AccessLogTest, APipeThatNobodyReadsStopsNoOne) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  const base::Descriptor reader(open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const std::uint64_t before = dropped();
  AccessLog log(path_, 1, 4096);
  const std::string line = std::string(999, 'x') + "\n";
  EXPECT_TRUE(until([&] {
    for (int i = 0; i < 100; ++i) log.add(0, line);
    return is_failing("blocked") && dropped() > before;
  }));
  // Whole lines, and again as soon as someone reads.
  std::string all;
  EXPECT_TRUE(until([&] {
    std::string space(65536, '\0');
    const ssize_t count = read(reader.get(), space.data(), space.size());
    if (count > 0) all.append(space, 0, static_cast<std::size_t>(count));
    log.add(0, "last\n");
    return all.ends_with("last\n");
  }));
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at);
    ASSERT_TRUE(end - at == 999 || all.substr(at, end - at) == "last");
    at = end + 1;
  }
}

TEST(LogOutputTest, FaultsHaveWords) {
  for (const auto& [error_number, word] : {std::pair{ENOSPC, "no_space"},
                                           {EDQUOT, "no_space"},
                                           {EACCES, "no_permission"},
                                           {EROFS, "no_permission"},
                                           {ENOENT, "no_directory"},
                                           {EISDIR, "is_directory"},
                                           {ENXIO, "no_reader"},
                                           {EPIPE, "no_reader"},
                                           {EAGAIN, "blocked"},
                                           {EIO, "other"},
                                           {0, "none"}}) {
    EXPECT_EQ(to_string(output_fault_of(error_number)), word);
  }
}

}  // namespace
}  // namespace mex::proxy
