#pragma once

#include <cstdint>
#include <string_view>

namespace mex::http {

// RFC 9110 section 9.3 and RFC 5789; every other one is Other and forwarded as text.
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

// Whether a byte may stand in a method: upper-case letters and '-'. The RFC allows every token, but
// all registered methods are of this form (section 16.1.1), and a request that starts with "abcGET"
// or "0" is the rest of a body whose end a peer got wrong.
constexpr bool is_method_byte(char character) {
  return (character >= 'A' && character <= 'Z') || character == '-';
}

// Case-sensitive (RFC 9110 section 9.1).
Method recognise_method(std::string_view token);

// "GET"; empty for Other.
std::string_view to_string(Method method);

// Sending it twice has the effect of sending it once (RFC 9110 section 9.2.2). False for Other.
bool is_idempotent(Method method);

}  // namespace mex::http
