#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/secret.h"
#include "kubernetes/bootstrap_token.h"
#include "kubernetes/pki.h"

namespace mex::cluster {

// The keys and the join token of a cluster: made once, with the request, and stored sealed.
// Everything that a node receives before it boots follows from these and the specification.
struct ClusterSecrets {
  kubernetes::ClusterPki pki;
  kubernetes::BootstrapToken token;
};

// `cluster_name` goes into the certificates, for people.
absl::StatusOr<ClusterSecrets> make_cluster_secrets(std::string_view cluster_name,
                                                    base::WallTime now);

// As one text, to be sealed before it is stored.
base::Secret to_record(const ClusterSecrets& secrets);
// DataLoss, naming the member but never its value, if the text is not what to_record made.
absl::StatusOr<ClusterSecrets> parse_cluster_secrets(const base::Secret& record);

}  // namespace mex::cluster
