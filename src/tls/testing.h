#pragma once

// Certificates and greetings for tests, made on the spot. Header only; not part of the library.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/tls1.h>
#include <openssl/x509v3.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/secret.h"
#include "tls/certificate.h"
#include "tls/openssl_ptr.h"

namespace mex::tls::testing {

struct PemPair {
  std::string certificate;
  std::string key;
};

struct CertificateRequest {
  std::vector<std::string> names = {"DNS:edge.example.org"};  // subjectAltName entries
  std::string common_name = "edge.example.org";
  std::string issuer{};           // what it says of who signed it; empty: itself
  long valid_from_seconds = -60;  // from now
  long valid_to_seconds = 3600;
  bool has_rsa_key = false;          // instead of one on P-256
  bool names_issuers_place = false;  // as certificates of public authorities do
  bool is_authority = false;
};

using X509NamePtr = std::unique_ptr<X509_NAME, base::Freed<X509_NAME_free>>;

inline std::string pem_text(const BioPtr& bio) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

inline void add_extension(X509* certificate, int id, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
  MEX_CHECK(extension != nullptr, "a test asked for an impossible certificate");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Signed by itself, so it can also be given to a client as its CA.
inline PemPair make_pem_pair(const CertificateRequest& request = {}) {
  const PrivateKeyPtr key(request.has_rsa_key ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), request.valid_from_seconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), request.valid_to_seconds);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(request.common_name.c_str()),
                             -1, -1, 0);
  const X509NamePtr issuer(X509_NAME_dup(name));
  if (!request.issuer.empty()) {
    X509_NAME_ENTRY_free(X509_NAME_delete_entry(issuer.get(), 0));
    X509_NAME_add_entry_by_NID(issuer.get(), NID_commonName, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(request.issuer.c_str()), -1,
                               -1, 0);
  }
  X509_set_issuer_name(certificate.get(), issuer.get());
  std::string names;
  for (const std::string& entry : request.names) names += (names.empty() ? "" : ",") + entry;
  if (!names.empty()) add_extension(certificate.get(), NID_subject_alt_name, names);
  if (request.names_issuers_place) {
    add_extension(certificate.get(), NID_info_access, "caIssuers;URI:http://ca.example/ca.crt");
  }
  if (request.is_authority) {
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  }
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const BioPtr certificate_out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_out.get(), certificate.get());
  const BioPtr key_out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {pem_text(certificate_out), pem_text(key_out)};
}

// What OpenSSL's own client sends first, asking for `name` (null: for no name), with a list of
// ALPN's if one is given.
inline std::string client_hello_bytes(const char* name, int version = TLS1_3_VERSION,
                                      std::string_view alpn = {}) {
  const SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_max_proto_version(context.get(), version);
  const SslPtr ssl(SSL_new(context.get()));
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), in, out);  // and owns them
  SSL_set_connect_state(ssl.get());
  // SSL_set_tlsext_host_name() without its old-style cast.
  SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(name));
  SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                      static_cast<unsigned>(alpn.size()));
  SSL_do_handshake(ssl.get());
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(out, &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

// A certificate authority's, that wants to see who answers for `name` (RFC 8737 section 3).
inline std::string challenge_hello(const char* name) {
  return client_hello_bytes(name, TLS1_3_VERSION,
                            "\x0A"
                            "acme-tls/1");
}

inline Certificate certificate_of(const PemPair& pair) {
  return *Certificate::parse(pair.certificate, base::Secret(pair.key));
}

}  // namespace mex::tls::testing
