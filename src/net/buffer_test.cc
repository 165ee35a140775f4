#include "net/buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace mex::net {
namespace {

void append(Buffer& buffer, std::string_view text) {
  while (!text.empty()) {
    const std::span<char> space = buffer.writable();
    ASSERT_FALSE(space.empty());
    const std::size_t part = std::min(space.size(), text.size());
    std::copy_n(text.data(), part, space.data());
    buffer.commit(part);
    text.remove_prefix(part);
  }
}

std::string content(const OutputQueue& queue) {
  std::array<iovec, 64> pieces{};
  std::string text;
  const std::size_t used = queue.pieces(pieces);
  for (const iovec& piece : std::span(pieces).first(used)) {
    text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  return text;
}

TEST(BufferPool, ReusesBlocksUpToItsBound) {
  BufferPool pool(BufferPool::kBlockSize);
  BufferPool::Block* first = pool.take();
  BufferPool::Block* second = pool.take();
  EXPECT_EQ(pool.bytes_in_use(), 2 * BufferPool::kBlockSize);
  pool.give_back(first);
  pool.give_back(second);
  EXPECT_EQ(pool.bytes_in_use(), 0U);
  EXPECT_EQ(pool.bytes_free(), BufferPool::kBlockSize);
  BufferPool::Block* again = pool.take();
  EXPECT_EQ(again, first);
  EXPECT_EQ(pool.bytes_free(), 0U);
  pool.give_back(again);
}

TEST(BufferPool, HasDoublingSizes) {
  BufferPool pool;
  for (const std::size_t size : {1U, 16U << 10U, (16U << 10U) + 1, 64U << 10U, 128U << 10U}) {
    BufferPool::Block* block = pool.take(size);
    EXPECT_GE(block->capacity, size);
    EXPECT_LT(block->capacity, std::max<std::size_t>(2 * size, BufferPool::kBlockSize + 1));
    pool.give_back(block);
  }
  EXPECT_EQ(pool.bytes_in_use(), 0U);
}

TEST(Buffer, HoldsMemoryOnlyWhileItHasBytes) {
  BufferPool pool;
  Buffer buffer(pool);
  EXPECT_FALSE(buffer.holds_memory());
  append(buffer, "hello");
  EXPECT_EQ(buffer.readable(), "hello");
  buffer.consume(2);
  EXPECT_EQ(buffer.readable(), "llo");
  buffer.consume(3);
  EXPECT_TRUE(buffer.empty());
  EXPECT_FALSE(buffer.holds_memory());
  EXPECT_EQ(pool.bytes_in_use(), 0U);
}

TEST(Buffer, GivesBackWhatARefusedReadTook) {
  BufferPool pool;
  Buffer buffer(pool);
  EXPECT_FALSE(buffer.writable().empty());
  EXPECT_TRUE(buffer.holds_memory());
  buffer.release_if_empty();
  EXPECT_FALSE(buffer.holds_memory());
}

TEST(Buffer, GrowsToItsLimitAndNoFurther) {
  BufferPool pool;
  Buffer buffer(pool, 64U << 10U);
  const std::string text(64U << 10U, 'x');
  append(buffer, text);
  EXPECT_EQ(buffer.readable(), text);
  EXPECT_TRUE(buffer.writable().empty());
  buffer.consume(1);
  EXPECT_EQ(buffer.writable().size(), 1U);
}

TEST(Buffer, MovesTheRestInsteadOfGrowing) {
  BufferPool pool;
  Buffer buffer(pool, 64U << 10U);
  append(buffer, std::string(BufferPool::kBlockSize, 'a'));
  buffer.consume(BufferPool::kBlockSize - 3);
  append(buffer, "bc");
  EXPECT_EQ(buffer.readable(), "aaabc");
  EXPECT_EQ(pool.bytes_in_use(), BufferPool::kBlockSize);
}

TEST(Buffer, SwapsContents) {
  BufferPool pool;
  Buffer first(pool);
  Buffer second(pool);
  append(first, "one");
  first.swap_contents(second);
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(second.readable(), "one");
}

TEST(OutputQueue, KeepsOrderOverBlocksAndGivesThemBackAsTheyDrain) {
  BufferPool pool;
  OutputQueue queue(pool);
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += static_cast<char>('a' + i % 26);
  queue.append(text);
  queue.append(text);
  EXPECT_EQ(queue.size(), 2 * text.size());
  EXPECT_EQ(content(queue), text + text);
  queue.consume(30'000);
  EXPECT_EQ(content(queue), (text + text).substr(30'000));
  EXPECT_EQ(pool.bytes_in_use(), 2 * BufferPool::kBlockSize);
  queue.consume(queue.size());
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(pool.bytes_in_use(), 0U);
}

TEST(OutputQueue, ReserveIsContiguousAndLeavesNoHole) {
  BufferPool pool;
  OutputQueue queue(pool);
  queue.append(std::string(BufferPool::kBlockSize - 10, 'a'));
  const std::span<char> space = queue.reserve(100);
  ASSERT_GE(space.size(), 100U);
  std::fill_n(space.data(), 100, 'b');
  queue.commit(100);
  EXPECT_EQ(content(queue), std::string(BufferPool::kBlockSize - 10, 'a') + std::string(100, 'b'));
}

TEST(OutputQueue, ReserveWithoutCommitLeavesNothing) {
  BufferPool pool;
  OutputQueue queue(pool);
  EXPECT_GE(queue.reserve(BufferPool::kMaxBlock).size(), BufferPool::kMaxBlock);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(content(queue), "");
  queue.append("x");
  EXPECT_EQ(content(queue), "x");
  queue.clear();
  EXPECT_EQ(pool.bytes_in_use(), 0U);
}

TEST(OutputQueue, AgreesWithAString) {
  std::mt19937 random(3);
  BufferPool pool;
  OutputQueue queue(pool);
  std::string model;
  for (int i = 0; i < 2'000; ++i) {
    const std::size_t size = random() % 9'000;
    if (random() % 2 == 0) {
      const std::string text(size, static_cast<char>('a' + i % 26));
      queue.append(text);
      model += text;
    } else {
      const std::size_t part = std::min(size, model.size());
      queue.consume(part);
      model.erase(0, part);
    }
    ASSERT_EQ(queue.size(), model.size());
    std::array<iovec, 1> front{};
    if (queue.pieces(front) == 1) {
      const std::string_view piece(static_cast<const char*>(front[0].iov_base), front[0].iov_len);
      ASSERT_EQ(model.substr(0, piece.size()), piece);
    } else {
      ASSERT_TRUE(model.empty());
    }
  }
}

}  // namespace
}  // namespace mex::net
