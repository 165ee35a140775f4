#pragma once

#include "cluster/health/server_sweep.h"

namespace mex::cluster {

// Someone to whom the list of servers matters. Thread-safe.
class ServerObserver {
 public:
  virtual ~ServerObserver() = default;

  // True if something went on because of it.
  virtual bool observe(const ServerSweep& sweep) = 0;
  // How soon the next list is of use.
  virtual SweepInterest interest() const = 0;
};

}  // namespace mex::cluster
