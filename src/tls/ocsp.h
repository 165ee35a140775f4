#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "tls/certificate.h"

namespace mex::tls {

enum class OcspStatus : std::uint8_t { Good, Revoked, Unknown };
std::string_view to_string(OcspStatus status);  // "good"

// What a certificate's authority has signed about it (RFC 6960), found to be right.
struct OcspAnswer {
  std::string der;  // to be stapled as it is
  OcspStatus status = OcspStatus::Unknown;
  base::WallTime this_update{};
  base::WallTime next_update{};  // until when it may be shown
};

// Where the certificate says that it can be asked about; empty if nowhere, or if its chain does not
// hold its issuer, without which no answer could be checked.
std::string ocsp_responder(const Certificate& certificate);
// Clients refuse the certificate without a stapled answer (RFC 7633).
bool must_staple(const Certificate& certificate);

// To be posted to its responder. It must have one.
std::string ocsp_request(const Certificate& certificate);

// InvalidArgument says what is wrong with `der`: an error of the responder, not signed by the
// issuer or whom it has named for that, about another certificate, out of its time at `now`.
absl::StatusOr<OcspAnswer> check_ocsp_answer(const Certificate& certificate, std::string_view der,
                                             base::WallTime now);

}  // namespace mex::tls
