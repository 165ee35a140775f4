#pragma once

#include <optional>
#include <string_view>

#include "cluster/health/conditions.h"
#include "cluster/health/observation.h"
#include "cluster/records/records.h"
#include "cluster/records/views.h"

// Until when a cluster's certificates last, and whether those who should renew them do. Pure.
namespace mex::cluster {

// What is said of all certificates of a cluster together.
struct CertificateVerdict {
  Truth truth = Truth::Unknown;
  Reason reason;  // also where they are good: which ends first
  std::optional<base::WallTime> first_end;
};

// Codes of the reason; the worst of what is seen.
inline constexpr std::string_view kCertificatesInTime = "InTime";            // True
inline constexpr std::string_view kCertificatesNotRenewed = "NotRenewed";    // True: not at all
inline constexpr std::string_view kRenewalFails = "RenewalFails";            // True
inline constexpr std::string_view kRenewalOverdue = "RenewalOverdue";        // True
inline constexpr std::string_view kCertificateEnding = "CertificateEnding";  // False
inline constexpr std::string_view kCertificateEnded = "CertificateEnded";    // False

CertificateVerdict judge_certificates(const ClusterRecord& cluster, const Observation& observation,
                                      base::WallTime now);

}  // namespace mex::cluster
