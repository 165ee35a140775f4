#pragma once

#include <netinet/in.h>

#include <array>
#include <string_view>

#include "net/address.h"

namespace mex::proxy {

using AddressSpace = std::array<char, INET6_ADDRSTRLEN>;

// The address without port, as the forwarding headers tell it; the view points into `space`.
std::string_view ip_text(const net::Address& address, AddressSpace& space);

}  // namespace mex::proxy
