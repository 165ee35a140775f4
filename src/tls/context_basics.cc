#include "tls/context_basics.h"

#include "base/status.h"

namespace mex::tls {
namespace {

// Of TLS 1.2. Those of 1.3 are OpenSSL's own three, which are Mozilla's.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

constexpr const char* kCurves = "X25519:P-256:P-384";

// None with SHA-1 or SHA-224. A client of TLS 1.2 that does not say what it can verify would be
// taken to mean SHA-1 (RFC 5246 section 7.4.1.4.1) and is refused.
constexpr const char* kSignatures =
    "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:ed25519:ed448:"
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
    "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
    "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512";

absl::Status last_error() {
  return base::error(absl::StatusCode::kInternal, "OpenSSL context: {}", take_openssl_error());
}

}  // namespace

absl::StatusOr<SslContextPtr> make_context(const SSL_METHOD* method) {
  SslContextPtr context(SSL_CTX_new(method));
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1) {
    return last_error();
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  // TlsTransport::read() sees messages that are no data, and can have enough of them.
  SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

absl::StatusOr<SslContextPtr> make_server_context(Profile profile) {
  MEX_ASSIGN_OR_RETURN(SslContextPtr context, make_context(TLS_server_method()));
  const int oldest = profile == Profile::Modern ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (SSL_CTX_set_min_proto_version(context.get(), oldest) != 1 ||
      SSL_CTX_set1_groups_list(context.get(), kCurves) != 1 ||
      SSL_CTX_set1_sigalgs_list(context.get(), kSignatures) != 1 ||
      SSL_CTX_set1_client_sigalgs_list(context.get(), kSignatures) != 1) {
    return last_error();
  }
  // Early data can be replayed (RFC 8446 section 8), and no request says that it may be.
  SSL_CTX_set_max_early_data(context.get(), 0);
  SSL_CTX_set_recv_max_early_data(context.get(), 0);
  return context;
}

}  // namespace mex::tls
