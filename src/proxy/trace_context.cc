#include "proxy/trace_context.h"

#include <algorithm>

#include "http/header_list.h"

namespace mex::proxy {
namespace {

using http::KnownHeader;

// "00-<32 digits>-<16 digits>-<2 digits>"; a later version may go on behind another dash.
constexpr std::size_t kVersion = 2;
constexpr std::size_t kTraceId = 3;
constexpr std::size_t kTraceIdSize = 32;
constexpr std::size_t kParentId = 36;
constexpr std::size_t kParentIdSize = 16;
constexpr std::size_t kFlags = 53;
constexpr std::size_t kSize = 55;
constexpr std::size_t kMaxMembers = 32;
// Members that are longer go first when there are too many (section 3.3.1.5).
constexpr std::size_t kLongMember = 128;

constexpr std::string_view kHex = "0123456789abcdef";

bool is_hex(std::string_view text) {
  return text.find_first_not_of(kHex) == std::string_view::npos;
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_key_part(std::string_view text, std::size_t max, bool may_begin_with_digit) {
  if (text.empty() || text.size() > max) return false;
  if (!is_lower(text.front()) && !(may_begin_with_digit && is_digit(text.front()))) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
  });
}

// Section 3.3.1.3.1.
bool is_key(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return is_key_part(text, 256, false);
  return is_key_part(text.substr(0, at), 241, true) && is_key_part(text.substr(at + 1), 14, false);
}

// Section 3.3.1.3.2.
bool is_value(std::string_view text) {
  return !text.empty() && text.size() <= 256 && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

bool is_member(std::string_view text) {
  const std::size_t equals = text.find('=');
  return equals != std::string_view::npos && is_key(text.substr(0, equals)) &&
         is_value(text.substr(equals + 1));
}

// Calls `take` with each member of all lines; empty ones are allowed and left out.
template <typename Take>
void for_each_member(const http::HeaderList& headers, Take take) {
  for (const http::Header& header : headers) {
    if (header.known == KnownHeader::Tracestate) http::for_each_list_element(header.value, take);
  }
}

void write_hex(char* out, std::uint64_t number) {
  for (int i = 15; i >= 0; --i, number >>= 4U) out[i] = kHex[number & 0xFU];
}

}  // namespace

bool is_traceparent(std::string_view value) {
  if (value.size() < kSize || value[kVersion] != '-' || value[kParentId - 1] != '-' ||
      value[kFlags - 1] != '-') {
    return false;
  }
  const std::string_view version = value.substr(0, kVersion);
  if (!is_hex(version) || version == "ff") return false;
  if (value.size() > kSize && (version == "00" || value[kSize] != '-')) return false;
  return is_id(value.substr(kTraceId, kTraceIdSize)) &&
         is_id(value.substr(kParentId, kParentIdSize)) && is_hex(value.substr(kFlags, 2));
}

std::string_view trace_id_of(std::string_view traceparent) {
  return traceparent.substr(kTraceId, kTraceIdSize);
}

void TraceParent::make(std::uint64_t high, std::uint64_t low, std::uint64_t parent) {
  constexpr std::string_view kForm = "00-00000000000000000000000000000000-0000000000000000-00";
  static_assert(kForm.size() == kSize);
  std::copy(kForm.begin(), kForm.end(), text_.begin());
  write_hex(text_.data() + kTraceId, high);
  write_hex(text_.data() + kTraceId + kTraceIdSize / 2, low | 1U);
  write_hex(text_.data() + kParentId, parent | 1U);
  has_text_ = true;
}

ClientTrace client_trace(const http::HeaderList& headers) {
  switch (headers.count(KnownHeader::Traceparent)) {
    case 0:
      return ClientTrace::None;
    case 1:
      return is_traceparent(headers.value(KnownHeader::Traceparent)) ? ClientTrace::Valid
                                                                     : ClientTrace::Invalid;
    default:
      return ClientTrace::Invalid;
  }
}

std::string_view trace_state(const http::HeaderList& headers, TraceStateSpace& space) {
  std::size_t members = 0;
  std::size_t size = 0;
  bool is_valid = true;
  for_each_member(headers, [&](std::string_view member) {
    is_valid = is_valid && is_member(member) && ++members <= kMaxMembers;
    size += member.size() + 1;
  });
  if (!is_valid || members == 0) return {};
  const bool is_long = size - 1 > space.size();
  std::size_t used = 0;
  bool is_full = false;
  for_each_member(headers, [&](std::string_view member) {
    if (is_full || (is_long && member.size() > kLongMember)) return;
    const std::size_t comma = used == 0 ? 0 : 1;
    if (used + comma + member.size() > space.size()) {
      is_full = true;  // what comes behind is older, and the order means something
      return;
    }
    if (comma == 1) space[used++] = ',';
    std::copy(member.begin(), member.end(), space.begin() + static_cast<std::ptrdiff_t>(used));
    used += member.size();
  });
  return {space.data(), used};
}

}  // namespace mex::proxy
