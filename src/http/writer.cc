#include "http/writer.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/characters.h"
#include "http/status_code.h"

namespace mex::http {
namespace {

constexpr std::string_view kVersion = "HTTP/1.1";

// Returns where the next byte goes.
char* copy_to(char* at, std::string_view text) {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

bool is_safe_target(std::string_view target) {
  return !target.empty() && std::all_of(target.begin(), target.end(), [](char c) {
    return as_byte(c) > 0x20 && as_byte(c) < 0x7F;
  });
}

}  // namespace

char* HeadWriter::take(std::size_t size) {
  if (error_ == Error::UnsafeText) return nullptr;
  if (error_ == Error::None && size > space_.size() - size_) error_ = Error::NoSpace;
  char* const at = error_ == Error::None ? space_.data() + size_ : nullptr;
  size_ += size;
  return at;
}

void HeadWriter::put(std::string_view text) {
  if (char* const at = take(text.size())) copy_to(at, text);
}

void HeadWriter::put_token(std::string_view text) {
  if (!is_token(text)) error_ = Error::UnsafeText;
  put(text);
}

void HeadWriter::put_value(std::string_view text) {
  if (find_non_value_byte(text) != kNotFound) error_ = Error::UnsafeText;
  put(text);
}

void HeadWriter::request_line(std::string_view method, std::string_view target) {
  put_token(method);
  put(" ");
  if (!is_safe_target(target)) error_ = Error::UnsafeText;
  put(target);
  put(" ");
  put(kVersion);
  put("\r\n");
}

void HeadWriter::status_line(int status) { status_line(status, reason_of(status)); }

void HeadWriter::status_line(int status, std::string_view reason) {
  if (status < 100 || status > 599) error_ = Error::UnsafeText;
  const std::array<char, 3> digits = {static_cast<char>('0' + status / 100 % 10),
                                      static_cast<char>('0' + status / 10 % 10),
                                      static_cast<char>('0' + status % 10)};
  put(kVersion);
  put(" ");
  put({digits.data(), digits.size()});
  put(" ");
  put_value(reason);
  put("\r\n");
}

// The names that we know are tokens.
void HeadWriter::header(KnownHeader name, std::string_view value) {
  put_field(to_string(name), {&value, 1});
}

void HeadWriter::header(KnownHeader name, std::span<const std::string_view> pieces) {
  put_field(to_string(name), pieces);
}

void HeadWriter::header(KnownHeader name, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  header(name, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

void HeadWriter::header(std::string_view name, std::string_view value) {
  header(name, std::span<const std::string_view>(&value, 1));
}

void HeadWriter::header(std::string_view name, std::span<const std::string_view> pieces) {
  if (!is_token(name)) error_ = Error::UnsafeText;
  put_field(name, pieces);
}

// Most of a head is fields: each is checked for its room once and copied in one go.
void HeadWriter::put_field(std::string_view name, std::span<const std::string_view> pieces) {
  constexpr std::string_view kColon = ": ";
  constexpr std::string_view kLineEnd = "\r\n";
  std::size_t size = name.size() + kColon.size() + kLineEnd.size();
  for (const std::string_view piece : pieces) {
    if (find_non_value_byte(piece) != kNotFound) error_ = Error::UnsafeText;
    size += piece.size();
  }
  char* at = take(size);
  if (at == nullptr) return;
  at = copy_to(at, name);
  at = copy_to(at, kColon);
  for (const std::string_view piece : pieces) at = copy_to(at, piece);
  copy_to(at, kLineEnd);
}

void HeadWriter::end() { put("\r\n"); }

ChunkPrefix::ChunkPrefix(std::uint64_t length) {
  const auto end = std::to_chars(text_.data(), text_.data() + text_.size() - 2, length, 16).ptr;
  end[0] = '\r';
  end[1] = '\n';
  size_ = static_cast<std::size_t>(end - text_.data()) + 2;
}

}  // namespace mex::http
