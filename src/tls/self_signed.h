#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "tls/certificate.h"

namespace mex::tls {

struct SelfSignedRequest {
  std::string common_name;         // at most 64 bytes
  std::vector<std::string> names;  // DNS names and addresses it is for; at least one
  base::WallTime begin;
  base::WallTime end;
};

// A certificate that no client trusts, with a new key (ECDSA P-256): what is answered with while
// there is none that clients trust. It cannot sign others. InvalidArgument names what cannot be in
// a certificate.
absl::StatusOr<Certificate> make_self_signed(const SelfSignedRequest& request);

}  // namespace mex::tls
