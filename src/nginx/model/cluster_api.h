#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/secret.h"
#include "nginx/model/instance.h"

namespace mex::nginx {

// How nginx calls the API of a cluster.
struct ClusterApi {
  std::vector<Origin> masters;
  std::string server_name;  // in the masters' certificates, and the Host of requests
  std::string authority;    // PEM: of the masters' certificates
  std::string certificate;  // PEM: the identity that calls
  base::Secret key;         // PEM

  bool operator==(const ClusterApi&) const;
};

// OK if `api` has a server name and masters with a host and a port each. Internal otherwise: the
// agent itself fills it in.
absl::Status check(const ClusterApi& api);

}  // namespace mex::nginx
