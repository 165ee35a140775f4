#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mex::dns {

// What an agent says in DNS itself of the address records that are its own: a TXT record at
// "_mexosagent.<name>", one for each agent that is behind the name. What nobody claims belongs to
// somebody else and is left alone.
struct Claim {
  std::string agent;                   // letters, digits and hyphens
  std::vector<std::string> addresses;  // of the name
  bool has_wildcard = false;           // and of everything below it
  std::uint64_t heartbeat = 0;         // another number every few minutes while the agent lives

  bool operator==(const Claim&) const = default;
};

// Where the claims of a name lie.
std::string claims_name(const std::string& name);

// "mexosagent agent=a1b2c3d4 beat=17 below=no addresses=203.0.113.5,2001:db8::5"
std::string encode(const Claim& claim);
// Nothing if the text is no claim.
std::optional<Claim> parse_claim(std::string_view text);

}  // namespace mex::dns
