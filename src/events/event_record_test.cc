#include "events/event_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/status.h"

namespace mex::events {
namespace {

using ::testing::HasSubstr;

Event example() {
  return {.number = 17,
          .type = Type::Warning,
          .subject = {.kind = "Cluster", .name = "test-1", .tenant = "tenant-1"},
          .reason = "CreateFailed",
          .message = "no \"valid\" host",
          .count = 3,
          .first = base::WallTime(std::chrono::milliseconds(1'700'000'000'123)),
          .last = base::WallTime(std::chrono::milliseconds(1'700'000'100'456))};
}

TEST(EventRecord, IsReadAsItWasWritten) {
  Event event = example();
  EXPECT_EQ(*event_from_json(event_key(event.number), to_json(event)), event);
  event.type = Type::Normal;
  event.number = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(*event_from_json(event_key(event.number), to_json(event)), event);
}

TEST(EventRecord, IsWrittenAsEver) {
  EXPECT_EQ(
      to_json(example()),
      R"({"count":3,"first_ms":1700000000123,"format":2,"kind":"Cluster","last_ms":1700000100456,)"
      R"("message":"no \"valid\" host","name":"test-1","reason":"CreateFailed",)"
      R"("tenant":"tenant-1","type":"Warning"})");
}

TEST(EventRecord, KeysAreInTheOrderOfNumbers) {
  EXPECT_EQ(event_key(17), "/events/00000000000000000017");
  EXPECT_LT(event_key(9), event_key(10));
  EXPECT_LT(event_key(10), event_key(std::numeric_limits<std::uint64_t>::max()));
}

TEST(EventRecord, WhatIsDamagedNamesTheKey) {
  const std::string good = to_json(example());
  for (const auto& [key, value] : {std::pair<std::string, std::string>(event_key(1), "{"),
                                   {event_key(1), "[]"},
                                   {event_key(1), "{}"},
                                   {event_key(1), R"({"type": 1})"},
                                   {event_key(0), good},
                                   {"/events/1", good},
                                   {"/events/0000000000000000001x", good},
                                   {"/events/99999999999999999999", good},
                                   {"/flavors/00000000000000000017", good}}) {
    const auto event = event_from_json(key, value);
    EXPECT_EQ(event.status().code(), absl::StatusCode::kDataLoss) << key << value;
    EXPECT_THAT(std::string(base::message_of(event.status())), HasSubstr(key));
  }
}

}  // namespace
}  // namespace mex::events
