#pragma once

#include "net/address.h"

namespace mex::net {

// Addresses with the same first `bits` bits.
struct AddressRange {
  Address first;
  unsigned bits = 0;

  bool contains(const Address& address) const;
};

}  // namespace mex::net
