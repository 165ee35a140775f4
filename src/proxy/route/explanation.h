#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "proxy/route/request.h"
#include "proxy/route/route_table.h"

namespace mex::proxy::route {

// A route that covers a request's host and path and does not serve it.
struct PassedOver {
  const Route* route = nullptr;  // valid as long as the table
  std::string reason;            // "the method is not POST"
};

struct Explanation {
  Match match;
  std::vector<PassedOver> passed_over;  // the most specific first
  bool is_complete = true;              // there are no more of them
};

// Which route serves the request, as RouteTable::match, and why those do not that it is compared
// with. For people: it allocates.
Explanation explain(const RouteTable& table, const RoutedRequest& request, std::size_t max_routes);

}  // namespace mex::proxy::route
