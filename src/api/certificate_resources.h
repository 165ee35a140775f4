#pragma once

#include "absl/status/statusor.h"
#include "certificates/certificate_inventory.h"
#include "certificates/certificate_view.h"
#include "mexosagent/v1/certificates.pb.h"

// The resource certificates of package mexosagent.v1, without gRPC. Thread-safe. `held` is null
// while the proxy is off.
namespace mex::api {

::mexosagent::v1::Certificate to_proto(const certificates::CertificateView& view);

::mexosagent::v1::ListCertificatesResponse list_certificates(
    const certificates::CertificateInventory* held);
// NotFound.
absl::StatusOr<::mexosagent::v1::Certificate> get_certificate(
    const certificates::CertificateInventory* held,
    const ::mexosagent::v1::GetCertificateRequest& request);
// NotFound, or as CertificateInventory::renew.
absl::StatusOr<::mexosagent::v1::Certificate> renew_certificate(
    certificates::CertificateInventory* held,
    const ::mexosagent::v1::RenewCertificateRequest& request);

}  // namespace mex::api
