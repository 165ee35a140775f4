#pragma once

#include <netinet/in.h>

#include <array>
#include <string_view>
#include <vector>

#include "http/header_list.h"
#include "net/address.h"
#include "net/address_range.h"
#include "server/exchange.h"

namespace mex::proxy {

using AddressSpace = std::array<char, INET6_ADDRSTRLEN>;

struct ProxyContext;

// Whose request it is: the connection's peer or, if that is trusted, the last address of
// X-Forwarded-For that is none of a trusted peer. What is no address, and all before it, is not
// believed: then it is the last one that was.
net::Address client_address(const server::Exchange& exchange, const ProxyContext& context);
net::Address client_address(const net::Address& peer, const http::HeaderList& headers,
                            const std::vector<net::AddressRange>& trusted);

// The address without port, as the forwarding headers tell it; the view points into `space`.
std::string_view ip_text(const net::Address& address, AddressSpace& space);

}  // namespace mex::proxy
