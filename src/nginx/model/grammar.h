#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "nginx/model/instance.h"

// Which words may go into a configuration of nginx. Everything accepted here is one word to nginx's
// own parser (no space, quote, ';', '{', '}', '$', '#' or '\'), so no value can become a directive.
// Pure.
namespace mex::nginx {

// Names of instances and of container networks: letters, digits, '.', '_', '-', the first a letter
// or a digit, at most 63.
bool is_name(std::string_view text);

// What a normalised URI can begin with: "/", "/hello", "/a/b/". No escapes, no dot segments.
bool is_path(std::string_view text);

// A DNS name (base/dns_name.h; labels may have '_' as well) in lower case, or "*." and one.
bool is_server_name(std::string_view text);

// "10.0.0.0/8", "fd00::/8", or an address alone.
bool is_address_block(std::string_view text);

bool is_user_name(std::string_view text);
// Of crypt(3) since MD5 ("$2b$…"), or Apache's "{SHA}…" and "{SSHA}…".
bool is_password_hash(std::string_view text);

// 1 to 65535, digits only.
std::optional<std::uint16_t> parse_port_number(std::string_view text);

// "10.1.2.3:80", "[fd00::7]:80", "name:80"; without a port, `default_port` if that is not 0.
// InvalidArgument says what is accepted. "localhost" is 127.0.0.1; names become lower case.
absl::StatusOr<Origin> parse_origin(std::string_view text, std::uint16_t default_port);

// A host of an Origin: an IP address, or a DNS name in lower case.
bool is_host(std::string_view text);
bool is_ip_address(std::string_view text);

}  // namespace mex::nginx
