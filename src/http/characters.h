#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

// Character classes of HTTP as tables, built by the compiler.
namespace mex::http {

inline constexpr std::size_t kNotFound = std::string_view::npos;

constexpr unsigned char as_byte(char character) { return static_cast<unsigned char>(character); }

constexpr char to_lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character | 0x20) : character;
}

constexpr bool is_digit(char character) { return character >= '0' && character <= '9'; }

constexpr bool is_alphanumeric(char character) {
  const char lower = to_lower(character);
  return is_digit(character) || (lower >= 'a' && lower <= 'z');
}

// -1 if `character` is not a hexadecimal digit.
constexpr int hex_value(char character) {
  if (is_digit(character)) return character - '0';
  const char lower = to_lower(character);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

using ByteTable = std::array<bool, 256>;

// tchar, RFC 9110 section 5.6.2.
inline constexpr ByteTable kTokenBytes = [] {
  ByteTable table{};
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[as_byte(c)] = true;
  for (unsigned byte = 0; byte < 128; ++byte) {
    if (is_alphanumeric(static_cast<char>(byte))) table[byte] = true;
  }
  return table;
}();

constexpr bool is_token_byte(char character) { return kTokenBytes[as_byte(character)]; }

constexpr bool is_token(std::string_view text) {
  for (char c : text) {
    if (!is_token_byte(c)) return false;
  }
  return !text.empty();
}

// field-vchar, SP, HTAB and obs-text: what may stand in a field value (RFC 9110 section 5.5).
constexpr bool is_value_byte(char character) {
  const unsigned char byte = as_byte(character);
  return byte >= 0x20 ? byte != 0x7F : byte == '\t';
}

// Where the first byte stands that is not a value byte, or kNotFound. Eight bytes at a time.
inline std::size_t find_non_value_byte(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = 0x8080808080808080U;
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= text.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, sizeof(word));
    // Sets the high bit of bytes below 0x20; a borrow may set it in a byte above such a one too,
    // which does no harm because the exact loop decides.
    const std::uint64_t below_space = (word - kOnes * 0x20) & ~word & kHighs;
    const std::uint64_t delete_bytes = word ^ (kOnes * 0x7F);
    const std::uint64_t is_delete = (delete_bytes - kOnes) & ~delete_bytes & kHighs;
    if ((below_space | is_delete) == 0) continue;
    for (std::size_t j = i; j < i + sizeof(word); ++j) {
      if (!is_value_byte(text[j])) return j;
    }
  }
  for (; i < text.size(); ++i) {
    if (!is_value_byte(text[i])) return i;
  }
  return kNotFound;
}

// Without the spaces and tabs at both ends (OWS, RFC 9110 section 5.6.3).
constexpr std::string_view trim_white_space(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace mex::http
