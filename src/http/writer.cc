#include "http/writer.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/characters.h"
#include "http/status_code.h"

namespace mex::http {
namespace {

constexpr std::string_view kVersion = "HTTP/1.1";

bool is_safe_target(std::string_view target) {
  return !target.empty() && std::all_of(target.begin(), target.end(), [](char c) {
    return as_byte(c) > 0x20 && as_byte(c) < 0x7F;
  });
}

}  // namespace

void HeadWriter::put(std::string_view text) {
  if (error_ == Error::UnsafeText) return;
  if (text.size() > space_.size() - std::min(size_, space_.size())) {
    error_ = Error::NoSpace;
  } else if (error_ == Error::None && !text.empty()) {
    std::memcpy(space_.data() + size_, text.data(), text.size());
  }
  size_ += text.size();
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

void HeadWriter::header(KnownHeader name, std::string_view value) {
  header(to_string(name), value);
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
  put_token(name);
  put(": ");
  for (const std::string_view piece : pieces) put_value(piece);
  put("\r\n");
}

void HeadWriter::end() { put("\r\n"); }

ChunkPrefix::ChunkPrefix(std::uint64_t length) {
  const auto end = std::to_chars(text_.data(), text_.data() + text_.size() - 2, length, 16).ptr;
  end[0] = '\r';
  end[1] = '\n';
  size_ = static_cast<std::size_t>(end - text_.data()) + 2;
}

}  // namespace mex::http
