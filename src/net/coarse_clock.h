#pragma once

#include "base/clock.h"

namespace mex::net {

// CLOCK_MONOTONIC_COARSE and CLOCK_REALTIME_COARSE: no system call even where the precise clocks
// need one, exact to a kernel tick (about 4 ms). Same epochs as base::system_clock(). Valid as
// long as the process runs.
const base::Clock& coarse_clock();

}  // namespace mex::net
