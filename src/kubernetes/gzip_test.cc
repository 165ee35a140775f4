#include "kubernetes/gzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "kubernetes/testing/command.h"

namespace mex::kubernetes {
namespace {

constexpr std::size_t kLimit = 1U << 20U;

TEST(GzipTest, TheGzipProgramUnpacksIt) {
  const base::TemporaryDirectory directory;
  for (const std::string& text :
       {std::string(), std::string("short"), std::string(300'000, 'x'), std::string("a\0b", 3)}) {
    const std::string packed = gzip(text);
    const auto outcome = testing::run("gzip -dc " + testing::write_file(directory, "t.gz", packed));
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.output, text);
    EXPECT_EQ(*gunzip(packed, kLimit), text);
  }
}

TEST(GzipTest, HasNoTimeInIt) {
  EXPECT_EQ(gzip("text").substr(4, 4), std::string(4, '\0'));  // RFC 1952 section 2.3.1: MTIME
  EXPECT_EQ(gzip("text"), gzip("text"));
}

TEST(GzipTest, WhatIsBrokenIsRefused) {
  const std::string packed = gzip("some text");
  for (std::size_t length = 0; length < packed.size(); ++length) {
    EXPECT_EQ(gunzip(packed.substr(0, length), kLimit).status().code(),
              absl::StatusCode::kInvalidArgument)
        << length;
  }
  EXPECT_FALSE(gunzip(packed + "x", kLimit).ok());
  std::string changed = packed;
  changed[packed.size() - 5] = static_cast<char>(changed[packed.size() - 5] ^ 1);  // of the CRC
  EXPECT_FALSE(gunzip(changed, kLimit).ok());
}

TEST(GzipTest, ABombEndsAtTheLimit) {
  const std::string bomb = gzip(std::string(10U << 20U, 'x'));
  EXPECT_EQ(gunzip(bomb, kLimit).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(gunzip(gzip(std::string(kLimit, 'x')), kLimit).ok());
}

}  // namespace
}  // namespace mex::kubernetes
