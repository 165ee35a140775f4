#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/parse_error.h"

namespace mex::http {

// One step through a body.
struct BodyStep {
  std::string_view payload;  // body bytes, a part of the bytes given; may be empty
  std::size_t consumed = 0;  // bytes of the input that are used up; on an error: its offset
  bool done = false;         // the body ended exactly after `consumed` bytes
  ParseError error = ParseError::None;
};

// Decodes the chunked transfer coding (RFC 9112 section 7.1) from pieces of any size. Trailers are
// checked and kept apart from the body; those that would change the framing or the routing of a
// message are refused.
class ChunkDecoder {
 public:
  static constexpr std::size_t kMaxSizeDigits = 16;
  // Of all chunk extensions of one body together: they carry nothing that is used, and cost
  // the receiver bytes that no body limit counts.
  static constexpr std::size_t kMaxExtensionBytes = 4096;
  static constexpr std::size_t kMaxTrailerBytes = 8192;

  // At most one payload piece per call; the framing bytes around it are consumed along with it.
  // Consumes nothing more after done.
  BodyStep take(std::string_view bytes);

  bool done() const { return state_ == State::Done; }

  // Lines "name: value\r\n", whole once done(); see parse_field_lines(). They are no headers.
  std::string_view trailers() const { return trailers_; }

 private:
  enum class State : std::uint8_t {
    SizeFirst,
    Size,
    Extension,
    SizeLineFeed,
    Data,
    DataCarriageReturn,
    DataLineFeed,
    TrailerLineStart,
    TrailerName,
    TrailerValue,
    TrailerLineFeed,
    LastLineFeed,
    Done,
  };

  ParseError on_framing_byte(char byte);
  ParseError on_size_byte(char byte);
  ParseError on_extension_byte(char byte);
  ParseError on_trailer_byte(char byte);
  ParseError on_trailer_line_byte(char byte);
  bool is_forbidden_trailer() const;

  // Longest name that is refused as a trailer is shorter than this.
  static constexpr std::size_t kNameSpace = 24;

  std::uint64_t remaining_ = 0;  // of the chunk's size line or data
  State state_ = State::SizeFirst;
  std::uint8_t size_digits_ = 0;
  std::uint16_t extension_bytes_ = 0;
  std::uint16_t trailer_bytes_ = 0;
  std::uint16_t name_length_ = 0;
  std::array<char, kNameSpace> name_{};
  std::string trailers_;
};

}  // namespace mex::http
