#include "tls/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <memory>

#include "base/status.h"
#include "tls/certificate_content.h"
#include "tls/openssl_ptr.h"

namespace mex::tls {
namespace {

using RequestPtr = std::unique_ptr<OCSP_REQUEST, base::Freed<OCSP_REQUEST_free>>;
using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, base::Freed<OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, base::Freed<OCSP_BASICRESP_free>>;
using IdPtr = std::unique_ptr<OCSP_CERTID, base::Freed<OCSP_CERTID_free>>;
using TrustPtr = std::unique_ptr<X509_STORE, base::Freed<X509_STORE_free>>;
using FeaturesPtr = std::unique_ptr<TLS_FEATURE, base::Freed<TLS_FEATURE_free>>;

// Clocks of responders go ahead of ours.
constexpr std::chrono::minutes kSkew{5};
constexpr long kStatusRequest = 5;  // RFC 7633: the number of the extension of TLS

template <typename... Args>
absl::Status bad_answer(fmt::format_string<Args...> format, Args&&... args) {
  ERR_clear_error();
  return base::error(absl::StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

// The next of the chain, if it has issued the certificate; null without.
X509* issuer_of(const Certificate::Content& content) {
  if (content.issuers.empty()) return nullptr;
  X509* const next = content.issuers.front().get();
  return X509_check_issued(next, content.own.get()) == X509_V_OK ? next : nullptr;
}

// SHA-1 names the issuer here and protects nothing; responders know no other (RFC 5019 section
// 2.1.1).
IdPtr id_of(const Certificate::Content& content) {
  return IdPtr(OCSP_cert_to_id(EVP_sha1(), content.own.get(), issuer_of(content)));
}

// Signed by the issuer, or by a certificate that it has made for just that.
bool is_signed(OCSP_BASICRESP* answer, X509* issuer, base::WallTime now) {
  const TrustPtr trust(X509_STORE_new());
  X509_STORE_add_cert(trust.get(), issuer);
  X509_STORE_set_flags(trust.get(), X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(
      X509_STORE_get0_param(trust.get()),
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  STACK_OF(X509)* const known = sk_X509_new_null();
  sk_X509_push(known, issuer);
  const bool is_good = OCSP_basic_verify(answer, known, trust.get(), 0) == 1;
  sk_X509_free(known);
  return is_good;
}

absl::StatusOr<BasicPtr> read_answer(std::string_view der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = bytes + der.size();
  const ResponsePtr response(d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(der.size())));
  if (response == nullptr || bytes != end) return bad_answer("it is no answer of OCSP");
  const int status = OCSP_response_status(response.get());
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return bad_answer("the responder says: {}", OCSP_response_status_str(status));
  }
  BasicPtr basic(OCSP_response_get1_basic(response.get()));
  if (basic == nullptr) return bad_answer("it is of a kind that is not known");
  return basic;
}

std::optional<base::WallTime> time_of(const ASN1_GENERALIZEDTIME* time) {
  return time == nullptr ? std::nullopt : base::wall_time(time);
}

OcspStatus status_of(int status) {
  if (status == V_OCSP_CERTSTATUS_GOOD) return OcspStatus::Good;
  return status == V_OCSP_CERTSTATUS_REVOKED ? OcspStatus::Revoked : OcspStatus::Unknown;
}

}  // namespace

std::string_view to_string(OcspStatus status) {
  switch (status) {
    case OcspStatus::Good:
      return "good";
    case OcspStatus::Revoked:
      return "revoked";
    case OcspStatus::Unknown:
      break;
  }
  return "unknown";
}

std::string ocsp_responder(const Certificate& certificate) {
  const Certificate::Content& content = certificate.content();
  if (issuer_of(content) == nullptr) return "";
  STACK_OF(OPENSSL_STRING)* const places = X509_get1_ocsp(content.own.get());
  std::string first;
  for (int i = 0; i < sk_OPENSSL_STRING_num(places) && first.empty(); ++i) {
    const std::string_view place = sk_OPENSSL_STRING_value(places, i);
    if (place.starts_with("http://") || place.starts_with("https://")) first = place;
  }
  X509_email_free(places);
  return first;
}

bool must_staple(const Certificate& certificate) {
  const FeaturesPtr features(static_cast<TLS_FEATURE*>(
      X509_get_ext_d2i(certificate.content().own.get(), NID_tlsfeature, nullptr, nullptr)));
  for (int i = 0; i < sk_ASN1_INTEGER_num(features.get()); ++i) {
    if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features.get(), i)) == kStatusRequest) return true;
  }
  return false;
}

std::string ocsp_request(const Certificate& certificate) {
  const RequestPtr request(OCSP_REQUEST_new());
  OCSP_request_add0_id(request.get(), id_of(certificate.content()).release());
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_REQUEST(request.get(), &der);
  std::string bytes(reinterpret_cast<const char*>(der),
                    size > 0 ? static_cast<std::size_t>(size) : 0);
  OPENSSL_free(der);
  return bytes;
}

absl::StatusOr<OcspAnswer> check_ocsp_answer(const Certificate& certificate, std::string_view der,
                                             base::WallTime now) {
  const Certificate::Content& content = certificate.content();
  MEX_ASSIGN_OR_RETURN(const BasicPtr basic, read_answer(der));
  X509* const issuer = issuer_of(content);
  if (issuer == nullptr || !is_signed(basic.get(), issuer, now)) {
    return bad_answer("it is not signed by the certificate's issuer");
  }
  int status = 0;
  ASN1_GENERALIZEDTIME* from = nullptr;
  ASN1_GENERALIZEDTIME* until = nullptr;
  if (OCSP_resp_find_status(basic.get(), id_of(content).get(), &status, nullptr, nullptr, &from,
                            &until) != 1) {
    return bad_answer("it is about another certificate");
  }
  const auto this_update = time_of(from);
  const auto next_update = time_of(until);
  if (!this_update || !next_update || *next_update <= *this_update) {
    return bad_answer("it does not say until when it is good");
  }
  if (*this_update > now + kSkew) {
    return bad_answer("it is not good before {}", base::format_rfc3339(*this_update));
  }
  if (*next_update <= now) {
    return bad_answer("it was good until {}", base::format_rfc3339(*next_update));
  }
  return OcspAnswer{std::string(der), status_of(status), *this_update, *next_update};
}

}  // namespace mex::tls
