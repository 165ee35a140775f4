#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/address.h"

namespace mex::proxy {

// Where the servers of a name are; they are equivalent. Without any, clients that ask for the name
// are reset.
using PassthroughServers = std::vector<net::Address>;

// Names whose TLS ends at a server behind the proxy: in lower case, without a dot at the end.
using PassthroughTable = std::map<std::string, PassthroughServers, std::less<>>;
using PassthroughTablePtr = std::shared_ptr<const PassthroughTable>;

}  // namespace mex::proxy
