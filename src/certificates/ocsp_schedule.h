#pragma once

#include "base/clock.h"
#include "tls/ocsp.h"

namespace mex::certificates {

// When an authority is asked again about a certificate. Pure. `chance` is from 0 to 1 and spreads
// what many agents, or many certificates of one, would ask at once.

// After a good answer: when half of what is left of its time is over, up to a tenth earlier.
base::WallTime next_ocsp_fetch(const tls::OcspAnswer& answer, base::WallTime now, double chance);

// After the given number of failures in a row: 1 min, doubled up to 1 h, and up to half of it more.
base::WallTime next_ocsp_attempt(int failures, base::WallTime now, double chance);

}  // namespace mex::certificates
