#include "http/chunk_decoder.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "http/body_reader.h"
#include "http/writer.h"

namespace mex::http {
namespace {

TEST(ChunkDecoderTest, GivesPayloadAsViewsOfTheInput) {
  const std::string bytes = "5\r\nhello\r\n0\r\n\r\nnext";
  ChunkDecoder decoder;
  const BodyStep step = decoder.take(bytes);
  EXPECT_EQ(step.payload, "hello");
  EXPECT_EQ(step.payload.data(), bytes.data() + 3);
  EXPECT_TRUE(step.done);
  EXPECT_EQ(step.consumed, bytes.size() - 4);
}

TEST(ChunkDecoderTest, OnePayloadPieceAStep) {
  const std::string_view bytes = "1\r\na\r\n1\r\nb\r\n0\r\n\r\n";
  ChunkDecoder decoder;
  const BodyStep first = decoder.take(bytes);
  EXPECT_EQ(first.payload, "a");
  EXPECT_FALSE(first.done);
  const BodyStep second = decoder.take(bytes.substr(first.consumed));
  EXPECT_EQ(second.payload, "b");
  EXPECT_TRUE(second.done);
}

TEST(ChunkDecoderTest, PayloadBeforeAFaultIsGivenFirst) {
  const std::string_view bytes = "1\r\naX";
  ChunkDecoder decoder;
  const BodyStep step = decoder.take(bytes);
  EXPECT_EQ(step.payload, "a");
  EXPECT_EQ(step.error, ParseError::None);
  EXPECT_EQ(step.consumed, 4U);
  EXPECT_EQ(decoder.take(bytes.substr(4)).error, ParseError::ChunkDataUnterminated);
}

TEST(ChunkDecoderTest, ExtensionsAreBoundedOverTheWholeBody) {
  const std::string chunk = "1;" + std::string(1023, 'x') + "\r\na\r\n";
  ChunkDecoder decoder;
  ParseError error = ParseError::None;
  for (int i = 0; i < 4; ++i) {
    std::string_view rest = chunk;
    while (!rest.empty()) {
      const BodyStep step = decoder.take(rest);
      ASSERT_EQ(step.error, ParseError::None);
      rest.remove_prefix(step.consumed);
    }
  }
  error = decoder.take("1;12345\r\n").error;
  EXPECT_EQ(error, ParseError::ChunkExtensionTooLong);
}

TEST(ChunkDecoderTest, LongTrailerNamesAreNotMistaken) {
  ChunkDecoder decoder;
  EXPECT_TRUE(decoder.take("0\r\nTransfer-Encoding-But-Much-Longer: x\r\n\r\n").done);
}

// RFC 9110 section 6.5.1.
TEST(ChunkDecoderTest, RefusesTrailersThatFrameOrRoute) {
  for (const char* name : {"Connection", "content-length", "Expect", "Host", "TE", "Trailer",
                           "TRANSFER-ENCODING", "Upgrade"}) {
    ChunkDecoder decoder;
    EXPECT_EQ(decoder.take(std::string("0\r\n") + name + ": x\r\n\r\n").error,
              ParseError::TrailerForbidden)
        << name;
  }
}

TEST(ChunkPrefixTest, WritesHexadecimal) {
  EXPECT_EQ(ChunkPrefix(1).text(), "1\r\n");
  EXPECT_EQ(ChunkPrefix(0xBEEF).text(), "beef\r\n");
  EXPECT_EQ(ChunkPrefix(0x7FFFFFFFFFFFFFFF).text(), "7fffffffffffffff\r\n");
  EXPECT_EQ(ChunkPrefix(0xFFFFFFFFFFFFFFFF).text(), "ffffffffffffffff\r\n");
}

TEST(ChunkDecoderProperty, UndoesWhatTheWriterDoesHoweverCut) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::string body;
    std::string coded;
    for (std::size_t count = random() % 5; count > 0; --count) {
      std::string piece(1 + random() % 300, '\0');
      for (char& c : piece) c = static_cast<char>(random());
      coded += ChunkPrefix(piece.size()).text();
      coded += piece;
      coded += kChunkSuffix;
      body += piece;
    }
    coded += kLastChunk;
    BodyReader reader(BodyFraming{BodyFraming::Kind::Chunked, 0});
    std::string decoded;
    std::string_view rest = coded;
    while (!rest.empty()) {
      std::string_view piece = rest.substr(0, 1 + random() % 100);
      rest.remove_prefix(piece.size());
      while (!piece.empty()) {
        const BodyStep step = reader.take(piece);
        ASSERT_EQ(step.error, ParseError::None);
        ASSERT_GT(step.consumed, 0U);
        decoded += step.payload;
        piece.remove_prefix(step.consumed);
      }
    }
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(decoded, body);
  }
}

}  // namespace
}  // namespace mex::http
