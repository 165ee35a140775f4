#pragma once

#include "absl/status/statusor.h"
#include "tls/openssl_ptr.h"
#include "tls/profile.h"

namespace mex::tls {

// What servers and clients have in common: TLS 1.2 and 1.3, forward-secret AEAD ciphers, no
// renegotiation, buffers held only while in use.
absl::StatusOr<SslContextPtr> make_context(const SSL_METHOD* method);

// The same for a server, which agrees to nothing but what the profile names.
absl::StatusOr<SslContextPtr> make_server_context(Profile profile);

}  // namespace mex::tls
