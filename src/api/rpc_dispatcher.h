#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/byte_budget.h"
#include "api/call_lane.h"
#include "api/grpc_connections.h"
#include "api/live_calls.h"
#include "api/open_calls.h"
#include "api/rpc_authorizer.h"
#include "api/rpc_call.h"
#include "api/rpc_limits.h"
#include "api/rpc_service.h"

namespace mex::api {

// Every call of a server comes here with its head alone. Who may not call is refused before a
// message is read, so they cost no thread and no memory that lasts.
class RpcDispatcher final : public grpc::CallbackGenericService {
 public:
  struct Context {
    const RpcAuthorizer& authorizer;
    const std::vector<std::unique_ptr<RpcService>>& services;  // this and the next outlive it
    GrpcConnections* connections = nullptr;                    // null: within the process
    RpcLimits limits{};
  };

  explicit RpcDispatcher(const Context& context);
  RpcDispatcher(const RpcDispatcher&) = delete;
  RpcDispatcher& operator=(const RpcDispatcher&) = delete;
  // When the server is gone and the last call has ended.
  ~RpcDispatcher() override = default;

  // No new calls; those that only follow are ended.
  void drain();

 private:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* call) override;
  absl::Status make_room();

  // Where a call comes from.
  struct Origin {
    GrpcConnections::Number connection = 0;
    std::string peer;  // as gRPC writes it
    std::string turn;  // whose turn it is when calls wait
  };
  Origin origin_of(const grpc::GenericCallbackServerContext& call) const;

  const RpcAuthorizer& authorizer_;
  GrpcConnections* const connections_;
  const RpcLimits limits_;
  std::map<std::string, const RpcMethod*, std::less<>> methods_;
  std::atomic<bool> is_draining_{false};
  ByteBudget requests_;
  ByteBudget replies_;
  LiveCalls calls_;
  const RpcCallContext shared_;
  // A thread may still be at a call whose caller has its answer: the lanes end, and wait for their
  // threads, before what the calls use does.
  std::map<Lane, std::unique_ptr<CallLane>> lanes_;
  std::unique_ptr<OpenCalls> open_;  // null within the process
};

}  // namespace mex::api
