#include "base/record.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/record_json.h"
#include "base/record_limits.h"
#include "base/status.h"

namespace mex::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

enum class Color { Red, Green };

constexpr auto words_of(Color) {
  return words<Color>({{Color::Red, "red"}, {Color::Green, "green"}});
}

struct Size {
  int width = 1;
  std::uint8_t depth = 2;

  bool operator==(const Size&) const = default;
};

constexpr auto fields_of(const Size*) {
  return fields(field("width", &Size::width, {1, 9, " fingers"}), field("depth", &Size::depth));
}

struct Weight {
  std::int64_t grams = 0;

  bool operator==(const Weight&) const = default;
};

constexpr auto fields_of(const Weight*) { return fields(field("grams", &Weight::grams)); }

// "slot 7" in text.
struct Slot {
  int number = 0;

  auto operator<=>(const Slot&) const = default;
};

std::string to_string(const Slot& slot) { return fmt::format("slot {}", slot.number); }

bool from_string(std::string_view text, Slot& slot) {
  if (text != "slot 7") return false;
  slot.number = 7;
  return true;
}

// One member of each kind.
struct Box {
  std::string name;
  bool is_open = false;
  Color color = Color::Red;
  std::uint64_t count = 0;
  milliseconds age{};
  WallTime made{};
  std::optional<int> price;
  std::optional<WallTime> sold;
  std::vector<std::string> tags;
  std::map<std::string, std::string> labels;
  std::map<Slot, WallTime> slots;
  std::vector<Size> sizes;
  Size outer;
  Weight weight;
  std::optional<Size> lid;
  std::string shelf;
  seconds patience{5};

  bool operator==(const Box&) const = default;
};

constexpr auto fields_of(const Box*) {
  return fields(field("name", &Box::name), field("is_open", &Box::is_open),
                field("color", &Box::color), field("count", &Box::count), field("age", &Box::age),
                field("made", &Box::made), field("price", &Box::price),
                defaulted_field("sold", &Box::sold), field("tags", &Box::tags),
                field("labels", &Box::labels), field("slots", &Box::slots),
                field("sizes", &Box::sizes), group("outer", &Box::outer), flat(&Box::weight),
                optional_field("lid", &Box::lid), optional_field("shelf", &Box::shelf),
                optional_field("patience", &Box::patience, {seconds(1), std::chrono::minutes(2)}));
}

Box sample() {
  Box box;
  box.name = "a \"box\"";
  box.is_open = true;
  box.color = Color::Green;
  box.count = std::numeric_limits<std::uint64_t>::max();
  box.age = milliseconds(-1500);
  box.made = WallTime(milliseconds(1'700'000'000'123));
  box.price = 7;
  box.sold = WallTime(milliseconds(5));
  box.tags = {"x", ""};
  box.labels = {{"k", "v"}};
  box.slots = {{Slot{7}, WallTime(milliseconds(6))}};
  box.sizes = {{3, 4}};
  box.outer = {5, 6};
  box.weight = {std::numeric_limits<std::int64_t>::min()};
  box.lid = Size{8, 9};
  box.shelf = "top";
  box.patience = seconds(6);
  return box;
}

constexpr const char* kSample =
    R"({"age":-1500,"color":"green","count":18446744073709551615,"grams":-9223372036854775808,)"
    R"("is_open":true,"labels":{"k":"v"},"lid":{"depth":9,"width":8},"made":1700000000123,)"
    R"("name":"a \"box\"","outer":{"depth":6,"width":5},"patience":6,"price":7,"shelf":"top",)"
    R"("sizes":[{"depth":4,"width":3}],"slots":{"slot 7":6},"sold":5,"tags":["x",""]})";

std::string text_of(const Box& box) { return dump(JsonWriter::write(box)); }
absl::StatusOr<Box> read(std::string_view text) {
  return record_from_json<Box>(parse_json(text), "/boxes/x");
}

TEST(RecordTest, EveryKindOfMemberIsReadAsItWasWritten) {
  EXPECT_EQ(text_of(sample()), kSample);
  const auto box = read(kSample);
  ASSERT_TRUE(box.ok()) << box.status();
  EXPECT_EQ(*box, sample());
}

TEST(RecordTest, WhatIsOptionalIsLeftOutWhileItHasItsDefault) {
  const std::string text = text_of(Box());
  EXPECT_EQ(text,
            R"({"age":0,"color":"red","count":0,"grams":0,"is_open":false,"labels":{},"made":0,)"
            R"("name":"","outer":{"depth":2,"width":1},"price":null,"sizes":[],"slots":{},)"
            R"("sold":null,"tags":[]})");
  const auto box = read(text);
  ASSERT_TRUE(box.ok()) << box.status();
  EXPECT_EQ(*box, Box());
}

TEST(RecordTest, BytesThatAreNoUtf8DoNotThrow) {
  Box box;
  box.name = "\xff";
  EXPECT_NE(text_of(box).find("\"name\":\"\xef\xbf\xbd\""), std::string::npos);
}

// `text` is what stands in the sample in place of `member`.
std::string problem_with(const char* member, const Json& value) {
  Json json = Json::parse(kSample);
  json[Json::json_pointer(member)] = value;
  const absl::Status status = record_from_json<Box>(json, "/boxes/x").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  const std::string message(message_of(status));
  const std::string start =
      "store: the record /boxes/x is damaged or was written by another version: ";
  EXPECT_TRUE(message.starts_with(start)) << message;
  return message.substr(std::min(start.size(), message.size()));
}

