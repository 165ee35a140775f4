#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/secret.h"

namespace mex::base {

// What a secret is made of.
enum class SecretKind : std::uint8_t {
  Token,     // one word of visible ASCII, as a header carries it
  Base64,    // bytes in base64 or base64url, with or without padding
  Password,  // any text of one line; blanks may be part of it
};

// The secret in `text`, which was read from `where`: a flag with its file, or a variable. What
// editors, shells and clipboards leave at the ends of a text goes: white space, ends of lines, byte
// order marks (of a password: ends of lines and byte order marks). Anything else that cannot be a
// secret of this kind is refused with InvalidArgument, which names `where` and says what the text
// looks like. No part of the text is in the message.
absl::StatusOr<Secret> parse_secret(std::string_view text, SecretKind kind, std::string_view where);

// The same of a file of at most 16 KiB. `flag` is what named it.
absl::StatusOr<Secret> read_secret_file(const std::string& path, SecretKind kind,
                                        std::string_view flag);

// `text` without the white space, ends of lines and byte order marks at its ends.
std::string_view without_blank_ends(std::string_view text);
// `text` without ends of lines and byte order marks at its ends.
std::string_view without_line_ends(std::string_view text);

// Whether it is the whole of some bytes in base64 or base64url (RFC 4648), padded or not.
bool is_base64(std::string_view text);

}  // namespace mex::base
