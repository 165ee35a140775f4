#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mex::kubernetes {

// The printable ASCII in the first `most` bytes of what a node says; what a terminal or a log would
// take for something else is left out.
inline std::string printable(std::string_view text, std::size_t most) {
  std::string line;
  for (const char c : text.substr(0, most)) {
    if (c >= 0x20 && c < 0x7f) line += c;
  }
  return line;
}

}  // namespace mex::kubernetes
