#include "proxy/access_log/line_ring.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <thread>

#include "proxy/access_log/line_batch.h"

namespace mex::proxy {
namespace {

std::string taken(LineRing& ring, std::size_t room = 1000) {
  std::string text(room, '\0');
  text.resize(ring.take(text));
  return text;
}

TEST(LineRingTest, LinesComeOutAsTheyWentIn) {
  LineRing ring(16);
  EXPECT_TRUE(ring.is_empty());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(ring.add("one\n"));
    ASSERT_TRUE(ring.add("three\n"));
    EXPECT_FALSE(ring.is_empty());
    EXPECT_EQ(taken(ring), "one\nthree\n");
    EXPECT_TRUE(ring.is_empty());
  }
}

TEST(LineRingTest, WhatFindsNoRoomIsLeftOutWhole) {
  LineRing ring(8);
  EXPECT_TRUE(ring.add("12345\n"));
  EXPECT_FALSE(ring.add("12\n"));
  EXPECT_TRUE(ring.add("1\n"));
  EXPECT_FALSE(ring.add("123456789\n")) << "never";
  EXPECT_EQ(taken(ring), "12345\n1\n");
  EXPECT_TRUE(ring.add("12\n"));
}

TEST(LineRingTest, OnlyWholeLinesAreTaken) {
  LineRing ring(64);
  ring.add("12345\n");
  ring.add("6789\n");
  EXPECT_EQ(taken(ring, 3), "");
  EXPECT_EQ(taken(ring, 8), "12345\n");
  EXPECT_EQ(taken(ring, 8), "6789\n");
}

TEST(LineRingTest, TwoThreadsLoseNothing) {
  constexpr int kLines = 20'000;
  LineRing ring(256);
  std::thread writer([&ring] {
    for (int i = 0; i < kLines; ++i) {
      const std::string line = std::to_string(i) + "\n";
      while (!ring.add(line)) std::this_thread::yield();
    }
  });
  std::string all;
  while (all.size() < 4 || !all.ends_with("\n" + std::to_string(kLines - 1) + "\n")) {
    all += taken(ring, 100);
  }
  writer.join();
  std::string expected;
  for (int i = 0; i < kLines; ++i) expected += std::to_string(i) + "\n";
  EXPECT_EQ(all, expected);
}

TEST(LineBatchTest, ALineHalfWrittenIsBegunAnew) {
  std::array rings{std::make_unique<LineRing>(64), std::make_unique<LineRing>(64)};
  rings[0]->add("first\n");
  rings[0]->add("second\n");
  rings[1]->add("third\n");
  LineBatch batch(64);
  batch.fill(rings);
  EXPECT_EQ(batch.text(), "first\nsecond\nthird\n");
  batch.consume(9);
  EXPECT_EQ(batch.text(), "ond\nthird\n");
  batch.restart_line();
  EXPECT_EQ(batch.text(), "second\nthird\n");
  batch.restart_line();
  EXPECT_EQ(batch.text(), "second\nthird\n");
  batch.consume(13);
  EXPECT_TRUE(batch.is_empty());
  batch.restart_line();
  EXPECT_TRUE(batch.is_empty());
}

TEST(LineBatchTest, EveryRingHasItsTurn) {
  std::array rings{std::make_unique<LineRing>(64), std::make_unique<LineRing>(64)};
  LineBatch batch(8);
  for (int i = 0; i < 8; ++i) {
    rings[0]->add("from a\n");
    rings[1]->add("from b\n");
  }
  std::string seen;
  for (int i = 0; i < 4; ++i) {
    batch.fill(rings);
    seen += batch.text();
    batch.consume(batch.text().size());
  }
  EXPECT_EQ(seen, "from a\nfrom b\nfrom a\nfrom b\n");
}

}  // namespace
}  // namespace mex::proxy
