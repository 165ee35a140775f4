#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "access/access_policy.h"
#include "access/principal.h"

namespace mex::api {

grpc::Status to_grpc_status(const absl::Status& status);

// Says of every gRPC call who makes it, by what its head says: before a message of it is read.
// Thread-safe.
//
// The REST gateway calls over a channel within the process, after it has authorized its own caller.
// It proves that with `in_process_key`, which is made at start and never leaves the process, and
// then the principal is the one that it sends along. From any other caller that metadata is not
// read: a remote client cannot choose its principal.
class RpcAuthorizer {
 public:
  // Metadata of calls within the process: the key, the principal as access::to_json has it, and
  // whose turn it is (see CallLane).
  static constexpr char kInProcessKey[] = "x-mex-in-process-key";
  static constexpr char kCaller[] = "x-mex-caller";
  static constexpr char kPrincipal[] = "x-mex-principal";

  // `policy` outlives this object.
  RpcAuthorizer(const access::AccessPolicy& policy, std::string in_process_key)
      : policy_(policy), in_process_key_(std::move(in_process_key)) {}

  // As access::AccessPolicy::check. `peer`: the client's address as gRPC writes it.
  absl::StatusOr<access::Principal> check(const grpc::ServerContextBase& context,
                                          std::string_view peer) const;

 private:
  const access::AccessPolicy& policy_;
  const std::string in_process_key_;
};

// The value of a caller's metadata; empty without.
std::string_view metadata_value(const grpc::ServerContextBase& context, const char* key);

// Whether a peer as gRPC writes it ("ipv4:127.0.0.1:5000", "ipv6:%5B::1%5D:5000") is on loopback.
bool is_loopback_peer(std::string_view peer);

}  // namespace mex::api
