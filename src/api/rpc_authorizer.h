#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <exception>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "api/access_policy.h"

namespace mex::api {

grpc::Status to_grpc_status(const absl::Status& status);

// What every gRPC call passes before its method runs. Thread-safe.
class RpcAuthorizer {
 public:
  // `in_process_key` is known to this process alone: the REST gateway shows it, having judged its
  // caller itself. The policy outlives the gate.
  RpcAuthorizer(const AccessPolicy& policy, std::string in_process_key)
      : policy_(policy), in_process_key_(std::move(in_process_key)) {}

  absl::Status check(const grpc::ServerContext& context) const;

  // Runs `call` (returning absl::Status) if the caller may. No exception leaves it.
  template <typename Call>
  grpc::Status serve(const grpc::ServerContext& context, Call&& call) const {
    absl::Status status = check(context);
    try {
      if (status.ok()) status = std::forward<Call>(call)();
    } catch (const std::exception& fault) {
      status = internal_fault(fault);
    }
    return to_grpc_status(status);
  }

  static constexpr char kInProcessKey[] = "x-mex-in-process-key";

 private:
  static absl::Status internal_fault(const std::exception& fault);

  const AccessPolicy& policy_;
  const std::string in_process_key_;
};

// Whether a peer as gRPC writes it ("ipv4:127.0.0.1:5000", "ipv6:%5B::1%5D:5000") is on loopback.
bool is_loopback_peer(std::string_view peer);

}  // namespace mex::api
