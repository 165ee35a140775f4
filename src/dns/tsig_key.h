#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/secret.h"

namespace mex::dns {

// A key that signs updates and questions (RFC 8945).
struct TsigKey {
  std::string name;       // lower case, no dot at its end
  std::string algorithm;  // "hmac-sha256"
  base::Secret secret;    // in base64
};

// The first key in `text`, as a file has it that tsig-keygen, ddns-confgen or named writes (a key
// statement of named.conf), keymgr (Knot's YAML), or dnssec-keygen up to BIND 9.12 (the .private
// file, whose name then has the key's). `where` is what messages begin with: the flag and the file.
// InvalidArgument says what the text looks like where there is no whole key in it, never what is in
// it.
absl::StatusOr<TsigKey> parse_tsig_key(std::string_view text, std::string_view file,
                                       std::string_view where);

// As dig reads it from a file.
base::Secret key_statement(const TsigKey& key);
// As nsupdate reads it from its input: it signs with this key or not at all.
base::Secret key_command(const TsigKey& key);

}  // namespace mex::dns
