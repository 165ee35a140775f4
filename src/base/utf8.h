#pragma once

#include <cstddef>
#include <string_view>

namespace mex::base {

// Length of the well-formed UTF-8 sequence at the front of `text`, 0 if there is none (Unicode 15,
// table 3-7): no overlong forms, no surrogates. `text` must not be empty.
std::size_t utf8_sequence_length(std::string_view text);

// Whether all of `text` is well-formed UTF-8.
bool is_utf8(std::string_view text);

}  // namespace mex::base
