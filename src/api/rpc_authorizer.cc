#include "api/rpc_authorizer.h"

#include "api/rpc_status.h"
#include "api/transcoding/path_template.h"
#include "base/secret.h"
#include "net/address.h"

namespace mex::api {

grpc::Status to_grpc_status(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status wire = to_rpc_status(status);
  return grpc::Status(static_cast<grpc::StatusCode>(wire.code()), wire.message(),
                      wire.SerializeAsString());
}

std::string_view metadata_value(const grpc::ServerContextBase& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

bool is_loopback_peer(std::string_view peer) {
  const std::size_t colon = peer.find(':');
  const std::string_view scheme = peer.substr(0, colon);
  if (scheme != "ipv4" && scheme != "ipv6") return false;
  const auto decoded = transcoding::percent_decode(peer.substr(colon + 1), /*keep_slash=*/false);
  if (!decoded) return false;
  const auto address = net::Address::parse(*decoded);
  return address.ok() && address->is_loopback();
}

absl::StatusOr<access::Principal> RpcAuthorizer::check(const grpc::ServerContextBase& context,
                                                       std::string_view peer) const {
  const std::string_view key = metadata_value(context, kInProcessKey);
  if (!key.empty() && base::constant_time_equal(key, in_process_key_)) {
    absl::StatusOr<access::Principal> caller =
        access::from_json(metadata_value(context, kPrincipal));
    if (!caller.ok()) return absl::InternalError("a call within the process has no principal");
    return caller;
  }
  return policy_.check({.loopback = is_loopback_peer(peer),
                        .authorization = metadata_value(context, "authorization")});
}

}  // namespace mex::api
