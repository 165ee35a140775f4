#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "base/freed.h"

// OpenSSL's objects with owners. Only .cc files of tls/ include this.
namespace mex::tls {

using BioPtr = std::unique_ptr<BIO, base::Freed<BIO_free>>;
using PrivateKeyPtr = std::unique_ptr<EVP_PKEY, base::Freed<EVP_PKEY_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, base::Freed<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, base::Freed<SSL_free>>;
using X509Ptr = std::unique_ptr<X509, base::Freed<X509_free>>;

// Text of the oldest error in this thread's OpenSSL queue, which is emptied: "wrong tag".
std::string take_openssl_error();

}  // namespace mex::tls
