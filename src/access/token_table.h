#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/secret.h"

namespace mex::access {

// SHA-256 of a token: what is kept of it.
using TokenDigest = std::array<unsigned char, 32>;
TokenDigest digest_of(std::string_view token);

struct NamedToken {
  std::string name;
  TokenDigest digest{};
  std::optional<base::WallTime> until{};  // nothing: for ever
};

// The tokens that callers may show. A plain value.
class TokenTable {
 public:
  void add(NamedToken token) { tokens_.push_back(std::move(token)); }
  bool has(std::string_view name) const;
  // The token that was shown, or null. Takes as long for every text of a length, whether or not a
  // part of it is right, and compares digests: neither a token nor how much of one was right can be
  // found by asking.
  const NamedToken* find(std::string_view token) const;

 private:
  std::vector<NamedToken> tokens_;
};

// Adds the tokens of a text with one a line to `table`:
//
//   # comment
//   NAME sha256:HEX
//   NAME sha256:HEX until 2027-01-31T00:00:00Z
//
// Names have letters, digits, '.', '_' and '-', 64 at most, and each comes once. A line that is
// wrong is passed over, and the first one named in the answer with what is wrong with it, after
// `where`: InvalidArgument. What stands in a line is never in it.
absl::Status add_tokens(std::string_view text, std::string_view where, TokenTable& table);

}  // namespace mex::access