TEST(RecordTest, AProblemIsNamedWithItsPath) {
  EXPECT_EQ(problem_with("/name", 1), "name: must be a string");
  EXPECT_EQ(problem_with("/is_open", 1), "is_open: must be true or false");
  EXPECT_EQ(problem_with("/color", "blue"), "color: not one of red, green");
  EXPECT_EQ(problem_with("/count", -1), "count: must be 0 to 18446744073709551615");
  EXPECT_EQ(problem_with("/count", 0.5), "count: must be a whole number");
  EXPECT_EQ(problem_with("/age", "1"), "age: must be a whole number");
  EXPECT_EQ(problem_with("/made", nullptr), "made: must be a whole number");
  EXPECT_EQ(problem_with("/price", std::int64_t{1} << 32),
            "price: must be -2147483648 to 2147483647");
  EXPECT_EQ(problem_with("/grams", std::numeric_limits<std::uint64_t>::max()),
            "grams: must be -9223372036854775808 to 9223372036854775807");
  EXPECT_EQ(problem_with("/sold", "x"), "sold: must be a whole number");
  EXPECT_EQ(problem_with("/tags", "x"), "tags: must be an array");
  EXPECT_EQ(problem_with("/tags/1", 1), "tags[1]: must be a string");
  EXPECT_EQ(problem_with("/labels", "x"), "labels: must be an object");
  EXPECT_EQ(problem_with("/labels/a\nb", 1), "labels[\"a\\nb\"]: must be a string");
  EXPECT_EQ(problem_with("/slots/slot 8", 1), "slots[\"slot 8\"]: unknown key");
  EXPECT_EQ(problem_with("/sizes/0/depth", 256), "sizes[0].depth: must be 0 to 255");
  EXPECT_EQ(problem_with("/sizes/0", 256), "sizes[0]: must be an object");
  EXPECT_EQ(problem_with("/outer", nullptr), "outer: must be an object");
  EXPECT_EQ(problem_with("/outer/width", "a"), "outer.width: must be a whole number");
  EXPECT_EQ(problem_with("/lid", nullptr), "lid: must be an object");
  EXPECT_EQ(problem_with("/shelf", nullptr), "shelf: must be a string");
  EXPECT_EQ(problem_with("", Json::array()), "must be an object");
}

TEST(RecordTest, WhatIsNotJsonIsDamaged) {
  const absl::Status status = read("{").status();
  EXPECT_EQ(message_of(status),
            "store: the record /boxes/x is damaged or was written by another version: it is not "
            "JSON");
}

TEST(RecordTest, AMissingMemberIsDamageOnlyIfItIsRequired) {
  const Json whole = Json::parse(kSample);
  for (const auto& [name, value] : whole.items()) {
    Json without = whole;
    without.erase(name);
    const auto read = record_from_json<Box>(without, "/boxes/x");
    const bool may_be_missing =
        name == "sold" || name == "lid" || name == "shelf" || name == "patience";
    EXPECT_EQ(read.ok(), may_be_missing) << name;
    if (read.ok()) continue;
    EXPECT_TRUE(message_of(read.status()).ends_with(": " + name + ": is missing")) << name;
  }
}

TEST(RecordTest, UnknownMembersAreSkipped) {
  Json json = Json::parse(kSample);
  json["of_a_later_version"] = {1, 2};
  EXPECT_EQ(*record_from_json<Box>(json, "/boxes/x"), sample());
}

TEST(RecordTest, LimitsAreForCallersNotForTheStore) {
  Box box = sample();
  EXPECT_TRUE(check_limits(box, "box").ok());
  box.patience = seconds(121);
  EXPECT_EQ(message_of(check_limits(box, "box")), "box.patience: must be 1s to 120s");
  EXPECT_TRUE(read(text_of(box)).ok());
  box.sizes.push_back({10, 0});
  const absl::Status status = check_limits(box, "box");
  EXPECT_EQ(detail_of(status).field, "box.sizes[1].width");
  EXPECT_EQ(message_of(status), "box.sizes[1].width: must be 1 to 9 fingers");
  box.sizes.clear();
  box.outer.width = 0;  // its fields stand among the box's for a caller
  EXPECT_EQ(message_of(check_limits(box, "box")), "box.width: must be 1 to 9 fingers");
}

TEST(RecordTest, NamesWhatWasGiven) {
  Box box;
  box.is_open = true;
  box.weight.grams = 1;
  box.outer.depth = 9;
  box.lid = Size();
  std::vector<std::string> names;
  for_each_given(box, [&](std::string_view name) { names.emplace_back(name); });
  EXPECT_EQ(names, (std::vector<std::string>{"is_open", "depth", "grams", "lid"}));
}

TEST(RecordTest, FillsWhatWasLeftAtItsDefault) {
  Size size{.width = 7};
  fill_defaults(size, Size{.width = 8, .depth = 9});
  EXPECT_EQ(size, (Size{.width = 7, .depth = 9}));
}

TEST(RecordTest, WordsOfAnEnum) {
  EXPECT_EQ(to_word(Color::Green), "green");
  EXPECT_EQ(to_word(static_cast<Color>(7)), "");
  EXPECT_EQ(from_word<Color>("red"), Color::Red);
  EXPECT_FALSE(from_word<Color>("Red"));
}

}  // namespace
}  // namespace mex::base
