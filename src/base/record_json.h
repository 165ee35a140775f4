#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/record.h"
#include "base/record_words.h"

// The JSON form of described records (record.h), as the store keeps it: one object, its members in
// the order of their names. Nothing here throws. Everything is thread-safe or a plain value.
namespace mex::base {

using Json = nlohmann::json;

template <typename Value>
inline constexpr bool kIsOptional = false;
template <typename Value>
inline constexpr bool kIsOptional<std::optional<Value>> = true;

// Where in a record a value stands: a list on the stack, made text only for an error.
class JsonPath {
 public:
  JsonPath() = default;  // the record itself
  JsonPath(const JsonPath& parent, const char* member) : parent_(&parent), member_(member) {}
  JsonPath(const JsonPath& parent, const std::string& key) : parent_(&parent), key_(&key) {}
  JsonPath(const JsonPath& parent, std::size_t index) : parent_(&parent), index_(index) {}

  std::string to_string() const;  // "spec.nodes[2].role", "labels[\"disk\"]"; one line

 private:
  const JsonPath* parent_ = nullptr;
  const char* member_ = nullptr;
  const std::string* key_ = nullptr;
  std::size_t index_ = 0;
};

// Reads values and keeps the first problem. Unknown members are skipped: a later version wrote
// them.
class JsonReader {
 public:
  // "spec.nodes[2].role: not one of master, worker".
  const std::string& problem() const { return problem_; }

  bool read(const Json& json, std::string& value, const JsonPath& path);
  bool read(const Json& json, bool& value, const JsonPath& path);
  bool read(const Json& json, WallTime& value, const JsonPath& path);

  template <std::integral Number>
  bool read(const Json& json, Number& value, const JsonPath& path) {
    constexpr auto kMin = std::numeric_limits<Number>::min();
    constexpr auto kMax = std::numeric_limits<Number>::max();
    if (json.is_number_unsigned()) {
      const auto number = json.get<std::uint64_t>();
      if (!std::in_range<Number>(number)) return fail_range(path, kMin, kMax);
      value = static_cast<Number>(number);
      return true;
    }
    if (!json.is_number_integer()) return fail(path, "must be a whole number");
    const auto number = json.get<std::int64_t>();
    if (!std::in_range<Number>(number)) return fail_range(path, kMin, kMax);
    value = static_cast<Number>(number);
    return true;
  }
  template <typename Rep, typename Period>
  bool read(const Json& json, std::chrono::duration<Rep, Period>& value, const JsonPath& path) {
    Rep count = 0;
    if (!read(json, count, path)) return false;
    value = std::chrono::duration<Rep, Period>(count);
    return true;
  }
  template <WordEnum Enum>
  bool read(const Json& json, Enum& value, const JsonPath& path) {
    std::string text;
    if (!read(json, text, path)) return false;
    const std::optional<Enum> found = from_word<Enum>(text);
    if (!found) return fail(path, "not one of " + list_words<Enum>());
    value = *found;
    return true;
  }
  // Null: nothing.
  template <typename Value>
  bool read(const Json& json, std::optional<Value>& value, const JsonPath& path) {
    value.reset();
    return json.is_null() || read(json, value.emplace(), path);
  }
  template <typename Value>
  bool read(const Json& json, std::vector<Value>& values, const JsonPath& path) {
    if (!json.is_array()) return fail(path, "must be an array");
    values.clear();
    for (const Json& element : json) {
      const std::size_t index = values.size();
      if (!read(element, values.emplace_back(), JsonPath(path, index))) return false;
    }
    return true;
  }
  // Keys that are no strings are made from them by from_string(text, key), found beside their type.
  template <typename Key, typename Value>
  bool read(const Json& json, std::map<Key, Value>& values, const JsonPath& path) {
    if (!json.is_object()) return fail(path, "must be an object");
    values.clear();
    for (const auto& [name, element] : json.items()) {
      const JsonPath here(path, name);
      Key key;
      if constexpr (std::same_as<Key, std::string>) {
        key = name;
      } else {
        if (!from_string(name, key)) return fail(here, "unknown key");
      }
      if (!read(element, values[std::move(key)], here)) return false;
    }
    return true;
  }
  template <Described Record>
  bool read(const Json& json, Record& record, const JsonPath& path) {
    if (!json.is_object()) return fail(path, "must be an object");
    return for_each_field<Record>(
        [&](const auto& field) { return read_field(json, record, field, path); });
  }

