#pragma once

#include <cstdint>
#include <string_view>

namespace mex::http {

// RFC 9110 section 9.3 and RFC 5789; every other token is Other and forwarded as text.
enum class Method : std::uint8_t {
  Get,
  Head,
  Post,
  Put,
  Delete,
  Connect,
  Options,
  Trace,
  Patch,
  Other
};

// Case-sensitive (RFC 9110 section 9.1).
Method recognise_method(std::string_view token);

// "GET"; empty for Other.
std::string_view name_of(Method method);

// Sending it twice has the effect of sending it once (RFC 9110 section 9.2.2). False for Other.
bool is_idempotent(Method method);

}  // namespace mex::http
