#pragma once

#include <fmt/format.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "base/record.h"
#include "base/status.h"

// Whether the values that a caller gave are within the limits of their description. Pure.
namespace mex::base {

template <Described Record>
absl::Status check_limits(const Record& record, std::string_view prefix);

namespace limits {

template <std::integral Number>
std::string to_string(Number value) {
  return fmt::format("{}", value);
}
template <typename Rep, typename Period>
std::string to_string(std::chrono::duration<Rep, Period> value) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(value).count();
  return milliseconds % 1000 == 0 ? fmt::format("{}s", milliseconds / 1000)
                                  : fmt::format("{}ms", milliseconds);
}

template <typename Value>
absl::Status check(const Value& value, const Limits<Value>& limits, const std::string& path) {
  if (value >= limits.min && value <= limits.max) return absl::OkStatus();
  return field_error(path, fmt::format("must be {} to {}{}", to_string(limits.min),
                                       to_string(limits.max), limits.note));
}

// A value without limits: nested records have their own.
template <typename Value>
absl::Status check(const Value& value, NoLimits, const std::string& path) {
  if constexpr (Described<Value>) return check_limits(value, path);
  return absl::OkStatus();
}
template <Described Value>
absl::Status check(const std::vector<Value>& values, NoLimits, const std::string& path) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    MEX_RETURN_IF_ERROR(check_limits(values[i], fmt::format("{}[{}]", path, i)));
  }
  return absl::OkStatus();
}

template <typename Record, typename Value, Presence kPresence, typename ValueLimits>
absl::Status check_field(const Record& record,
                         const Field<Record, Value, kPresence, ValueLimits>& field,
                         std::string_view prefix) {
  const std::string path = prefix.empty() ? field.name : fmt::format("{}.{}", prefix, field.name);
  return check(record.*field.member, field.limits, path);
}
template <typename Record, typename Value>
absl::Status check_field(const Record& record, const FlatField<Record, Value>& field,
                         std::string_view prefix) {
  return check_limits(record.*field.member, prefix);
}
template <typename Record, typename Value>
absl::Status check_field(const Record& record, const GroupField<Record, Value>& field,
                         std::string_view prefix) {
  return check_limits(record.*field.member, prefix);
}

}  // namespace limits

// InvalidArgument that names the first field outside its limits, as "<prefix>.<name>" (or "<name>"
// without a prefix), and what is allowed: "must be 1s to 600s". Nested records are checked, too.
template <Described Record>
absl::Status check_limits(const Record& record, std::string_view prefix) {
  absl::Status status;
  for_each_field<Record>([&](const auto& field) {
    status = limits::check_field(record, field, prefix);
    return status.ok();
  });
  return status;
}

}  // namespace mex::base
