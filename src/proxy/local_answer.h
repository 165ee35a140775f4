#pragma once

#include <string_view>

#include "proxy/route/route.h"
#include "server/exchange.h"

namespace mex::proxy {

class PassedHeaders;

// Answers a request of a route that leads to no origin: its redirect or its fixed answer. `path` is
// in normal form with its runs of '/' merged. Allocates nothing in steady state.
void answer_locally(server::Exchange& exchange, const route::Route& route, std::string_view path,
                    PassedHeaders& headers, route::CounterSlab& counters);

}  // namespace mex::proxy
