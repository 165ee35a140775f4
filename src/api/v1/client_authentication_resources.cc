#include "api/v1/client_authentication_resources.h"

#include <utility>

#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

using certificates::ClientAuthentication;
using certificates::ClientAuthentications;

absl::Status proxy_is_off() {
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "the proxy is off (-proxy): no host of it asks for certificates");
}

v1::ClientAuthentication to_proto(const ClientAuthentications::View& view) {
  v1::ClientAuthentication message;
  message.set_host(view.asked.host);
  message.set_mode(view.asked.is_optional ? v1::ClientAuthentication::OPTIONAL
                                          : v1::ClientAuthentication::REQUIRED);
  message.set_ca(view.asked.ca);
  message.set_crl(view.asked.crl);
  message.mutable_depth()->set_value(view.asked.depth);
  message.mutable_authorities()->Add(view.authorities.begin(), view.authorities.end());
  message.set_problem(view.problem);
  return message;
}

}  // namespace

v1::ListClientAuthenticationsResponse list_client_authentications(
    const access::Principal&, const ClientAuthentications* hosts,
    const v1::ListClientAuthenticationsRequest&) {
  v1::ListClientAuthenticationsResponse reply;
  if (hosts == nullptr) return reply;
  for (const auto& view : hosts->list()) *reply.add_client_authentications() = to_proto(view);
  return reply;
}

absl::StatusOr<v1::ClientAuthentication> get_client_authentication(
    const access::Principal&, const ClientAuthentications* hosts,
    const v1::GetClientAuthenticationRequest& request) {
  if (hosts == nullptr) return proxy_is_off();
  MEX_ASSIGN_OR_RETURN(const auto view, hosts->find(request.host()));
  return to_proto(view);
}

absl::StatusOr<v1::ClientAuthentication> put_client_authentication(
    const access::Principal&, ClientAuthentications* hosts,
    const v1::PutClientAuthenticationRequest& request) {
  if (hosts == nullptr) return proxy_is_off();
  const v1::ClientAuthentication& given = request.client_authentication();
  if (!given.host().empty() && given.host() != request.host()) {
    return base::field_error("host", "is not the host of the path");
  }
  ClientAuthentication asked{.host = request.host(), .ca = given.ca(), .crl = given.crl()};
  asked.is_optional = given.mode() == v1::ClientAuthentication::OPTIONAL;
  if (given.has_depth()) asked.depth = given.depth().value();
  MEX_ASSIGN_OR_RETURN(const auto view, hosts->put(std::move(asked)));
  return to_proto(view);
}

absl::StatusOr<v1::DeleteClientAuthenticationResponse> delete_client_authentication(
    const access::Principal&, ClientAuthentications* hosts,
    const v1::DeleteClientAuthenticationRequest& request) {
  if (hosts == nullptr) return proxy_is_off();
  MEX_RETURN_IF_ERROR(hosts->remove(request.host()));
  return v1::DeleteClientAuthenticationResponse();
}

}  // namespace mex::api
