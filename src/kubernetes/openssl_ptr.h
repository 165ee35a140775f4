#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>

#include "base/freed.h"
#include "base/status.h"

// OpenSSL's objects with owners. Only the .cc files of the PKI include this.
namespace mex::kubernetes {

using BigNumberPtr = std::unique_ptr<BIGNUM, base::Freed<BN_free>>;
using BioPtr = std::unique_ptr<BIO, base::Freed<BIO_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, base::Freed<X509_EXTENSION_free>>;
using PrivateKeyPtr = std::unique_ptr<EVP_PKEY, base::Freed<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, base::Freed<X509_free>>;

// Internal, with the text of the oldest error in this thread's OpenSSL queue, which is emptied.
inline absl::Status openssl_error(std::string_view what) {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return base::error(absl::StatusCode::kInternal, "{}: {}", what,
                     reason != nullptr ? reason : "unknown error");
}

}  // namespace mex::kubernetes
