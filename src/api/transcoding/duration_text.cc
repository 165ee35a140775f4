#include "api/transcoding/duration_text.h"

#include <fmt/format.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/util/time_util.h>

#include <charconv>
#include <cstdint>

namespace mex::api::transcoding {
namespace {

constexpr std::int64_t kMaxSeconds = 315'576'000'000;  // google/protobuf/duration.proto

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr Unit kUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};

// Takes "30m" off the front of `text`. `first` is the unit that may come next at the earliest.
std::optional<std::int64_t> take_part(std::string_view& text, const Unit*& first) {
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || text.front() == '-' || number > kMaxSeconds) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
  for (const Unit* unit = first; unit != std::end(kUnits); ++unit) {
    if (unit->name != name) continue;
    first = unit + 1;
    text.remove_prefix(name.size());
    if (number > kMaxSeconds * 1000 / unit->milliseconds) return std::nullopt;
    return number * unit->milliseconds;
  }
  return std::nullopt;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<std::string> plain_duration(std::string_view text) {
  google::protobuf::Duration duration;
  if (google::protobuf::util::TimeUtil::FromString(std::string(text), &duration)) {
    return std::string(text);
  }
  std::string seconds(text);
  if (is_number(text)) {
    seconds += 's';
    text = seconds;
  }
  std::int64_t sum = 0;
  const Unit* first = std::begin(kUnits);
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto part = take_part(text, first);
    if (!part || (sum += *part) > kMaxSeconds * 1000) return std::nullopt;
  }
  if (sum % 1000 == 0) return fmt::format("{}s", sum / 1000);
  return fmt::format("{}.{:03}s", sum / 1000, sum % 1000);
}

}  // namespace mex::api::transcoding
