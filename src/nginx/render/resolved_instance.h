#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "nginx/model/cluster_api.h"
#include "nginx/model/instance.h"
#include "nginx/model/user.h"

namespace mex::nginx {

// The certificate that instances show, PEM.
struct CertificatePair {
  std::string certificate;
  base::Secret key;

  bool operator==(const CertificatePair& other) const {
    return certificate == other.certificate &&
           base::constant_time_equal(key.reveal(), other.key.reveal());
  }
};

// An origin with what its name resolves to and what health checks say of it.
struct ResolvedOrigin {
  Origin origin;
  // Empty: nginx resolves the name, with the name server of a container network.
  std::vector<std::string> addresses = {};
  std::vector<std::string> down = {};  // those of hosts() that nginx is to leave out
  // Why it has not the addresses that it should have; empty: it has.
  std::string problem = {};
  bool is_nowhere = false;  // and there is none to be used

  // `addresses`, or the origin's host where there are none; nothing if it is nowhere.
  std::vector<std::string> hosts() const;

  bool operator==(const ResolvedOrigin&) const = default;
};

using ResolvedOrigins = std::vector<ResolvedOrigin>;

// What is rendered: an instance together with everything that changes without a request of the
// operator. It is made anew for each look at the instance and never stored, so neither an address
// nor a key outlives its source.
struct ResolvedInstance {
  Instance desired;
  // Of the desired port with that index; those of a cluster's proxy are the cluster's masters.
  std::vector<ResolvedOrigins> origins;
  ClusterApi api;                              // where desired.leads_to_cluster()
  std::vector<User> users;                     // Kind::KubernetesProxy
  std::optional<CertificatePair> certificate;  // where needs_certificate(desired)

  bool operator==(const ResolvedInstance&) const = default;
};

// True if TLS ends at one of its ports.
bool needs_certificate(const Instance& instance);

}  // namespace mex::nginx
