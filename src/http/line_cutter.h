#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/parse_error.h"

namespace mex::http {

// One step of LineCutter.
struct CutLine {
  enum class State : std::uint8_t { NeedMore, Line, TooLong, Rejected };
  State state = State::NeedMore;
  ParseError error = ParseError::None;  // Rejected
  std::size_t offset = 0;               // where `text` starts; Rejected: where the fault is
  std::string_view text;                // without CRLF
};

// Cuts a growing range of bytes into lines that end with CRLF; LF alone is refused (RFC 9112
// section 2.2 allows to accept it, and by that lets two parsers see different lines). Looks at
// each byte once.
class LineCutter {
 public:
  // `bytes`: everything since the start, as in the call before plus more. A line that has not ended
  // within the first `limit` bytes is TooLong.
  CutLine next(std::string_view bytes, std::size_t limit);

  // Where the next line starts.
  std::size_t position() const { return line_start_; }

  // Back to the start of the bytes, to cut the same lines once more.
  void rewind() { line_start_ = searched_ = 0; }

 private:
  std::size_t line_start_ = 0;
  std::size_t searched_ = 0;  // there is no LF from line_start_ up to here
};

}  // namespace mex::http
