#include "tls/certificate_defects.h"

#include <openssl/x509v3.h>

#include <memory>

namespace mex::tls {
namespace {

using AccessPtr = std::unique_ptr<AUTHORITY_INFO_ACCESS, base::Freed<AUTHORITY_INFO_ACCESS_free>>;

bool has_alternative_names(const X509* certificate) {
  return X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0;
}

// RFC 5280 section 4.2.2.1: where its issuer's own certificate can be had. One that clients have
// anyway need not be had anywhere.
bool names_place_of_issuer(const X509* certificate) {
  const AccessPtr access(static_cast<AUTHORITY_INFO_ACCESS*>(
      X509_get_ext_d2i(certificate, NID_info_access, nullptr, nullptr)));
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access.get()); ++i) {
    const ACCESS_DESCRIPTION* each = sk_ACCESS_DESCRIPTION_value(access.get(), i);
    if (OBJ_obj2nid(each->method) == NID_ad_ca_issuers) return true;
  }
  return false;
}

bool is_issued_by(const X509* certificate, const X509* issuer) {
  return X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(issuer)) == 0;
}

}  // namespace

std::vector<std::string> defects_of(const Certificate::Content& content) {
  std::vector<std::string> defects;
  const X509* own = content.own.get();
  if (!has_alternative_names(own)) {
    defects.emplace_back(
        "it has no subjectAltName: browsers and most programs refuse it, whatever its common name");
  }
  if (content.issuers.empty() && !is_issued_by(own, own) && names_place_of_issuer(own)) {
    defects.emplace_back(
        "it is without its chain: clients that do not know its issuer by chance refuse it; put the "
        "issuers' certificates behind it (fullchain.pem)");
  }
  const X509* previous = own;
  for (const X509Ptr& issuer : content.issuers) {
    if (!is_issued_by(previous, issuer.get())) {
      defects.emplace_back(
          "its chain is broken: each certificate must be followed by the one of its issuer, the "
          "server's own is the first");
      break;
    }
    previous = issuer.get();
  }
  return defects;
}

}  // namespace mex::tls
