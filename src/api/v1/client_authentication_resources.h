#pragma once

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "certificates/client_authentications.h"
#include "mexosagent/v1/client_authentications.pb.h"

// The resource client authentications of package mexosagent.v1, without gRPC. Thread-safe. `hosts`
// is null while the proxy is off.
namespace mex::api {

::mexosagent::v1::ListClientAuthenticationsResponse list_client_authentications(
    const access::Principal& caller, const certificates::ClientAuthentications* hosts,
    const ::mexosagent::v1::ListClientAuthenticationsRequest& request);
// NotFound.
absl::StatusOr<::mexosagent::v1::ClientAuthentication> get_client_authentication(
    const access::Principal& caller, const certificates::ClientAuthentications* hosts,
    const ::mexosagent::v1::GetClientAuthenticationRequest& request);
// InvalidArgument names the field; FailedPrecondition while the proxy is off.
absl::StatusOr<::mexosagent::v1::ClientAuthentication> put_client_authentication(
    const access::Principal& caller, certificates::ClientAuthentications* hosts,
    const ::mexosagent::v1::PutClientAuthenticationRequest& request);
// NotFound.
absl::StatusOr<::mexosagent::v1::DeleteClientAuthenticationResponse> delete_client_authentication(
    const access::Principal& caller, certificates::ClientAuthentications* hosts,
    const ::mexosagent::v1::DeleteClientAuthenticationRequest& request);

}  // namespace mex::api
