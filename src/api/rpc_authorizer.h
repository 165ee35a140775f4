#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <exception>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "access/access_policy.h"
#include "access/principal.h"

namespace mex::api {

grpc::Status to_grpc_status(const absl::Status& status);

// Says of every gRPC call, before its method runs, who makes it. Thread-safe.
//
// The REST gateway calls over a channel within the process, after it has authorized its own caller.
// It proves that with `in_process_key`, which is made at start and never leaves the process, and
// then the principal is the one that it sends along. From any other caller that metadata is not
// read: a remote client cannot choose its principal.
class RpcAuthorizer {
 public:
  // Metadata of calls within the process: the key, and the principal as access::to_json has it.
  static constexpr char kInProcessKey[] = "x-mex-in-process-key";
  static constexpr char kPrincipal[] = "x-mex-principal";

  // `policy` outlives this object.
  RpcAuthorizer(const access::AccessPolicy& policy, std::string in_process_key)
      : policy_(policy), in_process_key_(std::move(in_process_key)) {}

  // As access::AccessPolicy::check.
  absl::StatusOr<access::Principal> check(const grpc::ServerContext& context) const;

  // Runs `call` (taking the principal, returning absl::Status) if the caller may. No exception
  // leaves it.
  template <typename Call>
  grpc::Status serve(const grpc::ServerContext& context, Call&& call) const {
    const absl::StatusOr<access::Principal> caller = check(context);
    if (!caller.ok()) return to_grpc_status(caller.status());
    try {
      return to_grpc_status(std::forward<Call>(call)(*caller));
    } catch (const std::exception& fault) {
      return to_grpc_status(internal_fault(fault));
    }
  }

 private:
  static absl::Status internal_fault(const std::exception& fault);

  const access::AccessPolicy& policy_;
  const std::string in_process_key_;
};

// Whether a peer as gRPC writes it ("ipv4:127.0.0.1:5000", "ipv6:%5B::1%5D:5000") is on loopback.
bool is_loopback_peer(std::string_view peer);

}  // namespace mex::api
