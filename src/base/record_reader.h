#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/status.h"

// The parts that all records of the store are read and written with.
namespace mex::base {

using Json = nlohmann::json;

// Reads members of one object and notes the first that is not as written; no exceptions.
class RecordReader {
 public:
  RecordReader(const Json& object, bool& is_good) : object_(object), is_good_(is_good) {
    if (!object.is_object()) is_good_ = false;
  }

  const Json* member(const char* name) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }

  void read(const char* name, std::string& value) const {
    const Json* json = expect(name, &Json::is_string);
    if (json != nullptr) value = *json->get_ptr<const std::string*>();
  }
  void read(const char* name, bool& value) const {
    const Json* json = expect(name, &Json::is_boolean);
    if (json != nullptr) value = *json->get_ptr<const bool*>();
  }
  void read(const char* name, std::int64_t& value) const {
    const Json* json = expect(name, &Json::is_number_integer);
    if (json != nullptr) value = json->get<std::int64_t>();
  }
  void read(const char* name, int& value) const {
    std::int64_t number = 0;
    read(name, number);
    if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max()) {
      return fail();
    }
    value = static_cast<int>(number);
  }
  // Null: nothing. Other than a time, it is always written.
  void read(const char* name, std::optional<int>& value) const {
    const Json* json = member(name);
    if (json != nullptr && json->is_null()) return;
    int number = 0;
    read(name, number);
    value = number;
  }
  void read(const char* name, std::chrono::milliseconds& value) const {
    std::int64_t number = 0;
    read(name, number);
    value = std::chrono::milliseconds(number);
  }
  void read(const char* name, base::WallTime& value) const {
    std::chrono::milliseconds since_epoch{};
    read(name, since_epoch);
    value = base::WallTime(since_epoch);
  }
  void read(const char* name, std::optional<base::WallTime>& value) const {
    const Json* json = member(name);
    if (json == nullptr || json->is_null()) return;
    base::WallTime time{};
    read(name, time);
    value = time;
  }
  void read(const char* name, std::vector<base::WallTime>& values) const {
    each(name, &Json::is_array, [&](const Json& element) {
      if (!element.is_number_integer()) return fail();
      values.emplace_back(std::chrono::milliseconds(element.get<std::int64_t>()));
    });
  }
  void read(const char* name, std::vector<std::string>& values) const {
    each(name, &Json::is_array, [&](const Json& element) {
      if (!element.is_string()) return fail();
      values.push_back(element.get<std::string>());
    });
  }
  void read(const char* name, std::map<std::string, std::string>& values) const {
    const Json* json = expect(name, &Json::is_object);
    if (json == nullptr) return;
    for (const auto& [key, value] : json->items()) {
      if (!value.is_string()) return fail();
      values[key] = value.get<std::string>();
    }
  }
  void read(const char* name, std::map<std::string, base::WallTime>& values) const {
    const Json* json = expect(name, &Json::is_object);
    if (json == nullptr) return;
    for (const auto& [key, value] : json->items()) {
      if (!value.is_number_integer()) return fail();
      values[key] = base::WallTime(std::chrono::milliseconds(value.get<std::int64_t>()));
    }
  }
  // One of the words of to_string(Enum).
  template <typename Enum, std::size_t kCount>
  void read(const char* name, Enum& value, const std::array<Enum, kCount>& all) const {
    std::string text;
    read(name, text);
    const auto found =
        std::find_if(all.begin(), all.end(), [&](Enum one) { return to_string(one) == text; });
    if (found == all.end()) return fail();
    value = *found;
  }
  template <typename Visitor>
  void each(const char* name, bool (Json::*is_kind)() const noexcept, Visitor visit) const {
    const Json* json = expect(name, is_kind);
    if (json == nullptr) return;
    for (const Json& element : *json) visit(element);
  }
  // Calls `visit` with a reader of the object at `name`.
  template <typename Visitor>
  void object(const char* name, Visitor visit) const {
    if (const Json* json = member(name)) {
      visit(RecordReader(*json, is_good_));
    } else {
      fail();
    }
  }
  // The same for each element of the array at `name`.
  template <typename Visitor>
  void objects(const char* name, Visitor visit) const {
    each(name, &Json::is_array,
         [&](const Json& element) { visit(RecordReader(element, is_good_)); });
  }
  void fail() const { is_good_ = false; }

 private:
  const Json* expect(const char* name, bool (Json::*is_kind)() const noexcept) const {
    const Json* json = member(name);
    if (json != nullptr && (json->*is_kind)()) return json;
    fail();
    return nullptr;
  }

  const Json& object_;
  bool& is_good_;
};

inline Json time_json(base::WallTime time) { return time.time_since_epoch().count(); }
inline Json time_json(const std::optional<base::WallTime>& time) {
  return time ? time_json(*time) : Json(nullptr);
}

// Texts come from people and clouds: what is not UTF-8 must not throw.
inline std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

inline absl::Status damaged_record(std::string_view key) {
  return base::error(absl::StatusCode::kDataLoss,
                     "store: the record {} is damaged or was written by another version", key);
}

}  // namespace mex::base
