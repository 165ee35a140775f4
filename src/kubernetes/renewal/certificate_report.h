#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace mex::kubernetes {

// From when until when a certificate is good. What kubeadm signs begins with its authority,
// whenever it is signed, so `begin` is when that was, where that is known.
struct CertificateLife {
  std::string name;  // "apiserver", "etcd/server", "kubelet-client", …
  base::WallTime begin{};
  base::WallTime end{};  // the epoch: its file could not be read

  bool operator==(const CertificateLife&) const = default;
};

// What a node says of its certificates, in annotations of its object (node/certificates.sh). The
// tenant's administrators can write them: a hint for people, never a reason to remove anything.
struct CertificateReport {
  std::vector<CertificateLife> lives;  // empty: the node says nothing
  std::string problem;  // why its last run did not renew what was due; one line, or empty
};

inline constexpr std::string_view kCertificatesAnnotation = "mexosagent/certificates";
inline constexpr std::string_view kCertificatesProblemAnnotation =
    "mexosagent/certificates-problem";

CertificateReport certificate_report(const std::map<std::string, std::string>& annotations);

// "NAME=BEGIN-END …", in seconds since 1970; END is missing where a file could not be read. What is
// not of this form is passed over.
std::vector<CertificateLife> parse_certificate_lives(std::string_view text);
std::string to_string(const std::vector<CertificateLife>& lives);

}  // namespace mex::kubernetes
