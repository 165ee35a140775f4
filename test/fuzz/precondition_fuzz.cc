// If-Match and If-None-Match as callers send them. Promises: what is taken is "*", or etags without
// anything that would make another list of them.
//
// Input: the field's value.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/transcoding/precondition.h"
#include "oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto precondition = mex::api::transcoding::parse_precondition(text, text);
  if (!precondition.ok()) return 0;
  const std::string_view etags = precondition->etags;
  require(etags.empty() == text.empty(), "a field with a value asks for something");
  require(etags == "*" || etags.find('*') == std::string_view::npos, "no etag stands for any");
  require(!etags.starts_with(',') && !etags.ends_with(','), "no etag is empty");
  return 0;
}
