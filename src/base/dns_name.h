#pragma once

#include <string>
#include <string_view>

namespace mex::base {

// In lower case and without a dot at its end: the form in which names are compared.
std::string normal_dns_name(std::string_view text);

// Letters in lower case, digits and hyphens (RFC 1123 section 2.1), at most 63 to a label and 253
// to the name; the last label is no number, or it would be read as an address.
bool is_dns_name(std::string_view text);

}  // namespace mex::base
