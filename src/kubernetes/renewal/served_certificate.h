#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/call_limits.h"
#include "kubernetes/renewal/certificate_report.h"

namespace mex::kubernetes {

// The certificate that the API server at that IPv4 address shows in a TLS handshake, as it is: one
// that has ended is read as well. Blocks. Its name is "apiserver".
//   Unavailable         no TLS server answers there
//   DeadlineExceeded, Cancelled
//   FailedPrecondition  it is not signed by the cluster's authority: the server is another's
absl::StatusOr<CertificateLife> served_certificate(const std::string& address, std::uint16_t port,
                                                   std::string_view ca_certificate_pem,
                                                   const base::CallLimits& limits);

}  // namespace mex::kubernetes
