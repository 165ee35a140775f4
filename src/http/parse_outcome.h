#pragma once

#include <cstddef>
#include <cstdint>

#include "http/parse_error.h"

namespace mex::http {

// What a head parser says after each feed().
struct ParseOutcome {
  enum class State : std::uint8_t { NeedMore, Complete, Rejected };
  State state = State::NeedMore;
  ParseError error = ParseError::None;  // Rejected: why
  std::size_t error_offset = 0;         // Rejected: where in the bytes given
  std::size_t head_length = 0;          // Complete: the body starts at this offset
};

}  // namespace mex::http
