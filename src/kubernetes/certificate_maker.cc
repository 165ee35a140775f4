#include "kubernetes/certificate_maker.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "base/json_text.h"
#include "base/status.h"
#include "base/utf8.h"

namespace mex::kubernetes {
namespace {

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(length)};
}

std::time_t seconds_of(base::WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// RFC 5280 section 4.1.2.2: positive, at most 20 octets. The sign bit takes one of the 160.
bool set_serial(X509* certificate) {
  constexpr int kSerialBits = 159;
  const base::BigNumberPtr serial(BN_new());
  return serial != nullptr &&
         BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool add_name_part(X509_NAME* name, int id, const std::string& value) {
  return X509_NAME_add_entry_by_NID(name, id, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1;
}

bool set_subject(X509* certificate, const ClientName& subject) {
  X509_NAME* name = X509_get_subject_name(certificate);
  return std::all_of(subject.groups.begin(), subject.groups.end(),
                     [&](const std::string& group) {
                       return add_name_part(name, NID_organizationName, group);
                     }) &&
         add_name_part(name, NID_commonName, subject.user);
}

struct ExtensionText {
  int id;
  const char* value;
};

// The order matters: the authority's key identifier is copied from the issuer's own extension.
std::vector<ExtensionText> extensions_of(const CertificateRequest& request) {
  if (request.is_authority) {
    return {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
            {NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign"},
            {NID_subject_key_identifier, "hash"}};
  }
  return {{NID_basic_constraints, "critical,CA:FALSE"},
          {NID_key_usage, "critical,digitalSignature"},
          {NID_ext_key_usage, "clientAuth"},
          {NID_subject_key_identifier, "hash"},
          {NID_authority_key_identifier, "keyid:always"}};
}

bool add_extensions(X509* certificate, X509* issuer, const CertificateRequest& request) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer != nullptr ? issuer : certificate, certificate, nullptr, nullptr,
                 0);
  const std::vector<ExtensionText> texts = extensions_of(request);
  return std::all_of(texts.begin(), texts.end(), [&](const ExtensionText& text) {
    const base::ExtensionPtr extension(
        X509V3_EXT_nconf_nid(nullptr, &context, text.id, text.value));
    return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
  });
}

}  // namespace

absl::Status openssl_error(std::string_view what) {
  return base::error(absl::StatusCode::kInternal, "{}: {}", what, base::take_openssl_error());
}

absl::StatusOr<base::PrivateKeyPtr> make_private_key() {
  base::PrivateKeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return openssl_error("making a P-256 key");
  return key;
}

absl::StatusOr<base::PrivateKeyPtr> make_rsa_private_key() {
  constexpr unsigned kBits = 2048;
  base::PrivateKeyPtr key(EVP_RSA_gen(kBits));
  if (key == nullptr) return openssl_error("making an RSA key");
  return key;
}

absl::StatusOr<base::Secret> private_key_pem(EVP_PKEY* key) {
  const base::BioPtr out(BIO_new(BIO_s_secmem()));  // wiped when it is freed
  if (out == nullptr || PEM_write_bio_PrivateKey_traditional(out.get(), key, nullptr, nullptr, 0,
                                                             nullptr, nullptr) != 1) {
    return openssl_error("writing a private key");
  }
  return base::Secret(text_of(out.get()));
}

absl::StatusOr<std::string> public_key_pem(EVP_PKEY* key) {
  const base::BioPtr out(BIO_new(BIO_s_mem()));
  if (out == nullptr || PEM_write_bio_PUBKEY(out.get(), key) != 1) {
    return openssl_error("writing a public key");
  }
  return text_of(out.get());
}

absl::StatusOr<std::string> certificate_pem(X509* certificate) {
  const base::BioPtr out(BIO_new(BIO_s_mem()));
  if (out == nullptr || PEM_write_bio_X509(out.get(), certificate) != 1) {
    return openssl_error("writing a certificate");
  }
  return text_of(out.get());
}

absl::StatusOr<base::PrivateKeyPtr> parse_private_key(const base::Secret& pem) {
  const std::string& text = pem.reveal();
  const base::BioPtr in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  base::PrivateKeyPtr key(
      in == nullptr ? nullptr : PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  if (key == nullptr) {
    ERR_clear_error();
    return absl::FailedPreconditionError("the private key is not in PEM");
  }
  return key;
}

absl::StatusOr<base::X509Ptr> parse_certificate(std::string_view pem) {
  const base::BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  base::X509Ptr certificate(in == nullptr ? nullptr
                                          : PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("not a certificate in PEM");
  }
  return certificate;
}

absl::StatusOr<base::X509Ptr> make_certificate(const CertificateRequest& request, EVP_PKEY* key,
                                               X509* issuer, EVP_PKEY* issuer_key) {
  base::X509Ptr certificate(X509_new());
  if (certificate == nullptr) return openssl_error("making a certificate");
  X509* const made = certificate.get();
  const bool complete =
      X509_set_version(made, X509_VERSION_3) == 1 && set_serial(made) &&
      ASN1_TIME_set(X509_getm_notBefore(made), seconds_of(request.begin)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(made), seconds_of(request.end)) != nullptr &&
      set_subject(made, request.subject) &&
      X509_set_issuer_name(made, X509_get_subject_name(issuer != nullptr ? issuer : made)) == 1 &&
      X509_set_pubkey(made, key) == 1 && add_extensions(made, issuer, request) &&
      X509_sign(made, issuer_key, EVP_sha256()) > 0;
  if (!complete) return openssl_error("making a certificate");
  return certificate;
}

absl::Status check_name_part(std::string_view what, std::string_view value) {
  constexpr std::size_t kMaxNameLength = 64;  // RFC 5280 appendix A.1: ub-common-name
  const bool has_control = std::any_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (value.empty() || value.size() > kMaxNameLength || has_control || !base::is_utf8(value)) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "{} {} cannot be in a certificate: 1 to {} bytes of UTF-8 without control "
                       "characters",
                       what, base::quoted(value), kMaxNameLength);
  }
  return absl::OkStatus();
}

}  // namespace mex::kubernetes
