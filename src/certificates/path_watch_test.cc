#include "certificates/path_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>

#include "base/file.h"
#include "base/temporary_directory.h"

namespace mex::certificates {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using Event = PathWatch::Event;

class PathWatchTest : public ::testing::Test {
 protected:
  void SetUp() override { watch_ = *PathWatch::open(); }

  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  void write(const std::string& name, const std::string& text = "x") {
    fs::create_directories(fs::path(path(name)).parent_path());
    ASSERT_TRUE(base::write_file_atomically(path(name), text, 0600).ok());
  }
  void link(const std::string& target, const std::string& name) {
    fs::create_symlink(target, path(name));
  }
  // What is said of `change` to the file "a".
  Event after(const std::function<void()>& change, const std::string& watched = "a") {
    watch_->use({path(watched)});
    change();
    return watch_->wait(std::chrono::steady_clock::now());
  }

  const base::TemporaryDirectory directory_;
  std::unique_ptr<PathWatch> watch_;
};

TEST_F(PathWatchTest, ThePlainWayIsTheFilesOwnDirectory) {
  write("a");
  EXPECT_THAT(directories_on_the_way(path("a")), ElementsAre(directory_.path()));
}

TEST_F(PathWatchTest, EveryLinkOnTheWayAddsItsDirectory) {
  write("archive/1/a");
  link("archive/1", "now");
  link("now/a", "a");
  EXPECT_THAT(directories_on_the_way(path("a")),
              ElementsAre(directory_.path(), directory_.path() + "/archive/1"));
}

TEST_F(PathWatchTest, OfWhatIsNotThereTheLastDirectoryThatIs) {
  EXPECT_THAT(directories_on_the_way(path("x/y/a")), ElementsAre(directory_.path()));
}

TEST_F(PathWatchTest, LinksInACircleEnd) {
  link("b", "a");
  link("a", "b");
  EXPECT_THAT(directories_on_the_way(path("a")), ElementsAre(directory_.path()));
}

TEST_F(PathWatchTest, ALinkMayLeadUpwards) {
  write("target/a");
  fs::create_directories(path("deep"));
  link("../target/./a", "deep/a");
  EXPECT_THAT(directories_on_the_way(path("deep/a")), Contains(directory_.path() + "/target"));
}

TEST_F(PathWatchTest, AFileIsWrittenInPlace) {
  write("a");
  EXPECT_EQ(after([&] {
              fs::resize_file(path("a"), 0), std::fclose(std::fopen(path("a").c_str(), "w"));
            }),
            Event::Changed);
}

TEST_F(PathWatchTest, AFileIsRenamedOver) {
  write("a");
  EXPECT_EQ(after([&] { write("a", "y"); }), Event::Changed);
}

TEST_F(PathWatchTest, AFileComesAndGoes) {
  EXPECT_EQ(after([&] { write("a"); }), Event::Changed);
  while (watch_->wait(std::chrono::steady_clock::now()) == Event::Changed) {
  }
  EXPECT_EQ(after([&] { fs::remove(path("a")); }), Event::Changed);
}

TEST_F(PathWatchTest, ADirectoryComes) {
  EXPECT_EQ(after([&] { fs::create_directory(path("x")); }, "x/a"), Event::Changed);
}

// As the kubelet replaces a mounted secret: a link to a directory is renamed over.
TEST_F(PathWatchTest, ALinkedDirectoryIsExchanged) {
  write("1/a");
  write("2/a");
  link("1", "data");
  link("2", "data.next");
  link("data/a", "a");
  EXPECT_EQ(after([&] { fs::rename(path("data.next"), path("data")); }), Event::Changed);
}

// As certbot does: the link stays, what it leads to is in another directory.
TEST_F(PathWatchTest, TheTargetOfALinkIsWritten) {
  write("live/a");
  link("live/a", "a");
  EXPECT_EQ(after([&] { write("live/a", "y"); }), Event::Changed);
}

TEST_F(PathWatchTest, WhatIsNotWatchedAnyMoreIsNotTold) {
  write("live/a");
  write("b");
  link("live/a", "a");
  watch_->use({path("a")});
  watch_->use({path("b")});
  EXPECT_EQ(after([&] { write("live/a", "y"); }, "b"), Event::Deadline);
}

TEST_F(PathWatchTest, WithoutInotifyItIsBlindAndStillWakesUp) {
  // The kernel's limit is for all of a user's processes; a limit of this process does as well.
  rlimit usual{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &usual), 0);
  const int next = base::Descriptor(dup(STDIN_FILENO)).get();
  const rlimit one_more{static_cast<rlim_t>(next) + 1, usual.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &one_more), 0);
  const auto opened = PathWatch::open();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &usual), 0);
  ASSERT_TRUE(opened.ok());
  const auto& blind = *opened;
  EXPECT_TRUE(blind->is_blind());
  EXPECT_FALSE(watch_->is_blind());
  blind->use({path("a")});
  write("a");
  EXPECT_EQ(blind->wait(std::chrono::steady_clock::now()), Event::Deadline);
  blind->wake();
  EXPECT_EQ(blind->wait(std::chrono::steady_clock::now() + std::chrono::hours(1)), Event::Woken);
}

TEST_F(PathWatchTest, WakesUp) {
  watch_->wake();
  EXPECT_EQ(watch_->wait(std::chrono::steady_clock::now() + std::chrono::hours(1)), Event::Woken);
  EXPECT_EQ(watch_->wait(std::chrono::steady_clock::now()), Event::Deadline);
}

}  // namespace
}  // namespace mex::certificates
