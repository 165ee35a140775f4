#pragma once

#include <openssl/x509.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/freed.h"
#include "tls/client_identity.h"
#include "tls/client_verification.h"
#include "tls/openssl_ptr.h"

namespace mex::tls {

using StorePtr = std::unique_ptr<X509_STORE, base::Freed<X509_STORE_free>>;

struct ClientVerification::Content {
  StorePtr store;                  // authorities and what they revoked
  std::vector<X509Ptr> trusted;    // the authorities; their names are sent to clients
  std::vector<std::string> names;  // of the authorities, as text
  bool is_required = true;
  int depth = 1;
  std::array<char, 32> id{};
};

// Sets what `ssl`, whose client has just greeted, asks of it: nothing for null.
void ask_for_certificate(SSL* ssl, const ClientVerification* verification);

// See the function of that name in client_identity.h.
std::unique_ptr<const ClientIdentity> identity_of(const SSL* ssl);

}  // namespace mex::tls