  bool fail(const JsonPath& path, std::string_view what);

 private:
  template <typename Record, typename Value, Presence kPresence, typename ValueLimits>
  bool read_field(const Json& object, Record& record,
                  const Field<Record, Value, kPresence, ValueLimits>& field, const JsonPath& path) {
    const JsonPath here(path, field.name);
    const auto found = object.find(field.name);
    if (found == object.end()) {
      return kPresence != Presence::Required || fail(here, "is missing");
    }
    Value& value = record.*field.member;
    if constexpr (kPresence == Presence::Optional && kIsOptional<Value>) {
      // What is left out while there is nothing is never null.
      return read(*found, value.emplace(), here);
    } else {
      return read(*found, value, here);
    }
  }
  template <typename Record, typename Value>
  bool read_field(const Json& object, Record& record, const FlatField<Record, Value>& field,
                  const JsonPath& path) {
    return read(object, record.*field.member, path);
  }
  template <typename Record, typename Value>
  bool read_field(const Json& object, Record& record, const GroupField<Record, Value>& field,
                  const JsonPath& path) {
    const JsonPath here(path, field.name);
    const auto found = object.find(field.name);
    if (found == object.end()) return fail(here, "is missing");
    return read(*found, record.*field.member, here);
  }

  bool fail_range(const JsonPath& path, std::int64_t min, std::uint64_t max);

  std::string problem_;
};

struct JsonWriter {
  static Json write(const std::string& value) { return value; }
  static Json write(bool value) { return value; }
  static Json write(WallTime value) { return value.time_since_epoch().count(); }
  template <std::integral Number>
  static Json write(Number value) {
    return value;
  }
  template <typename Rep, typename Period>
  static Json write(std::chrono::duration<Rep, Period> value) {
    return value.count();
  }
  template <WordEnum Enum>
  static Json write(Enum value) {
    return std::string(to_word(value));
  }
  template <typename Value>
  static Json write(const std::optional<Value>& value) {
    return value ? write(*value) : Json(nullptr);
  }
  template <typename Value>
  static Json write(const std::vector<Value>& values) {
    Json array = Json::array();
    for (const Value& value : values) array.push_back(write(value));
    return array;
  }
  template <typename Key, typename Value>
  static Json write(const std::map<Key, Value>& values) {
    Json object = Json::object();
    for (const auto& [key, value] : values) {
      if constexpr (std::same_as<Key, std::string>) {
        object[key] = write(value);
      } else {
        object[to_string(key)] = write(value);
      }
    }
    return object;
  }
  template <Described Record>
  static Json write(const Record& record) {
    Json object = Json::object();
    write_fields(object, record);
    return object;
  }

 private:
  template <Described Record>
  static void write_fields(Json& object, const Record& record) {
    for_each_field<Record>([&](const auto& field) {
      write_field(object, record, field);
      return true;
    });
  }
  template <typename Record, typename Value, Presence kPresence, typename ValueLimits>
  static void write_field(Json& object, const Record& record,
                          const Field<Record, Value, kPresence, ValueLimits>& field) {
    if constexpr (kPresence == Presence::Optional) {
      if (has_default(record, field)) return;
    }
    object[field.name] = write(record.*field.member);
  }
  template <typename Record, typename Value>
  static void write_field(Json& object, const Record& record,
                          const FlatField<Record, Value>& field) {
    write_fields(object, record.*field.member);
  }
  template <typename Record, typename Value>
  static void write_field(Json& object, const Record& record,
                          const GroupField<Record, Value>& field) {
    object[field.name] = write(record.*field.member);
  }
};

// DataLoss: "store: the record <key> is damaged or was written by another version: <problem>".
absl::Status damaged_record(std::string_view key, std::string_view problem);

// The text of one value. What is not well-formed UTF-8 (texts come from people and clouds) becomes
// U+FFFD.
std::string dump(const Json& json);

// The value in `text`, or a discarded one, which is none of JSON's kinds.
Json parse_json(std::string_view text);

// DataLoss, naming `key` and the member, if `json` is not what JsonWriter makes of a record.
template <Described Record>
absl::StatusOr<Record> record_from_json(const Json& json, std::string_view key) {
  if (json.is_discarded()) return damaged_record(key, "it is not JSON");
  JsonReader reader;
  Record record;
  if (!reader.read(json, record, JsonPath())) return damaged_record(key, reader.problem());
  return record;
}

}  // namespace mex::base
