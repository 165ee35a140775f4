#include "kubernetes/pki.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/status.h"
#include "kubernetes/certificate_maker.h"

namespace mex::kubernetes {
namespace {

constexpr const char* kMastersGroup = "system:masters";

absl::StatusOr<Identity> identity_of(X509* certificate, EVP_PKEY* key) {
  Identity identity;
  MEX_ASSIGN_OR_RETURN(identity.certificate_pem, certificate_pem(certificate));
  MEX_ASSIGN_OR_RETURN(identity.key_pem, private_key_pem(key));
  return identity;
}

absl::StatusOr<Identity> make_authority(std::string common_name, std::string_view cluster_name,
                                        base::WallTime now) {
  MEX_ASSIGN_OR_RETURN(const base::PrivateKeyPtr key, make_private_key());
  const CertificateRequest request{
      .subject = {.user = std::move(common_name), .groups = {std::string(cluster_name)}},
      .begin = now - kClockTolerance,
      .end = now + kAuthorityValidity,
      .is_authority = true};
  MEX_ASSIGN_OR_RETURN(const base::X509Ptr certificate,
                       make_certificate(request, key.get(), nullptr, key.get()));
  return identity_of(certificate.get(), key.get());
}

// kubeadm join of a further master (1.20) refuses a key that is "not in RSA format", though the API
// server takes both.
absl::StatusOr<KeyPair> make_service_account() {
  MEX_ASSIGN_OR_RETURN(const base::PrivateKeyPtr key, make_rsa_private_key());
  KeyPair pair;
  MEX_ASSIGN_OR_RETURN(pair.public_key_pem, public_key_pem(key.get()));
  MEX_ASSIGN_OR_RETURN(pair.key_pem, private_key_pem(key.get()));
  return pair;
}

absl::StatusOr<base::WallTime> end_of(const X509* certificate) {
  const auto end = base::wall_time(X509_get0_notAfter(certificate));
  if (!end) return openssl_error("reading the end of a certificate");
  return *end;
}

absl::Status check_authority(X509* certificate, EVP_PKEY* key) {
  const auto refuse = [](const char* why) {
    return base::error(absl::StatusCode::kFailedPrecondition, "the certificate authority {}", why);
  };
  if (X509_check_ca(certificate) != 1) return refuse("is not one: CA:TRUE is missing");
  if (X509_check_private_key(certificate, key) != 1) {
    ERR_clear_error();
    return refuse("has a key that is not its own");
  }
  return absl::OkStatus();
}

absl::Status check_client(const ClientName& name, std::chrono::seconds validity) {
  MEX_RETURN_IF_ERROR(check_name_part("user", name.user));
  for (const std::string& group : name.groups) {
    MEX_RETURN_IF_ERROR(check_name_part("group", group));
  }
  if (validity <= std::chrono::seconds::zero()) {
    return absl::InvalidArgumentError("the validity of a certificate must be more than 0 s");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ClusterPki> make_cluster_pki(std::string_view cluster_name, base::WallTime now) {
  MEX_RETURN_IF_ERROR(check_name_part("cluster name", cluster_name));
  ClusterPki pki;
  // The common names are kubeadm's own, so that its checks and people find what they know.
  MEX_ASSIGN_OR_RETURN(pki.cluster_ca, make_authority("kubernetes", cluster_name, now));
  MEX_ASSIGN_OR_RETURN(pki.front_proxy_ca, make_authority("front-proxy-ca", cluster_name, now));
  MEX_ASSIGN_OR_RETURN(pki.etcd_ca, make_authority("etcd-ca", cluster_name, now));
  MEX_ASSIGN_OR_RETURN(pki.service_account, make_service_account());
  MEX_ASSIGN_OR_RETURN(
      pki.admin,
      issue_client(pki.cluster_ca, {.user = "kubernetes-admin", .groups = {kMastersGroup}}, now));
  MEX_ASSIGN_OR_RETURN(
      pki.agent,
      issue_client(pki.cluster_ca, {.user = "mexosagent", .groups = {kMastersGroup}}, now));
  return pki;
}

absl::StatusOr<Identity> issue_client(const Identity& authority, const ClientName& name,
                                      base::WallTime now, std::chrono::seconds validity) {
  MEX_RETURN_IF_ERROR(check_client(name, validity));
  MEX_ASSIGN_OR_RETURN(const base::X509Ptr issuer, parse_certificate(authority.certificate_pem));
  MEX_ASSIGN_OR_RETURN(const base::PrivateKeyPtr issuer_key, parse_private_key(authority.key_pem));
  MEX_RETURN_IF_ERROR(check_authority(issuer.get(), issuer_key.get()));
  MEX_ASSIGN_OR_RETURN(const base::WallTime authority_end, end_of(issuer.get()));
  if (authority_end <= now) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the certificate authority ended on {}",
                       base::format_rfc3339(authority_end));
  }
  MEX_ASSIGN_OR_RETURN(const base::PrivateKeyPtr key, make_private_key());
  const CertificateRequest request{.subject = name,
                                   .begin = now - kClockTolerance,
                                   .end = std::min<base::WallTime>(now + validity, authority_end)};
  MEX_ASSIGN_OR_RETURN(const base::X509Ptr certificate,
                       make_certificate(request, key.get(), issuer.get(), issuer_key.get()));
  return identity_of(certificate.get(), key.get());
}

absl::StatusOr<std::string> ca_certificate_hash(std::string_view certificate_pem) {
  MEX_ASSIGN_OR_RETURN(const base::X509Ptr certificate, parse_certificate(certificate_pem));
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der);
  if (length <= 0) return openssl_error("reading a public key");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned digest_length = 0;
  const int done = EVP_Digest(der, static_cast<std::size_t>(length), digest.data(), &digest_length,
                              EVP_sha256(), nullptr);
  OPENSSL_free(der);
  if (done != 1) return openssl_error("hashing a public key");
  std::string hash = "sha256:";
  for (unsigned i = 0; i < digest_length; ++i) hash += fmt::format("{:02x}", digest[i]);
  return hash;
}

absl::StatusOr<CertificateLife> certificate_life(std::string name,
                                                 std::string_view certificate_pem) {
  MEX_ASSIGN_OR_RETURN(const base::X509Ptr certificate, parse_certificate(certificate_pem));
  const auto begin = base::wall_time(X509_get0_notBefore(certificate.get()));
  if (!begin) return openssl_error("reading the begin of a certificate");
  MEX_ASSIGN_OR_RETURN(const base::WallTime end, end_of(certificate.get()));
  return CertificateLife{.name = std::move(name), .begin = *begin, .end = end};
}

}  // namespace mex::kubernetes
