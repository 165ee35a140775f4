#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/address.h"

namespace mex::proxy {

// Names whose TLS ends at a server behind the proxy, and where those servers are. The name is in
// lower case, without a dot at the end; the addresses are equivalent, and none is an empty list.
using PassthroughTable = std::map<std::string, std::vector<net::Address>, std::less<>>;
using PassthroughTablePtr = std::shared_ptr<const PassthroughTable>;

}  // namespace mex::proxy
