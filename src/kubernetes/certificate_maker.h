#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/openssl.h"
#include "kubernetes/pki.h"

// The parts of making a certificate, over OpenSSL. Used by pki.cc alone.
namespace mex::kubernetes {

// Internal: what failed, and what OpenSSL says of it.
absl::Status openssl_error(std::string_view what);

absl::StatusOr<base::PrivateKeyPtr> make_private_key();      // ECDSA P-256
absl::StatusOr<base::PrivateKeyPtr> make_rsa_private_key();  // of 2048 bits

absl::StatusOr<base::Secret> private_key_pem(EVP_PKEY* key);
absl::StatusOr<std::string> public_key_pem(EVP_PKEY* key);
absl::StatusOr<std::string> certificate_pem(X509* certificate);

// FailedPrecondition if the text is not what it should be.
absl::StatusOr<base::PrivateKeyPtr> parse_private_key(const base::Secret& pem);
// InvalidArgument if the text is not a certificate in PEM.
absl::StatusOr<base::X509Ptr> parse_certificate(std::string_view pem);

struct CertificateRequest {
  ClientName subject;
  base::WallTime begin;
  base::WallTime end;
  bool is_authority = false;
};

// Signed by `issuer_key`; a null `issuer` means by itself (then `issuer_key` is `key`).
absl::StatusOr<base::X509Ptr> make_certificate(const CertificateRequest& request, EVP_PKEY* key,
                                               X509* issuer, EVP_PKEY* issuer_key);

// InvalidArgument, or OK for text that may be a CN or an O.
absl::Status check_name_part(std::string_view what, std::string_view value);

}  // namespace mex::kubernetes
