#pragma once

#include <vector>

#include "cluster/health/server_sweep.h"

namespace mex::cluster {

// Someone to whom the list of servers matters. Thread-safe.
class ServerObserver {
 public:
  virtual ~ServerObserver() = default;

  // The servers that it knows of, so that those which a list lacks are looked for.
  virtual std::vector<ExpectedServer> expected_servers() const = 0;
  // True if something went on because of it.
  virtual bool observe(const ServerSweep& sweep) = 0;
  // Every observer has observed: what one of them sees may be what all of them see. Returns how
  // soon the next list is of use.
  virtual SweepInterest act_on_observations() = 0;
};

}  // namespace mex::cluster
