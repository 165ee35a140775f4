#include "http/body_reader.h"

#include <gtest/gtest.h>

namespace mex::http {
namespace {

using Kind = BodyFraming::Kind;

TEST(BodyReaderTest, NoneIsDoneFromTheStart) {
  BodyReader reader;
  EXPECT_TRUE(reader.done());
  const BodyStep step = reader.take("next");
  EXPECT_EQ(step.consumed, 0U);
  EXPECT_TRUE(step.done);
}

TEST(BodyReaderTest, LengthZeroIsDoneFromTheStart) {
  EXPECT_TRUE(BodyReader(BodyFraming{Kind::ContentLength, 0}).done());
}

TEST(BodyReaderTest, LengthLeavesTheNextMessageAlone) {
  BodyReader reader(BodyFraming{Kind::ContentLength, 5});
  BodyStep step = reader.take("hel");
  EXPECT_EQ(step.payload, "hel");
  EXPECT_FALSE(step.done);
  step = reader.take("loGET");
  EXPECT_EQ(step.payload, "lo");
  EXPECT_EQ(step.consumed, 2U);
  EXPECT_TRUE(step.done);
  step = reader.take("GET");
  EXPECT_EQ(step.consumed, 0U);
  EXPECT_TRUE(step.done);
}

TEST(BodyReaderTest, ChunkedLeavesTheNextMessageAlone) {
  BodyReader reader(BodyFraming{Kind::Chunked, 0});
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(reader.take("0\r\n\r\nGET").consumed, 5U);
  EXPECT_TRUE(reader.done());
  const BodyStep step = reader.take("GET");
  EXPECT_EQ(step.consumed, 0U);
  EXPECT_TRUE(step.done);
}

TEST(BodyReaderTest, UntilCloseEndsWithTheStream) {
  BodyReader reader(BodyFraming{Kind::UntilClose, 0});
  EXPECT_EQ(reader.take("abc").payload, "abc");
  EXPECT_FALSE(reader.done());
  EXPECT_TRUE(reader.on_end_of_stream());
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.take("abc").consumed, 0U);
}

TEST(BodyReaderTest, EndOfStreamTellsAnIncompleteBody) {
  BodyReader length(BodyFraming{Kind::ContentLength, 5});
  length.take("hell");
  EXPECT_FALSE(length.on_end_of_stream());
  BodyReader chunked(BodyFraming{Kind::Chunked, 0});
  chunked.take("1\r\na\r\n0\r\n");
  EXPECT_FALSE(chunked.on_end_of_stream());
  BodyReader whole(BodyFraming{Kind::ContentLength, 1});
  whole.take("a");
  EXPECT_TRUE(whole.on_end_of_stream());
}

}  // namespace
}  // namespace mex::http
