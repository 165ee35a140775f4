#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "access/principal.h"
#include "api/byte_budget.h"
#include "api/call_lane.h"
#include "api/grpc_connections.h"
#include "api/live_calls.h"
#include "api/rpc_limits.h"
#include "api/rpc_service.h"
#include "base/mutex.h"

namespace mex::api {

// What the calls of a server share. All of it outlives them.
struct RpcCallContext {
  const RpcLimits& limits;
  LiveCalls& calls;
  ByteBudget& requests;
  ByteBudget& replies;
  std::function<CallLane&(Lane)> lane;
  std::function<void(GrpcConnections::Number connection)> on_end;
};

// A call of a method, from its head to the end of its answer: the message is read, the call waits
// for a thread of its lane, the method answers, the caller reads the answer. Each of these has a
// deadline, after which the caller hears so, whatever the thread still does.
//
// gRPC and the lane call it on threads of theirs.
class RpcCall final : public grpc::ServerGenericBidiReactor,
                      public LiveCall,
                      public LaneJob,
                      public std::enable_shared_from_this<RpcCall> {
 public:
  struct Origin {
    GrpcConnections::Number connection = 0;
    std::string turn;  // whose turn it is when calls wait
  };

  // `method` and `shared` outlive the call.
  RpcCall(const RpcCallContext& shared, grpc::CallbackServerContext& server,
          const RpcMethod& method, access::Principal caller, Origin origin);

  // Once, when the call is in the table.
  void start() { StartRead(&request_.bytes); }

  bool is_reading() const;

  void check_deadline(base::SteadyTime now) override;
  void give_up(const absl::Status& reason) override;

  // LaneJob
  void run() override;
  void refuse(const absl::Status& reason) override { give_up(reason); }

  // ServerGenericBidiReactor
  void OnReadDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  enum class Phase { Reading, Waiting, Running, Answering, Done };

  absl::Status take_request();
  absl::Status make_answer();
  absl::Status overdue(base::SteadyTime now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False if the call is in another phase.
  bool proceed(Phase from, Phase to);

  const RpcCallContext& shared_;
  grpc::CallbackServerContext& server_;  // until OnDone
  const RpcMethod& method_;
  const access::Principal caller_;
  const Origin origin_;
  const base::SteadyTime begun_;
  CallLane* lane_ = nullptr;  // set before the call waits

  struct {
    grpc::ByteBuffer bytes;
    std::unique_ptr<google::protobuf::Message> message;
    ByteBudget::Share share;
  } request_;
  struct {
    ReplyHeaders headers;
    grpc::ByteBuffer bytes;
    ByteBudget::Share share;
  } reply_;

  mutable base::Mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::Reading;
  base::SteadyTime since_ ABSL_GUARDED_BY(mutex_);  // when this phase began
};

}  // namespace mex::api
