#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cluster/engine/cluster_credentials.h"
#include "cluster/health/observation.h"
#include "cluster/records/records.h"
#include "kubernetes/renewal/certificate_report.h"

namespace mex::cluster {

// What is known of the certificates of one cluster besides what its nodes tell: those that the
// agent has itself, and what the masters show in a TLS handshake. Not thread-safe.
class ClusterCertificates {
 public:
  // `clock` outlives this object.
  explicit ClusterCertificates(const base::Clock& clock) : clock_(clock) {}

  // The masters whose certificates are to be read now; empty most of the time.
  std::vector<std::string> take_due(const ClusterRecord& cluster);
  // What was read of those. What ends soon is soon read again.
  void keep(const ClusterRecord& cluster,
            const std::map<std::string, kubernetes::CertificateLife>& served);

  std::vector<KnownCertificate> known(const ClusterCredentials& credentials) const;

 private:
  const base::Clock& clock_;
  std::optional<base::SteadyTime> next_look_;
  bool is_asked_ = false;                                      // and not read yet
  std::map<std::string, kubernetes::CertificateLife> served_;  // by slot
};

}  // namespace mex::cluster
