#pragma once

#include <cstdint>
#include <memory>

#include "proxy/route/route_table.h"

namespace mex::proxy::route {

// All routes at one moment. Immutable: a shard serves requests from the one it was handed last,
// and a change of the routes is a new one.
struct Snapshot {
  std::uint64_t generation = 0;  // grows by one with every change
  RouteTable routes;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace mex::proxy::route
