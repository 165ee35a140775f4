#pragma once

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "certificates/certificate_inventory.h"
#include "certificates/certificate_view.h"
#include "mexosagent/v1/certificates.pb.h"

// The resource certificates of package mexosagent.v1, without gRPC. Thread-safe. `inventory` is
// null while the proxy is off.
namespace mex::api {

::mexosagent::v1::Certificate to_proto(const certificates::CertificateView& view);

::mexosagent::v1::ListCertificatesResponse list_certificates(
    const access::Principal& caller, const certificates::CertificateInventory* inventory,
    const ::mexosagent::v1::ListCertificatesRequest& request);
// NotFound.
absl::StatusOr<::mexosagent::v1::Certificate> get_certificate(
    const access::Principal& caller, const certificates::CertificateInventory* inventory,
    const ::mexosagent::v1::GetCertificateRequest& request);
// NotFound, or as CertificateInventory::renew.
absl::StatusOr<::mexosagent::v1::Certificate> renew_certificate(
    const access::Principal& caller, certificates::CertificateInventory* inventory,
    const ::mexosagent::v1::RenewCertificateRequest& request);

}  // namespace mex::api
