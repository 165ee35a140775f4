#include "base/duration_text.h"

#include <charconv>
#include <cstdint>
#include <iterator>
#include <system_error>

namespace mex::base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr Unit kUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};

// Takes "30m" off the front of `text`. `first` is the unit that may come next at the earliest.
std::optional<std::int64_t> take_part(std::string_view& text, const Unit*& first) {
  constexpr std::int64_t kMaxSeconds = kMaxDuration.count();
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

// Plain seconds.
std::optional<std::int64_t> number_in(std::string_view text) {
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (fault != std::errc() || seconds > kMaxDuration.count()) return std::nullopt;
  return seconds * 1000;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (const auto plain = number_in(text)) return std::chrono::milliseconds(*plain);
  std::int64_t sum = 0;
  const Unit* first = std::begin(kUnits);
  while (!text.empty()) {
    const auto part = take_part(text, first);
    if (!part || (sum += *part) > kMaxDuration.count() * 1000) return std::nullopt;
  }
  return std::chrono::milliseconds(sum);
}

}  // namespace mex::base
