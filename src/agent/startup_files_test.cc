#include "agent/startup_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "base/file.h"
#include "base/temporary_directory.h"

namespace mex::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(StartupFilesTest, WhatHasBecomeAnotherFileIsNamed) {
  const base::TemporaryDirectory directory;
  const std::string there = directory.path() + "/there";
  const std::string later = directory.path() + "/later";
  ASSERT_TRUE(base::write_file_atomically(there, "one", 0600).ok());
  const StartupFiles files({{"THERE", there}, {"LATER", later}, {"NOT_SET", ""}});
  EXPECT_THAT(files.changed(), IsEmpty());
  ASSERT_TRUE(base::write_file_atomically(there, "one", 0600).ok());
  EXPECT_THAT(files.changed(), IsEmpty());
  ASSERT_TRUE(base::write_file_atomically(there, "two", 0600).ok());
  EXPECT_THAT(files.changed(), ElementsAre("THERE: " + there));
  ASSERT_TRUE(base::write_file_atomically(later, "new", 0600).ok());
  std::remove(there.c_str());
  EXPECT_THAT(files.changed(), ElementsAre("THERE: " + there, "LATER: " + later));
}

}  // namespace
}  // namespace mex::agent
