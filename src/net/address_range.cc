#include "net/address_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>
#include <system_error>

#include "base/json_text.h"
#include "base/status.h"

namespace mex::net {
namespace {

std::span<const std::uint8_t> bytes_of(const Address& address) {
  if (address.family() == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.data());
    return {reinterpret_cast<const std::uint8_t*>(&v4->sin_addr), sizeof v4->sin_addr};
  }
  if (address.family() == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.data());
    return {reinterpret_cast<const std::uint8_t*>(&v6->sin6_addr), sizeof v6->sin6_addr};
  }
  return {};
}

bool is_zero_from(std::span<const std::uint8_t> bytes, unsigned bit) {
  for (unsigned i = bit; i < bytes.size() * 8; ++i) {
    if ((bytes[i / 8] >> (7 - i % 8) & 1U) != 0) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<AddressRange> AddressRange::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto first = Address::parse_ip(text.substr(0, slash), 0);
  if (!first.ok()) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "{} is no address and no range of addresses like 10.0.0.0/8",
                       base::quoted(text));
  }
  const auto bytes = bytes_of(*first);
  AddressRange range{*first, static_cast<unsigned>(bytes.size() * 8)};
  if (slash == std::string_view::npos) return range;
  unsigned bits = 0;
  const std::string_view number = text.substr(slash + 1);
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, bits);
  if (error != std::errc() || stop != end || bits > range.bits) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "{}: behind the slash must be a number from 0 to {}", base::quoted(text),
                       range.bits);
  }
  if (!is_zero_from(bytes, bits)) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "{}: the address has bits behind the first {}", base::quoted(text), bits);
  }
  range.bits = bits;
  return range;
}

std::string AddressRange::to_string() const { return fmt::format("{}/{}", first.ip_text(), bits); }

bool any_contains(const std::vector<AddressRange>& ranges, const Address& address) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const AddressRange& range) { return range.contains(address); });
}

bool AddressRange::contains(const Address& address) const {
  const auto ours = bytes_of(first);
  const auto theirs = bytes_of(address);
  if (first.family() != address.family() || ours.empty() || bits > ours.size() * 8) return false;
  const std::size_t whole = bits / 8;
  if (!std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(whole),
                  theirs.begin())) {
    return false;
  }
  const unsigned left = bits % 8;
  return left == 0 || ((ours[whole] ^ theirs[whole]) >> (8 - left)) == 0;
}

}  // namespace mex::net
