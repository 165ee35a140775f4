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

// Labels with dots between them, at most 253 characters: what Kubernetes calls a DNS subdomain, and
// what stands before the slash of a label's key.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
bool is_dns_subdomain(std::string_view text);

// The same of a host: the last label is no number, or it would be read as an address.
bool is_dns_name(std::string_view text);

}  // namespace mex::base
