#pragma once

#include "absl/status/statusor.h"
#include "base/secret.h"
#include "kubernetes/pki.h"

namespace mex::kubernetes {

// All of a cluster's keys and certificates as one text (JSON with a format number), for
// storage: it holds private keys in the clear and must be sealed before it is stored.
base::Secret pki_to_record(const ClusterPki& pki);

// DataLoss, naming the member but never its value, if the text is not what pki_to_record made.
absl::StatusOr<ClusterPki> pki_from_record(const base::Secret& record);

}  // namespace mex::kubernetes
