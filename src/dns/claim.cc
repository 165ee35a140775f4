#include "dns/claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mex::dns {
namespace {

constexpr std::string_view kMark = "mexosagent";
constexpr std::size_t kMaxAddresses = 4;

std::string_view take_until(std::string_view& text, char end) {
  const std::size_t length = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(std::min(length + 1, text.size()));
  return taken;
}

// The value of "name=value", which has to come next.
std::optional<std::string_view> take_field(std::string_view& text, std::string_view name) {
  std::string_view field = take_until(text, ' ');
  if (take_until(field, '=') != name || field.empty()) return std::nullopt;
  return field;
}

bool is_agent(std::string_view text) {
  return text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

bool is_address(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '.' || c == ':';
  });
}

}  // namespace

std::string claims_name(const std::string& name) { return "_mexosagent." + name; }

std::string encode(const Claim& claim) {
  std::string addresses;
  for (const std::string& address : claim.addresses) {
    addresses += (addresses.empty() ? "" : ",") + address;
  }
  return fmt::format("{} agent={} beat={} below={} addresses={}", kMark, claim.agent,
                     claim.heartbeat, claim.has_wildcard ? "yes" : "no", addresses);
}

std::optional<Claim> parse_claim(std::string_view text) {
  if (take_until(text, ' ') != kMark) return std::nullopt;
  const auto agent = take_field(text, "agent");
  const auto heartbeat = take_field(text, "beat");
  const auto below = take_field(text, "below");
  auto addresses = take_field(text, "addresses");
  if (!agent || !heartbeat || !below || !addresses || !text.empty()) return std::nullopt;
  Claim claim;
  const auto [end, error] =
      std::from_chars(heartbeat->data(), heartbeat->data() + heartbeat->size(), claim.heartbeat);
  const bool is_number = error == std::errc() && end == heartbeat->data() + heartbeat->size();
  if (!is_agent(*agent) || !is_number || (*below != "yes" && *below != "no")) return std::nullopt;
  claim.agent = *agent;
  claim.has_wildcard = *below == "yes";
  while (!addresses->empty()) {
    const std::string_view address = take_until(*addresses, ',');
    if (!is_address(address) || claim.addresses.size() == kMaxAddresses) return std::nullopt;
    claim.addresses.emplace_back(address);
  }
  return claim;
}

}  // namespace mex::dns
