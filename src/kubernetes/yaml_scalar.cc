#include "kubernetes/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

namespace mex::kubernetes {
namespace {

using nlohmann::json;

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 11> kTrue = {"true", "True", "TRUE", "yes", "Yes", "YES",
                                                    "on",   "On",   "ON",   "y",   "Y"};
constexpr std::array<std::string_view, 11> kFalse = {"false", "False", "FALSE", "no", "No", "NO",
                                                     "off",   "Off",   "OFF",   "n",  "N"};
constexpr std::array<std::string_view, 12> kBeyondJson = {".inf",  ".Inf",  ".INF",  "+.inf",
                                                          "+.Inf", "+.INF", "-.inf", "-.Inf",
                                                          "-.INF", ".nan",  ".NaN",  ".NAN"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool has_form_of_float(std::string_view text) {
  std::size_t at = 0;
  const auto sign = [&] {
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  };
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > begin;
  };
  sign();
  const bool whole = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits() && !whole) return false;
  } else if (!whole) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    sign();
    if (!digits()) return false;
  }
  return at == text.size();
}

struct Integer {
  bool is_integer = false;
  std::optional<json> value;  // nothing: too large
};

// The bases of Go's ParseInt: 0x, 0o, 0b, a leading zero for octal; underscores between digits.
Integer read_integer(std::string_view text) {
  std::string digits(text);
  digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
  std::string_view rest = digits;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  int base = 10;
  if (rest.size() > 1 && rest[0] == '0') {
    const char mark = static_cast<char>(rest[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    rest.remove_prefix(base == 0 ? 1 : 2);
    if (base == 0) base = 8;
  }
  std::uint64_t magnitude = 0;
  const char* const end = rest.data() + rest.size();
  const auto [stop, fault] = std::from_chars(rest.data(), end, magnitude, base);
  if (stop != end || fault == std::errc::invalid_argument) return {};
  constexpr auto kMaxInteger = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (fault == std::errc::result_out_of_range || (negative && magnitude > kMaxInteger)) {
    return {.is_integer = true, .value = std::nullopt};
  }
  if (!negative) return {.is_integer = true, .value = json(magnitude)};
  return {.is_integer = true, .value = json(-static_cast<std::int64_t>(magnitude))};
}

}  // namespace

std::optional<json> plain_scalar(const std::string& text) {
  if (is_one_of(text, kNull)) return json();
  if (is_one_of(text, kTrue)) return json(true);
  if (is_one_of(text, kFalse)) return json(false);
  if (is_one_of(text, kBeyondJson)) return std::nullopt;
  const char first = text[0];
  if (!is_digit(first) && first != '-' && first != '+' && first != '.') return json(text);
  if (const Integer integer = read_integer(text); integer.is_integer) return integer.value;
  if (!has_form_of_float(text)) return json(text);
  double value = 0;
  // from_chars knows no plus sign.
  const char* const begin = text.data() + (first == '+' ? 1 : 0);
  const auto [stop, fault] = std::from_chars(begin, text.data() + text.size(), value);
  if (fault != std::errc() || !std::isfinite(value)) return std::nullopt;
  return json(value);
}

}  // namespace mex::kubernetes
