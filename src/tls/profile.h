#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mex::tls {

// Which versions, ciphers and curves a server agrees to: what Mozilla recommends under these names
// (https://wiki.mozilla.org/Security/Server_Side_TLS), without the finite-field key exchange of
// `intermediate`, which every client that has it can do without.
enum class Profile : std::uint8_t {
  Intermediate,  // TLS 1.2 with ECDHE and AEAD ciphers, and 1.3
  Modern,        // TLS 1.3
};

// Nothing if it is neither "intermediate" nor "modern".
std::optional<Profile> parse_profile(std::string_view name);

}  // namespace mex::tls
