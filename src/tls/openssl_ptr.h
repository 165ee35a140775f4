#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "base/openssl.h"

// OpenSSL's objects with owners. Only .cc files of tls/ include this.
namespace mex::tls {

using base::BigNumberPtr;
using base::BioPtr;
using base::ExtensionPtr;
using base::PrivateKeyPtr;
using base::take_openssl_error;
using base::X509Ptr;
using SslContextPtr = std::unique_ptr<SSL_CTX, base::Freed<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, base::Freed<SSL_free>>;

}  // namespace mex::tls
