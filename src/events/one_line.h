#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mex::events {

// `text`, whatever bytes it has, as one line of well-formed UTF-8 of at most `most` bytes: control
// characters become spaces, malformed bytes U+FFFD, and what is too long ends with "…".
std::string one_line(std::string_view text, std::size_t most);

}  // namespace mex::events
