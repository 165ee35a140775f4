#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/freed.h"

// OpenSSL's objects with owners, and what several folders need of it. No folder that is free of I/O
// includes this.
namespace mex::base {

using BigNumberPtr = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using PrivateKeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;

// Text of the oldest error in this thread's OpenSSL queue, which is emptied: "wrong tag".
std::string take_openssl_error();

// Nothing if it is malformed.
std::optional<WallTime> wall_time(const ASN1_TIME* time);

}  // namespace mex::base
