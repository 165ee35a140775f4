#include "nginx/runtime/docker/tar_archive.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/temporary_directory.h"

namespace mex::nginx {
namespace {

namespace fs = std::filesystem;

TEST(TarArchiveTest, IsReadByTar) {
  const std::string block(512, 'b');
  TarArchive archive;
  archive.add_directory("etc/x", 0755);
  archive.add_file("etc/x/empty", "", 0600);
  archive.add_file("etc/x/block", block, 0644);
  archive.add_file("etc/x/more", block + "1", 0600);
  archive.add_link("etc/x/link", "more");
  const std::string name(100, 'n');
  archive.add_file(name, "long", 0600);
  const base::TemporaryDirectory directory;
  ASSERT_TRUE(
      base::write_file_atomically(directory.path() + "/a.tar", std::move(archive).finish(), 0600)
          .ok());
  ASSERT_EQ(std::system(("cd " + directory.path() + " && tar -xpf a.tar 2>&1").c_str()), 0);
  const auto content = [&](const std::string& file) {
    return base::read_file(directory.path() + "/" + file).value();
  };
  EXPECT_EQ(content("etc/x/empty"), "");
  EXPECT_EQ(content("etc/x/block"), block);
  EXPECT_EQ(content("etc/x/more"), block + "1");
  EXPECT_EQ(content("etc/x/link"), block + "1");
  EXPECT_EQ(fs::read_symlink(directory.path() + "/etc/x/link"), "more");
  EXPECT_EQ(content(name), "long");
  const auto mode = [&](const std::string& file) {
    return static_cast<unsigned>(fs::status(directory.path() + "/" + file).permissions());
  };
  EXPECT_EQ(mode("etc/x"), 0755U);
  EXPECT_EQ(mode("etc/x/empty"), 0600U);
  EXPECT_EQ(mode("etc/x/block"), 0644U);
}

}  // namespace
}  // namespace mex::nginx
