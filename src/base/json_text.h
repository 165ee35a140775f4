#pragma once

#include <string>
#include <string_view>

namespace mex::base {

// Appends `value` to `out` as a JSON string with its quotes (RFC 8259 section 7). Bytes that are
// not valid UTF-8 become U+FFFD, so the result is always valid JSON.
void append_json_string(std::string& out, std::string_view value);

// The same as a separate value: how text of unknown bytes is shown in messages. (Not with fmt's
// "{:?}", which ends the process on some malformed UTF-8: fmt 9.1 as libspdlog has it.)
std::string quoted(std::string_view value);

}  // namespace mex::base
