#include "api/rpc_dispatcher.h"

#include <utility>

#include "api/grpc_socket_pairs.h"
#include "base/status.h"

namespace mex::api {
namespace {

// A call that ends with its head.
class RefusedCall final : public grpc::ServerGenericBidiReactor {
 public:
  explicit RefusedCall(const absl::Status& reason) { Finish(to_grpc_status(reason)); }
  void OnDone() override { delete this; }
};

std::vector<std::string> names_of(const std::vector<std::unique_ptr<RpcService>>& services) {
  std::vector<std::string> names;
  for (const auto& service : services) names.push_back(service->descriptor().full_name());
  return names;
}

std::vector<OpenMethod> open_methods(const std::vector<std::unique_ptr<RpcService>>& services) {
  std::vector<std::string> names = names_of(services);
  std::vector<OpenMethod> methods = health_methods(names);
  names.insert(names.end(), {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"});
  for (OpenMethod& method : reflection_methods(names)) methods.push_back(std::move(method));
  return methods;
}

}  // namespace

RpcDispatcher::RpcDispatcher(const Context& context)
    : authorizer_(context.authorizer),
      connections_(context.connections),
      limits_(context.limits),
      requests_(limits_.request_bytes),
      replies_(limits_.reply_bytes),
      shared_{.limits = limits_,
              .calls = calls_,
              .requests = requests_,
              .replies = replies_,
              .lane = [this](Lane lane) -> CallLane& { return *lanes_.at(lane); },
              .on_end =
                  [this](GrpcConnections::Number connection) {
                    if (connections_ != nullptr) connections_->call_ended(connection);
                  }} {
  for (const auto& service : context.services) {
    for (const RpcMethod& method : service->methods()) methods_.emplace(method.path, &method);
  }
  for (const Lane lane : {Lane::Read, Lane::Cluster, Lane::Routing, Lane::Nginx, Lane::Name}) {
    lanes_.emplace(lane, std::make_unique<CallLane>(limits_.lane(lane)));
  }
  if (connections_ != nullptr) {
    open_ =
        std::make_unique<OpenCalls>(calls_, OpenCalls::Limits(), open_methods(context.services));
  }
}

void RpcDispatcher::drain() {
  is_draining_ = true;
  if (open_ != nullptr) open_->drain();
}

RpcDispatcher::Origin RpcDispatcher::origin_of(
    const grpc::GenericCallbackServerContext& call) const {
  if (connections_ == nullptr) {
    const std::string turn(metadata_value(call, RpcAuthorizer::kCaller));
    return {.connection = 0, .peer = "", .turn = turn};
  }
  const auto number = GrpcSocketPairs::number_of(call.peer()).value_or(0);
  const std::string peer = connections_->peer_of(number);
  return {.connection = number, .peer = peer, .turn = peer};
}

grpc::ServerGenericBidiReactor* RpcDispatcher::CreateReactor(
    grpc::GenericCallbackServerContext* call) {
  const Origin origin = origin_of(*call);
  absl::StatusOr<access::Principal> caller = authorizer_.check(*call, origin.peer);
  if (open_ != nullptr) {
    const OpenMethod* method = open_->find(call->method());
    if (method != nullptr) return open_->begin(*method, *call, caller.ok());
  }
  if (!caller.ok()) {
    if (connections_ != nullptr) connections_->call_refused(origin.connection);
    return new RefusedCall(caller.status());
  }
  const auto method = methods_.find(call->method());
  if (method == methods_.end()) {
    return new RefusedCall(
        base::error(absl::StatusCode::kUnimplemented, "there is no method {}", call->method()));
  }
  if (is_draining_) return new RefusedCall(absl::UnavailableError("the agent ends"));
  if (const absl::Status room = make_room(); !room.ok()) return new RefusedCall(room);
  if (connections_ != nullptr) {
    connections_->call_begun(origin.connection, std::chrono::steady_clock::now());
  }
  auto begun = std::make_shared<RpcCall>(shared_, *call, *method->second, *std::move(caller),
                                         RpcCall::Origin{origin.connection, origin.turn});
  // Nothing comes of it before the reactor is returned.
  begun->start();
  calls_.add(begun);
  return begun.get();
}

// A message that is slow to arrive makes room for another one.
absl::Status RpcDispatcher::make_room() {
  if (calls_.size() < limits_.reading) return absl::OkStatus();
  std::shared_ptr<LiveCall> slowest;
  std::size_t reading = 0;
  std::size_t all = 0;
  for (const auto& live : calls_.all()) {
    const auto* call = dynamic_cast<const RpcCall*>(live.get());
    if (call == nullptr) continue;
    ++all;
    if (call->is_reading() && ++reading == 1) slowest = live;
  }
  if (slowest != nullptr && reading >= limits_.reading) {
    slowest->give_up(
        absl::ResourceExhaustedError("busy: the request arrives too slowly; try later"));
  }
  if (all < limits_.calls) return absl::OkStatus();
  return base::error(absl::StatusCode::kResourceExhausted,
                     "busy: {} calls are under way; try later", limits_.calls);
}

}  // namespace mex::api
