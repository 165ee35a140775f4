#pragma once

#include <string_view>

namespace mex::api::transcoding {

// Whether `text` is well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates.
// Strings of proto3 must be.
bool is_utf8(std::string_view text);

}  // namespace mex::api::transcoding
