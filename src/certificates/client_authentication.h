#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/record.h"
#include "tls/client_verification.h"

namespace mex::certificates {

inline constexpr std::string_view kClientAuthenticationPrefix = "/client-authentications/";

// What a host of the proxy asks of its clients, as it is stored and shown.
struct ClientAuthentication {
  std::string host;          // lower case; "*.example.org" stands for all names below it
  std::string ca;            // PEM
  std::string crl{};         // PEM; empty: nothing is revoked
  bool is_optional = false;  // clients without a certificate are served, too
  int depth = 1;             // authorities between a client's certificate and one of `ca`
};

// The same, in the form in which hosts are compared. InvalidArgument names the field.
absl::StatusOr<ClientAuthentication> normalized(ClientAuthentication asked);
// InvalidArgument names the field.
absl::StatusOr<tls::ClientVerification> verification_of(const ClientAuthentication& asked);

std::string client_authentication_key(std::string_view host);
std::string to_json(const ClientAuthentication& asked);
// DataLoss, naming `key`, if `text` is not what to_json writes.
absl::StatusOr<ClientAuthentication> client_authentication_from_json(std::string_view text,
                                                                     std::string_view key);

}  // namespace mex::certificates
