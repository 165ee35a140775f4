#include "api/rpc_call.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <exception>
#include <utility>

#include "api/rpc_authorizer.h"
#include "base/log.h"
#include "base/status.h"

namespace mex::api {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;
using std::chrono::steady_clock;

}  // namespace

RpcCall::RpcCall(const RpcCallContext& shared, grpc::CallbackServerContext& server,
                 const RpcMethod& method, access::Principal caller, Origin origin)
    : shared_(shared),
      server_(server),
      method_(method),
      caller_(std::move(caller)),
      origin_(std::move(origin)),
      begun_(steady_clock::now()),
      since_(begun_) {}

bool RpcCall::is_reading() const {
  const base::MutexLock lock(mutex_);
  return phase_ == Phase::Reading;
}

bool RpcCall::proceed(Phase from, Phase to) {
  const base::MutexLock lock(mutex_);
  if (phase_ != from) return false;
  phase_ = to;
  since_ = steady_clock::now();
  return true;
}

absl::Status RpcCall::take_request() {
  if (!shared_.requests.take(request_.bytes.Length(), request_.share)) {
    return base::error(absl::StatusCode::kResourceExhausted,
                       "busy: requests of {} bytes wait already; try later",
                       shared_.requests.used());
  }
  request_.message.reset(method_.request_prototype->New());
  grpc::ProtoBufferReader reader(&request_.bytes);
  if (!request_.message->ParseFromZeroCopyStream(&reader)) {
    return base::error(absl::StatusCode::kInvalidArgument, "the request is no {}",
                       request_.message->GetTypeName());
  }
  return absl::OkStatus();
}

void RpcCall::OnReadDone(bool ok) {
  if (!ok) return give_up(absl::InvalidArgumentError("the call has no message"));
  const absl::Status status = take_request();
  request_.bytes.Clear();
  if (!status.ok()) return give_up(status);
  lane_ = &shared_.lane(method_.lane(*request_.message));
  if (proceed(Phase::Reading, Phase::Waiting)) lane_->submit(origin_.turn, shared_from_this());
}

void RpcCall::run() {
  if (!proceed(Phase::Waiting, Phase::Running)) return;
  const absl::Status status = make_answer();
  if (!status.ok()) return give_up(status);
  // From here on no one else ends the call, so its context stays.
  if (!proceed(Phase::Running, Phase::Answering)) return;
  for (const auto& [name, value] : reply_.headers) server_.AddInitialMetadata(name, value);
  StartWriteAndFinish(&reply_.bytes, grpc::WriteOptions(), grpc::Status::OK);
}

absl::Status RpcCall::make_answer() {
  if (log::enabled(log::Level::Debug)) {
    log::debug("gRPC call", {{"method", method_.path}, {"principal", to_string(caller_)}});
  }
  try {
    MEX_ASSIGN_OR_RETURN(RpcReply reply, method_.answer(caller_, *request_.message));
    reply_.headers = std::move(reply.headers);
    if (!shared_.replies.take(reply.message->ByteSizeLong(), reply_.share)) {
      return base::error(absl::StatusCode::kResourceExhausted,
                         "busy: answers of {} bytes wait for those who asked; try later",
                         shared_.replies.used());
    }
    bool own_buffer = false;
    const grpc::Status written =
        grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(
            *reply.message, &reply_.bytes, &own_buffer);
    if (!written.ok()) return absl::InternalError("the answer could not be written");
    return absl::OkStatus();
  } catch (const std::exception& fault) {
    log::error("a call ended in an exception", {{"what", fault.what()}});
    return base::error(absl::StatusCode::kInternal, "the agent failed: {}", fault.what());
  }
}

void RpcCall::give_up(const absl::Status& reason) {
  bool waits = false;
  {
    const base::MutexLock lock(mutex_);
    if (phase_ == Phase::Answering || phase_ == Phase::Done) return;
    waits = phase_ == Phase::Waiting;
    phase_ = Phase::Answering;
    since_ = steady_clock::now();
  }
  if (waits) lane_->withdraw(*this);
  Finish(to_grpc_status(reason));
}

absl::Status RpcCall::overdue(base::SteadyTime now) const {
  const RpcLimits& limits = shared_.limits;
  if (phase_ == Phase::Reading && now - since_ > limits.read_time) {
    return base::error(absl::StatusCode::kDeadlineExceeded,
                       "the request did not arrive within {} seconds",
                       duration_cast<seconds>(limits.read_time).count());
  }
  if (phase_ == Phase::Waiting && now - since_ > lane_->limits().max_wait) {
    return base::error(absl::StatusCode::kUnavailable,
                       "busy: other {} go on for {} seconds; nothing was begun, try later",
                       lane_->limits().name,
                       duration_cast<seconds>(lane_->limits().max_wait).count());
  }
  if (phase_ == Phase::Running && now - begun_ > limits.answer_time) {
    return base::error(absl::StatusCode::kDeadlineExceeded,
                       "not done within {} seconds, and going on; look before you try again",
                       duration_cast<seconds>(limits.answer_time).count());
  }
  return absl::OkStatus();
}

void RpcCall::check_deadline(base::SteadyTime now) {
  absl::Status status;
  {
    const base::MutexLock lock(mutex_);
    // Under the lock the context cannot go: OnDone waits for it.
    if (phase_ == Phase::Answering && now - since_ > shared_.limits.write_time) {
      return server_.TryCancel();
    }
    status = overdue(now);
  }
  if (!status.ok()) give_up(status);
}

void RpcCall::OnCancel() { give_up(absl::CancelledError("the caller has left")); }

void RpcCall::OnDone() {
  {
    const base::MutexLock lock(mutex_);
    phase_ = Phase::Done;
  }
  shared_.on_end(origin_.connection);
  shared_.calls.remove(*this);
}

}  // namespace mex::api
