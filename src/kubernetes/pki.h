#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/secret.h"
#include "kubernetes/renewal/certificate_report.h"

// The keys and certificates of one cluster: ECDSA P-256 (but for one key), made before any machine
// exists, so that no node has to ask another for anything. Pure: the caller says what time it is.
// Thread-safe.
namespace mex::kubernetes {

// A certificate and the key that belongs to it. Keys are SEC1 PEM ("EC PRIVATE KEY"), which every
// version of kubeadm reads.
struct Identity {
  std::string certificate_pem;
  base::Secret key_pem;
};

struct KeyPair {
  std::string public_key_pem;  // SubjectPublicKeyInfo ("PUBLIC KEY")
  base::Secret key_pem;        // PKCS#1 PEM ("RSA PRIVATE KEY")
};

struct ClusterPki {
  Identity cluster_ca;      // CN=kubernetes: API server, kubelets, clients
  Identity front_proxy_ca;  // CN=front-proxy-ca: the API server towards extension API servers
  Identity etcd_ca;         // CN=etcd-ca
  KeyPair service_account;  // signs the tokens of pods; RSA, as kubeadm wants it on further masters
  Identity admin;           // O=system:masters, CN=kubernetes-admin: for the tenant's kubeconfig
  Identity agent;           // O=system:masters, CN=mexosagent: our own calls
};

inline constexpr std::chrono::days kAuthorityValidity{3650};
inline constexpr std::chrono::days kClientValidity{365};
// Certificates are valid from a day before `now`: the clocks of machines that have just booted may
// be behind, and so may this one's the next time it is set; kubeadm's on the nodes begin with their
// authority.
inline constexpr std::chrono::hours kClockTolerance{24};

// `cluster_name` becomes the O of the CAs, so that a person can tell those of two clusters apart:
// 1 to 64 bytes of UTF-8 without control characters, else InvalidArgument.
absl::StatusOr<ClusterPki> make_cluster_pki(std::string_view cluster_name, base::WallTime now);

// Who a client is to Kubernetes: the user's name and its groups.
struct ClientName {
  std::string user;                      // CN
  std::vector<std::string> groups = {};  // O
};

// A client certificate signed by `authority`; it never outlives it.
//   InvalidArgument     a name that cannot be in a certificate, a validity that is not positive
//   FailedPrecondition  the authority is not a CA, its key is another's, or its time is over
absl::StatusOr<Identity> issue_client(const Identity& authority, const ClientName& name,
                                      base::WallTime now,
                                      std::chrono::seconds validity = kClientValidity);

// "sha256:" + hex of the SHA-256 of the certificate's SubjectPublicKeyInfo: what kubeadm pins with
// discovery.bootstrapToken.caCertHashes. InvalidArgument: not a certificate in PEM.
absl::StatusOr<std::string> ca_certificate_hash(std::string_view certificate_pem);

// From when until when the certificate is good. InvalidArgument as above.
absl::StatusOr<CertificateLife> certificate_life(std::string name,
                                                 std::string_view certificate_pem);

}  // namespace mex::kubernetes
