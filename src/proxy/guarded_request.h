#pragma once

#include <string_view>

#include "base/clock.h"
#include "net/address.h"
#include "proxy/guard/guards.h"
#include "server/exchange.h"

namespace mex::proxy {

// Asks a request what its route asks. Returns the word for the guard that has refused and answered
// it, or nothing. `client` is whose request it is; `ticket` is the request's while it is under way.
// Allocates nothing in steady state.
std::string_view pass_guards(server::Exchange& exchange, const guard::Guards& guards,
                             const net::Address& client, base::SteadyTime now,
                             guard::Guards::Ticket& ticket);

}  // namespace mex::proxy
