#include "api/open_calls.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <utility>
#include <vector>

#include "api/rpc_authorizer.h"
#include "base/status.h"

namespace mex::api {
namespace {

// For a caller to read the end of its call.
constexpr std::chrono::seconds kEndTime{5};

}  // namespace

// gRPC calls it, one step at a time; give_up() and drain() come from other threads. What is started
// is started under the mutex, so that nothing is after the end.
class OpenCalls::Call final : public grpc::ServerGenericBidiReactor, public LiveCall {
 public:
  Call(OpenCalls& owner, const OpenMethod& method, grpc::CallbackServerContext& server,
       bool is_proven)
      : owner_(owner),
        method_(method),
        server_(server),
        is_proven_(is_proven),
        end_(std::chrono::steady_clock::now() +
             (is_proven ? owner.limits_.proven_time : owner.limits_.unproven_time)) {}

  void start() { StartRead(&request_); }
  bool is_proven() const { return is_proven_; }
  bool is_ending() const {
    const base::MutexLock lock(mutex_);
    return phase_ != Phase::Open;
  }

  void check_deadline(base::SteadyTime now) override {
    const base::MutexLock lock(mutex_);
    if (now > end_) finish(absl::DeadlineExceededError("the call takes too long; call again"));
    // Its caller does not read the end.
    if (phase_ == Phase::Ending && now - ending_since_ > kEndTime) server_.TryCancel();
  }
  void give_up(const absl::Status& reason) override {
    const base::MutexLock lock(mutex_);
    finish(reason);
  }
  void drain() {
    const base::MutexLock lock(mutex_);
    if (method_.form == OpenMethod::Form::Follow && !is_writing_) {
      finish_with(method_.last_answer);
    } else {
      finish(absl::UnavailableError("the agent ends"));
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) return give_up(absl::OkStatus());
    const absl::StatusOr<std::string> answer = answer_request();
    const base::MutexLock lock(mutex_);
    if (!answer.ok()) return finish(answer.status());
    if (method_.form == OpenMethod::Form::Unary) return finish_with(*answer);
    if (phase_ != Phase::Open) return;
    reply_ = buffer_of(*answer);
    is_writing_ = true;
    StartWrite(&reply_);
  }
  void OnWriteDone(bool ok) override {
    const base::MutexLock lock(mutex_);
    is_writing_ = false;
    if (!ok) return finish(absl::CancelledError("the caller has left"));
    if (phase_ == Phase::Open && method_.form == OpenMethod::Form::AnswerEach) {
      StartRead(&request_);
    }
  }
  void OnCancel() override { give_up(absl::CancelledError("the caller has left")); }
  void OnDone() override {
    {
      // Who is about to cancel does so first.
      const base::MutexLock lock(mutex_);
      phase_ = Phase::Done;
    }
    owner_.calls_.remove(*this);
  }

 private:
  static grpc::ByteBuffer buffer_of(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    return grpc::ByteBuffer(&slice, 1);
  }

  absl::StatusOr<std::string> answer_request() {
    if (request_.Length() > owner_.limits_.max_message) {
      return base::error(absl::StatusCode::kResourceExhausted, "the request is over {} bytes",
                         owner_.limits_.max_message);
    }
    const std::unique_ptr<google::protobuf::Message> request(method_.request_prototype->New());
    grpc::ProtoBufferReader reader(&request_);
    if (!request->ParseFromZeroCopyStream(&reader)) {
      return absl::InvalidArgumentError("the request cannot be read");
    }
    return method_.answer(*request);
  }

  void finish(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (begin_end()) Finish(to_grpc_status(status));
  }
  void finish_with(const std::string& last) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!begin_end()) return;
    reply_ = buffer_of(last);
    StartWriteAndFinish(&reply_, grpc::WriteOptions(), grpc::Status::OK);
  }
  bool begin_end() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (phase_ != Phase::Open) return false;
    phase_ = Phase::Ending;
    ending_since_ = std::chrono::steady_clock::now();
    return true;
  }

  enum class Phase { Open, Ending, Done };

  OpenCalls& owner_;
  const OpenMethod& method_;
  grpc::CallbackServerContext& server_;  // until OnDone
  const bool is_proven_;
  const base::SteadyTime end_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_;
  mutable base::Mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::Open;
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  base::SteadyTime ending_since_ ABSL_GUARDED_BY(mutex_){};
};

OpenCalls::OpenCalls(LiveCalls& calls, const Limits& limits, std::vector<OpenMethod> methods)
    : calls_(calls), limits_(limits) {
  for (OpenMethod& method : methods) {
    std::string path = method.path;
    methods_.emplace(std::move(path), std::move(method));
  }
}

const OpenMethod* OpenCalls::find(std::string_view path) const {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : &found->second;
}

// Calls whose callers do not read their end count, too; then there is no room.
bool OpenCalls::make_room(bool is_proven) {
  const std::size_t most = is_proven ? limits_.proven : limits_.unproven;
  std::shared_ptr<LiveCall> oldest;
  std::size_t open = 0;
  std::size_t all = 0;
  for (const auto& live : calls_.all()) {
    const auto* call = dynamic_cast<const Call*>(live.get());
    if (call == nullptr || call->is_proven() != is_proven) continue;
    ++all;
    if (!call->is_ending() && ++open == 1) oldest = live;
  }
  if (open >= most)
    oldest->give_up(absl::ResourceExhaustedError("ended in favour of a newer call"));
  return all - open < limits_.ending;
}

grpc::ServerGenericBidiReactor* OpenCalls::begin(const OpenMethod& method,
                                                 grpc::CallbackServerContext& server,
                                                 bool is_proven) {
  const bool has_room = make_room(is_proven);
  const auto call = std::make_shared<Call>(*this, method, server, is_proven);
  if (is_draining_) {
    call->give_up(absl::UnavailableError("the agent ends"));
  } else if (!has_room) {
    call->give_up(absl::ResourceExhaustedError("busy; try later"));
  } else {
    call->start();
  }
  calls_.add(call);
  return call.get();
}

void OpenCalls::drain() {
  is_draining_ = true;
  for (const auto& live : calls_.all()) {
    if (auto* call = dynamic_cast<Call*>(live.get())) call->drain();
  }
}

}  // namespace mex::api
