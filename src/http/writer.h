#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/known_header.h"

namespace mex::http {

// Writes the head of a message into memory of the caller. Allocates nothing. It is the only way
// from values to header text, and it lets nothing through that could end a line early: a name that
// is not a token or a value with CR, LF, NUL or another control byte makes the whole head unusable
// (response splitting, CWE-113).
//
//   HeadWriter head(space);
//   head.status_line(200);
//   head.header(KnownHeader::ContentLength, std::uint64_t{5});
//   head.end();
//   if (head.error() == HeadWriter::Error::None) output.commit(head.size());
class HeadWriter {
 public:
  enum class Error : std::uint8_t {
    None,
    UnsafeText,  // refused bytes; nothing of this head may be sent
    NoSpace,     // size() says how much is needed: try again with more
  };

  explicit HeadWriter(std::span<char> space) : space_(space) {}

  // "GET /path HTTP/1.1". `target` must not be empty nor contain white space.
  void request_line(std::string_view method, std::string_view target);
  // "HTTP/1.1 404 Not Found". Responses are always 1.1 (RFC 9112 section 2.3, RFC 9110
  // section 6.2).
  void status_line(int status);
  // With the reason that an origin chose.
  void status_line(int status, std::string_view reason);

  void header(KnownHeader name, std::string_view value);
  void header(KnownHeader name, std::uint64_t value);
  void header(KnownHeader name, std::span<const std::string_view> pieces);
  void header(std::string_view name, std::string_view value);
  // A value put together from pieces, e.g. {"for=", address, ";proto=https"}.
  void header(std::string_view name, std::span<const std::string_view> pieces);

  // The empty line.
  void end();

  Error error() const { return error_; }
  // Bytes written; after NoSpace: bytes that would have been.
  std::size_t size() const { return size_; }
  std::string_view text() const { return {space_.data(), size_}; }  // only without an error

 private:
  // Room for the next `size` bytes; null behind an error, which counts them only.
  char* take(std::size_t size);
  void put(std::string_view text);
  void put_field(std::string_view name, std::span<const std::string_view> pieces);
  void put_token(std::string_view text);
  void put_value(std::string_view text);

  std::span<char> space_;
  std::size_t size_ = 0;
  Error error_ = Error::None;
};

// What stands before and behind each chunk of a chunked body (RFC 9112 section 7.1).
class ChunkPrefix {
 public:
  // `length` > 0: a chunk of length 0 is the end of the body, see kLastChunk.
  explicit ChunkPrefix(std::uint64_t length);
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 18> text_{};
  std::size_t size_ = 0;
};
inline constexpr std::string_view kChunkSuffix = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace mex::http
