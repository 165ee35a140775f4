#include "tls/self_signed.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "net/address.h"
#include "tls/openssl_ptr.h"

namespace mex::tls {
namespace {

absl::Status failed(std::string_view what) {
  return base::error(absl::StatusCode::kInternal, "self-signed certificate: {}: {}", what,
                     take_openssl_error());
}

// What may stand in an entry of OpenSSL's list of names without changing the list.
bool is_plain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == '*' || c == ':';
  });
}

absl::StatusOr<std::string> name_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    if (!is_plain(name)) {
      return base::error(absl::StatusCode::kInvalidArgument, "\"{}\" cannot be in a certificate",
                         name);
    }
    const bool is_address = net::Address::parse_ip(name, 0).ok();
    list += (list.empty() ? "" : ",") + std::string(is_address ? "IP:" : "DNS:") + name;
  }
  return list;
}

// RFC 5280 section 4.1.2.2: positive, at most 20 bytes, and unique.
bool set_serial(X509* certificate) {
  const BigNumberPtr number(BN_new());
  return BN_rand(number.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_subject(X509* certificate, const std::string& common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text,
                                    static_cast<int>(common_name.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

bool set_times(X509* certificate, base::WallTime begin, base::WallTime end) {
  const auto seconds = [](base::WallTime time) {
    return static_cast<std::time_t>(
        std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(begin)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(end)) != nullptr;
}

bool add_extension(X509* certificate, int kind, const char* value) {
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio, &text);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : "";
}

}  // namespace

absl::StatusOr<Certificate> make_self_signed(const SelfSignedRequest& request) {
  MEX_ASSIGN_OR_RETURN(const std::string names, name_list(request.names));
  const PrivateKeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  if (key == nullptr || certificate == nullptr) return failed("key");
  X509* made = certificate.get();
  if (X509_set_version(made, X509_VERSION_3) != 1 || !set_serial(made) ||
      !set_times(made, request.begin, request.end) || X509_set_pubkey(made, key.get()) != 1) {
    return failed("content");
  }
  if (!set_subject(made, request.common_name)) {
    return base::error(absl::StatusCode::kInvalidArgument, "\"{}\" cannot be a common name: {}",
                       request.common_name, take_openssl_error());
  }
  if (!add_extension(made, NID_subject_alt_name, names.c_str()) ||
      !add_extension(made, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(made, NID_ext_key_usage, "serverAuth")) {
    return failed("names");
  }
  if (X509_sign(made, key.get(), EVP_sha256()) == 0) return failed("signature");
  const BioPtr certificate_out(BIO_new(BIO_s_mem()));
  // Wiped when it is freed.
  const BioPtr key_out(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_X509(certificate_out.get(), made) != 1 ||
      PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return failed("PEM");
  }
  return Certificate::parse(text_of(certificate_out.get()), base::Secret(text_of(key_out.get())));
}

}  // namespace mex::tls
