#include "store/record_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::store {
namespace {

struct Lamp {
  std::string room;
  int watts = 40;
};

constexpr auto fields_of(const Lamp*) {
  return base::fields(base::field("room", &Lamp::room),
                      base::optional_field("watts", &Lamp::watts));
}

constexpr const char* kKey = "/lamps/x";

std::string problem_of(std::string_view text) {
  const absl::Status status = read_record<Lamp>(text, kKey).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << text;
  return std::string(base::message_of(status));
}

TEST(RecordFormatTest, ARecordSaysInWhichFormatItIs) {
  EXPECT_EQ(write_record(Lamp{.room = "hall"}), R"({"format":2,"room":"hall"})");
  const auto read = read_record<Lamp>(write_record(Lamp{.room = "hall", .watts = 60}), kKey);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->room, "hall");
  EXPECT_EQ(read->watts, 60);
}

TEST(RecordFormatTest, ARecordWrittenByAnOlderVersionIsRead) {
  const auto read = read_record<Lamp>(R"({"room":"hall"})", kKey);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->watts, 40);
}

TEST(RecordFormatTest, ARecordOfALaterFormatIsNamedAsSuch) {
  for (const char* format : {"3", "4000000000", "18446744073709551615"}) {
    EXPECT_EQ(
        problem_of(fmt::format(R"({{"format":{},"room":"hall"}})", format)),
        fmt::format("store: the record /lamps/x is damaged or was written by another version: "
                    "format: is {}, and this version knows 2",
                    format));
  }
}

TEST(RecordFormatTest, WhatIsNoRecordIsRefused) {
  for (const char* text : {"", "{", "[]", "7", "null", R"({"room":"hall")", "\xff"}) {
    EXPECT_THAT(problem_of(text), testing::HasSubstr(kKey));
  }
  for (const char* format : {"1", "0", "-2", "2.5", "\"2\"", "null", "[]"}) {
    EXPECT_THAT(problem_of(fmt::format(R"({{"format":{},"room":"hall"}})", format)),
                testing::EndsWith("format: must be a whole number from 2 on"));
  }
  EXPECT_THAT(problem_of(R"({"format":2})"), testing::EndsWith("room: is missing"));
}

}  // namespace
}  // namespace mex::store
