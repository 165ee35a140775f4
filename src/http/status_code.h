#pragma once

#include <string_view>

namespace mex::http {

// Reason phrase of the IANA registry ("Not Found"); for codes without one, that of their class.
// `status` is 100 to 599.
std::string_view reason_of(int status);

// 1xx, 204 and 304 never carry a body (RFC 9110 section 6.4.1).
bool status_forbids_body(int status);

}  // namespace mex::http
