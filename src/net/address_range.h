#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "net/address.h"

namespace mex::net {

// Addresses with the same first `bits` bits.
struct AddressRange {
  Address first;
  unsigned bits = 0;

  // "10.0.0.0/8", "2001:db8::/32", or an address alone. InvalidArgument says what is wrong: also
  // bits behind the prefix that are not zero, which may be a slip in either part.
  static absl::StatusOr<AddressRange> parse(std::string_view text);

  bool contains(const Address& address) const;
  std::string to_string() const;
};

bool any_contains(const std::vector<AddressRange>& ranges, const Address& address);

}  // namespace mex::net
