#include "nginx/runtime/log_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/temporary_directory.h"

namespace mex::nginx {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(LastErrorTest, IsTheGravestWithoutTimeAndProcess) {
  EXPECT_EQ(last_error_line("2026/11/22 23:55:44 [emerg] 12#12: bind() to 0.0.0.0:80 failed (98: "
                            "Address already in use)\n"
                            "2026/11/22 23:55:44 [emerg] 12#12: still could not bind()\n"
                            "2026/11/22 23:55:45 [warn] 12#12: something else\n"),
            "bind() to 0.0.0.0:80 failed (98: Address already in use)");
  EXPECT_EQ(last_error_line("nginx: [emerg] unknown directive \"x\" in ./nginx.conf:1\n"
                            "nginx: configuration file ./nginx.conf test failed\n"),
            "unknown directive \"x\" in ./nginx.conf:1");
  EXPECT_EQ(last_error_line("error while loading shared libraries: libx.so\n"),
            "error while loading shared libraries: libx.so");
  EXPECT_EQ(last_error_line(""), "");
}

class LogTest : public ::testing::Test {
 protected:
  void append(const std::string& text) const { std::ofstream(path_, std::ios::app) << text; }

  base::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/log";
};

TEST_F(LogTest, LinesAreTakenOnceAndWhole) {
  off_t read = 0;
  EXPECT_THAT(take_lines(path_, read), IsEmpty());
  append("a\nb\nhalf");
  EXPECT_THAT(take_lines(path_, read), ElementsAre("a", "b"));
  append(" whole\n");
  EXPECT_THAT(take_lines(path_, read), ElementsAre("half whole"));
  EXPECT_THAT(take_lines(path_, read), IsEmpty());
}

// A worker that was taken over could have the agent read or empty any of its files.
TEST_F(LogTest, ALinkInTheLogsPlaceIsNeitherReadNorEmptied) {
  const std::string secret = directory_.path() + "/secret";
  std::ofstream(secret) << std::string(std::size_t{5} << 20U, 'x') + "\n";
  for (const bool is_hard : {false, true}) {
    std::filesystem::remove(path_);
    if (is_hard) {
      std::filesystem::create_hard_link(secret, path_);
    } else {
      std::filesystem::create_symlink(secret, path_);
    }
    off_t read = 0;
    for (int i = 0; i < 8; ++i) EXPECT_THAT(take_lines(path_, read), IsEmpty());
    EXPECT_EQ(read_from(path_, 0), "");
    EXPECT_EQ(std::filesystem::file_size(secret), (std::size_t{5} << 20U) + 1);
  }
}

TEST_F(LogTest, APipeInTheLogsPlaceBlocksNobody) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  off_t read = 0;
  EXPECT_THAT(take_lines(path_, read), IsEmpty());
  EXPECT_EQ(read_from(path_, 0), "");
}

TEST_F(LogTest, ALongFileIsEmptiedWhenAllWasTaken) {
  off_t read = 0;
  const std::string line(1023, 'x');
  for (int i = 0; i < 4 * 1024 + 1; ++i) append(line + "\n");
  std::size_t taken = 0;
  for (int i = 0; i < 5; ++i) taken += take_lines(path_, read).size();
  EXPECT_EQ(taken, 4 * 1024U + 1);
  EXPECT_EQ(size_of(path_), 0);
  append("next\n");
  EXPECT_THAT(take_lines(path_, read), ElementsAre("next"));
}

TEST_F(LogTest, AnEmptiedFileIsReadFromItsFront) {
  off_t read = 1000;
  append("a\n");
  EXPECT_THAT(take_lines(path_, read), ElementsAre("a"));
}

TEST_F(LogTest, ALongErrorLogIsPutAside) {
  append("short\n");
  EXPECT_FALSE(rotate(path_));
  append(std::string((8 << 20) + 1, 'x'));
  EXPECT_TRUE(rotate(path_));
  EXPECT_EQ(size_of(path_), 0);
  EXPECT_GT(size_of(path_ + ".1"), 8 << 20);
}

TEST_F(LogTest, OnlyTheEndOfMuchIsRead) {
  append(std::string(100'000, 'x') + "end");
  const std::string text = read_from(path_, 0);
  EXPECT_THAT(text, SizeIs(64 << 10));
  EXPECT_TRUE(text.ends_with("end"));
  EXPECT_EQ(read_from(path_, 100'000), "end");
}

}  // namespace
}  // namespace mex::nginx
