#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mex::dns {

// How an agent marks in DNS itself which address records it owns: a TXT record at
// "_mexosagent.<name>", one for each agent that is behind the name. Records without a claim belong
// to other programs or people and are never changed.
struct Claim {
  std::string agent;                   // letters, digits and hyphens
  std::vector<std::string> addresses;  // of the name
  bool has_wildcard = false;           // and of everything below it
  std::uint64_t heartbeat = 0;         // changes every few minutes while the agent runs

  bool operator==(const Claim&) const = default;
};

// Where the claims of a name lie.
std::string claims_name(const std::string& name);

// "mexosagent agent=a1b2c3d4 beat=17 below=no addresses=203.0.113.5,2001:db8::5"
std::string encode(const Claim& claim);
// Nothing if the text is no claim.
std::optional<Claim> parse_claim(std::string_view text);

}  // namespace mex::dns
