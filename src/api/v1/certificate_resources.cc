#include "api/v1/certificate_resources.h"

#include <string>

#include "api/v1/timestamp.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

using certificates::CertificateInventory;
using certificates::RenewalState;
using certificates::RenewalView;
using certificates::Source;

v1::Certificate::Source to_proto(Source source) {
  switch (source) {
    case Source::SelfSigned:
      return v1::Certificate::SELF_SIGNED;
    case Source::Files:
      return v1::Certificate::FILES;
    case Source::Acme:
      return v1::Certificate::ACME;
  }
  return v1::Certificate::SOURCE_UNSPECIFIED;
}

v1::Renewal::State to_proto(RenewalState state) {
  switch (state) {
    case RenewalState::Waiting:
      return v1::Renewal::WAITING;
    case RenewalState::Ordering:
      return v1::Renewal::ORDERING;
    case RenewalState::BackingOff:
      return v1::Renewal::BACKING_OFF;
  }
  return v1::Renewal::STATE_UNSPECIFIED;
}

v1::Renewal to_proto(const RenewalView& view) {
  v1::Renewal renewal;
  renewal.set_state(to_proto(view.state));
  renewal.set_server(view.server);
  renewal.set_challenge(view.challenge);
  renewal.mutable_names()->Add(view.names.begin(), view.names.end());
  if (view.last_attempt) *renewal.mutable_last_attempt_at() = timestamp(*view.last_attempt);
  if (view.last_success) *renewal.mutable_last_success_at() = timestamp(*view.last_success);
  if (view.next_attempt) *renewal.mutable_next_attempt_at() = timestamp(*view.next_attempt);
  renewal.set_failures(view.failures);
  renewal.set_problem(view.problem);
  return renewal;
}

v1::Ocsp to_proto(const certificates::OcspView& view) {
  v1::Ocsp ocsp;
  ocsp.set_responder(view.responder);
  ocsp.set_problem(view.problem);
  if (!view.answer) return ocsp;
  switch (view.answer->status) {
    case tls::OcspStatus::Good:
      ocsp.set_status(v1::Ocsp::GOOD);
      break;
    case tls::OcspStatus::Revoked:
      ocsp.set_status(v1::Ocsp::REVOKED);
      break;
    case tls::OcspStatus::Unknown:
      ocsp.set_status(v1::Ocsp::UNKNOWN);
      break;
  }
  *ocsp.mutable_this_update() = timestamp(view.answer->this_update);
  *ocsp.mutable_next_update() = timestamp(view.answer->next_update);
  return ocsp;
}

absl::StatusOr<v1::Certificate> find(const CertificateInventory* inventory,
                                     const std::string& name) {
  if (inventory != nullptr) {
    for (const auto& view : inventory->list()) {
      if (view.name == name) return api::to_proto(view);
    }
  }
  return base::error(absl::StatusCode::kNotFound, "no certificate is called {}",
                     base::quoted(name));
}

}  // namespace

v1::Certificate to_proto(const certificates::CertificateView& view) {
  v1::Certificate certificate;
  certificate.set_name(view.name);
  certificate.set_source(to_proto(view.source));
  certificate.mutable_names()->Add(view.names.begin(), view.names.end());
  certificate.set_subject(view.subject);
  certificate.set_issuer(view.issuer);
  certificate.set_serial(view.serial);
  certificate.set_fingerprint(view.fingerprint);
  *certificate.mutable_not_before() = timestamp(view.not_before);
  *certificate.mutable_not_after() = timestamp(view.not_after);
  certificate.mutable_files()->set_certificate(view.certificate_file);
  certificate.mutable_files()->set_key(view.key_file);
  certificate.set_problem(view.problem);
  certificate.mutable_notices()->Add(view.notices.begin(), view.notices.end());
  if (view.ocsp) *certificate.mutable_ocsp() = to_proto(*view.ocsp);
  if (view.renewal) *certificate.mutable_renewal() = to_proto(*view.renewal);
  return certificate;
}

v1::ListCertificatesResponse list_certificates(const access::Principal&,
                                               const CertificateInventory* inventory,
                                               const v1::ListCertificatesRequest&) {
  v1::ListCertificatesResponse reply;
  if (inventory == nullptr) return reply;
  for (const auto& view : inventory->list()) *reply.add_certificates() = to_proto(view);
  return reply;
}

absl::StatusOr<v1::Certificate> get_certificate(const access::Principal&,
                                                const CertificateInventory* inventory,
                                                const v1::GetCertificateRequest& request) {
  return find(inventory, request.name());
}

absl::StatusOr<v1::Certificate> renew_certificate(const access::Principal&,
                                                  CertificateInventory* inventory,
                                                  const v1::RenewCertificateRequest& request) {
  MEX_RETURN_IF_ERROR(find(inventory, request.name()).status());
  MEX_RETURN_IF_ERROR(inventory->renew(request.name()));
  return find(inventory, request.name());
}

}  // namespace mex::api
