#include "http/http2_gate.h"

#include <gtest/gtest.h>

#include <string>

namespace mex::http {
namespace {

constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::uint8_t kEndStream = 0x1;
constexpr std::uint8_t kEndHeaders = 0x4;

std::string frame(int type, int flags, std::uint32_t stream, std::size_t length = 0) {
  std::string bytes;
  for (const unsigned shift : {16U, 8U, 0U}) bytes += static_cast<char>(length >> shift);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(stream >> shift);
  return bytes + std::string(length, 'x');
}
std::string head(std::uint32_t stream) { return frame(1, kEndHeaders, stream, 10); }
std::string settings() { return frame(4, 0, 0, 6); }
std::string reset(std::uint32_t stream) { return frame(3, 0, stream, 4); }
std::string answer(std::uint32_t stream) {
  return frame(1, kEndHeaders, stream, 20) + frame(0, 0, stream, 100) +
         frame(1, kEndHeaders | kEndStream, stream, 5);
}

class Http2GateTest : public ::testing::Test {
 protected:
  // All of it is admitted.
  void pass(const std::string& bytes) { EXPECT_EQ(gate_.admit(bytes), bytes.size()); }
  void greet() { pass(kPreface + settings()); }

  Http2Gate gate_{
      {.streams = 2, .max_frame = 16384, .max_head = 20000, .max_settings = 3, .resets = 2}};
};

TEST_F(Http2GateTest, StreamsBeyondTheLimitWaitUntilTheServerEndsOne) {
  greet();
  pass(head(1) + head(3));
  const std::string third = head(5) + frame(0, kEndStream, 5, 8);
  EXPECT_EQ(gate_.admit(third), 0U);
  EXPECT_TRUE(gate_.is_blocked());
  gate_.observe(answer(3));
  EXPECT_EQ(gate_.open_streams(), 1U);
  pass(third);
  EXPECT_FALSE(gate_.is_blocked());
}

TEST_F(Http2GateTest, WhatComesBeforeABlockedStreamGoesOn) {
  greet();
  const std::string first = head(1) + head(3) + frame(0, 0, 1, 100);
  EXPECT_EQ(gate_.admit(first + head(5)), first.size());
}

TEST_F(Http2GateTest, TrailersOfAnOpenStreamAreNoNewOne) {
  greet();
  pass(head(1) + head(3) + frame(1, kEndHeaders | kEndStream, 1, 10));
  EXPECT_EQ(gate_.open_streams(), 2U);
}

TEST_F(Http2GateTest, AHigherLimitCountsAtOnce) {
  greet();
  pass(head(1) + head(3));
  EXPECT_EQ(gate_.admit(head(5)), 0U);
  gate_.set_streams(3);
  pass(head(5));
}

TEST_F(Http2GateTest, BytesMayComeOneByOne) {
  const std::string all = kPreface + settings() + head(1) + frame(0, kEndStream, 1, 300) + head(3);
  std::string held;
  std::size_t admitted = 0;
  for (const char byte : all) {
    held += byte;
    const std::size_t count = gate_.admit(held);
    admitted += count;
    held.erase(0, count);
    EXPECT_LT(held.size(), 9U);  // at most a header that is not whole
  }
  EXPECT_EQ(admitted, all.size());
  EXPECT_EQ(gate_.open_streams(), 2U);
  for (const char byte : settings() + answer(1) + reset(3)) gate_.observe(std::string(1, byte));
  EXPECT_EQ(gate_.open_streams(), 0U);
}

TEST_F(Http2GateTest, AnotherProtocolIsRefused) {
  EXPECT_EQ(gate_.admit("GET / HTTP/1.1\r\n"), 0U);
  EXPECT_TRUE(gate_.is_broken());
}

TEST_F(Http2GateTest, AHeadWithoutEndIsRefused) {
  greet();
  pass(frame(1, 0, 1, 10000));
  EXPECT_EQ(gate_.admit(frame(9, 0, 1, 10000)), 0U);
  EXPECT_TRUE(gate_.is_broken());
}

// CVE-2024-27316 and its kin.
TEST_F(Http2GateTest, AHeadOfEmptyFramesWithoutEndIsRefused) {
  greet();
  pass(frame(1, 0, 1));
  std::size_t frames = 0;
  while (!gate_.is_broken()) {
    gate_.admit(frame(9, 0, 1));
    ASSERT_LT(++frames, 3000U);
  }
}

TEST_F(Http2GateTest, FramesBetweenThoseOfAHeadAreRefused) {
  greet();
  pass(frame(1, 0, 1, 10));
  gate_.admit(frame(0, 0, 1, 10));
  EXPECT_TRUE(gate_.is_broken());
}

TEST_F(Http2GateTest, AContinuationOfNothingIsRefused) {
  greet();
  gate_.admit(frame(9, kEndHeaders, 1, 10));
  EXPECT_TRUE(gate_.is_broken());
}

TEST_F(Http2GateTest, FramesBeyondTheSizeAreRefused) {
  greet();
  gate_.admit(frame(0, 0, 1, 16385));
  EXPECT_TRUE(gate_.is_broken());
}

// CVE-2023-44487.
TEST_F(Http2GateTest, StreamsThatAreResetAtOnceAreRefused) {
  greet();
  pass(head(1) + reset(1) + head(3) + reset(3));
  gate_.admit(head(5) + reset(5));
  EXPECT_TRUE(gate_.is_broken());
}

TEST_F(Http2GateTest, WhoIsAnsweredMayResetNowAndThen) {
  greet();
  for (std::uint32_t stream = 1; stream < 400; stream += 4) {
    pass(head(stream) + head(stream + 2) + reset(stream));
    gate_.observe(answer(stream + 2));
  }
  EXPECT_FALSE(gate_.is_broken());
}

TEST_F(Http2GateTest, SettingsAllTheTimeAreRefused) {
  greet();
  pass(settings() + settings() + frame(4, 1, 0) + frame(4, 1, 0) + frame(4, 1, 0));
  gate_.admit(settings());
  EXPECT_TRUE(gate_.is_broken());
}

TEST_F(Http2GateTest, OnceItIsBrokenNothingGoesOn) {
  gate_.admit("x");
  EXPECT_EQ(gate_.admit(kPreface), 0U);
}

}  // namespace
}  // namespace mex::http
