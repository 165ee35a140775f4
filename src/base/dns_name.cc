#include "base/dns_name.h"

#include <algorithm>
#include <cstddef>

namespace mex::base {
namespace {

// RFC 1035 section 2.3.4; as text, without the dot at the end.
constexpr std::size_t kMaxName = 253;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string normal_dns_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(), lower);
  return name;
}

bool is_dns_label(std::string_view text, std::size_t max_length) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
  });
  return is_plain && !text.empty() && text.size() <= max_length && text.front() != '-' &&
         text.back() != '-';
}

bool is_dns_subdomain(std::string_view text) {
  if (text.size() > kMaxName) return false;
  for (;;) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    if (!is_dns_label(text.substr(0, dot))) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_dns_name(std::string_view text) {
  if (!is_dns_subdomain(text)) return false;
  const std::string_view last = text.substr(text.rfind('.') + 1);
  return !std::all_of(last.begin(), last.end(), is_digit);
}

}  // namespace mex::base
