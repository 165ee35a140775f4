#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/status.h"
#include "base/temporary_directory.h"

namespace mex::base {
namespace {

class FileTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  std::size_t entries() const {
    const std::filesystem::directory_iterator listing(directory_.path());
    return static_cast<std::size_t>(std::distance(begin(listing), end(listing)));
  }

  const TemporaryDirectory directory_;
};

TEST_F(FileTest, WhatIsWrittenIsRead) {
  const std::string content("a\0b\n", 4);
  ASSERT_TRUE(write_file_atomically(path("f"), content, 0600).ok());
  EXPECT_EQ(*read_file(path("f")), content);
}

TEST_F(FileTest, ModeIsExactWhateverTheUmask) {
  const mode_t before = umask(0077);
  const absl::Status status = write_file_atomically(path("f"), "x", 0644);
  umask(before);
  ASSERT_TRUE(status.ok());
  struct stat info {};
  ASSERT_EQ(stat(path("f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0644U);
}

TEST_F(FileTest, ReplacingLeavesNoTemporaryFile) {
  ASSERT_TRUE(write_file_atomically(path("f"), "old", 0600).ok());
  ASSERT_TRUE(write_file_atomically(path("f"), "new", 0600).ok());
  EXPECT_EQ(*read_file(path("f")), "new");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(FileTest, FailedReplacementKeepsTheOldAndLeavesNoTemporaryFile) {
  ASSERT_TRUE(make_directories(path("f/inner"), 0700).ok());
  EXPECT_FALSE(write_file_atomically(path("f"), "new", 0600).ok());
  EXPECT_EQ(entries(), 1U);
}

TEST_F(FileTest, MissingFileIsNamed) {
  const absl::Status status = read_file(path("gone")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(message_of(status).find("gone"), std::string_view::npos);
}

TEST_F(FileTest, LargerThanTheLimitIsRefused) {
  std::ofstream(path("f")) << "12345";
  EXPECT_EQ(read_file(path("f"), 4).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(read_file(path("f"), 5).ok());
}

TEST_F(FileTest, DirectoriesAreMadeOnceAndFilesInTheWayAreNamed) {
  EXPECT_TRUE(make_directories(path("a/b/c"), 0700).ok());
  EXPECT_TRUE(make_directories(path("a/b/c"), 0700).ok());
  std::ofstream(path("file")) << "x";
  EXPECT_FALSE(make_directories(path("file"), 0700).ok());
  EXPECT_FALSE(make_directories(path("file/below"), 0700).ok());
}

}  // namespace
}  // namespace mex::base
