#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mex::base {

// In lower case and without a dot at its end: the form in which names are compared.
std::string normal_dns_name(std::string_view text);

// The most characters of one label, RFC 1035 section 2.3.4.
inline constexpr std::size_t kMaxDnsLabel = 63;

// A label of RFC 1123 section 2.1: lower-case letters, digits and inner hyphens.
bool is_dns_label(std::string_view text, std::size_t max_length = kMaxDnsLabel);

// Letters in lower case, digits and hyphens (RFC 1123 section 2.1), at most 63 to a label and 253
// to the name; the last label is no number, or it would be read as an address.
bool is_dns_name(std::string_view text);

}  // namespace mex::base
