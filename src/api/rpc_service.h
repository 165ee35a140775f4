#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message_lite.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/method_handler.h>

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "api/legacy/reply_headers.h"
#include "api/rpc_authorizer.h"

namespace mex::api {

// One service of the protos as a table: the name of each method and the function that answers it.
// The types of request and reply follow from the function and are checked against the proto. Every
// call is authorized first, and the function receives the principal that calls.
//
// Methods are added before the server starts; after that gRPC calls them on its threads.
class RpcService final : public grpc::Service {
 public:
  // `full_name`: "mexosagent.v1.Flavors". `authorizer` outlives the service.
  RpcService(const std::string& full_name, const RpcAuthorizer& authorizer);

  // The method is answered by a function over `subject`, a reference or pointer to what it acts on.
  // The function returns the reply, or absl::StatusOr of it.
  template <typename Result, typename Subject, typename Request>
  void add(std::string_view method,
           Result (*answer)(const access::Principal&, Subject, const Request&),
           std::type_identity_t<Subject> subject) {
    add_answer<Request, Result>(
        method, [answer, held = std::tuple<Subject>(subject)](
                    const access::Principal& caller, const Request& request, ReplyHeaders&) {
          return answer(caller, std::get<0>(held), request);
        });
  }

  // The method is answered by a member of `api`, of which the service keeps a copy.
  template <typename Result, typename Api, typename Request>
  void add(std::string_view method,
           Result (Api::*answer)(const access::Principal&, const Request&) const, const Api& api) {
    add_answer<Request, Result>(
        method, [answer, api](const access::Principal& caller, const Request& request,
                              ReplyHeaders&) { return (api.*answer)(caller, request); });
  }
  template <typename Result, typename Api, typename Request>
  void add(std::string_view method,
           Result (Api::*answer)(const access::Principal&, const Request&, ReplyHeaders&) const,
           const Api& api) {
    add_answer<Request, Result>(
        method,
        [answer, api](const access::Principal& caller, const Request& request,
                      ReplyHeaders& headers) { return (api.*answer)(caller, request, headers); });
  }

  const google::protobuf::ServiceDescriptor& descriptor() const { return descriptor_; }
  // Whether every method of the proto was added.
  bool is_complete() const;

 private:
  template <typename Result>
  struct ReplyOf {
    using Type = Result;
  };
  template <typename Reply>
  struct ReplyOf<absl::StatusOr<Reply>> {
    using Type = Reply;
  };

  template <typename Request, typename Result, typename Answer>
  void add_answer(std::string_view method, Answer answer) {
    using google::protobuf::MessageLite;
    using grpc::internal::RpcMethod;
    using Reply = typename ReplyOf<Result>::Type;
    const std::string& path = add_path(method, *Request::descriptor(), *Reply::descriptor());
    auto handler = [&path, answer = std::move(answer)](RpcService* service,
                                                       grpc::ServerContext* context,
                                                       const Request* request, Reply* reply) {
      return service->serve(path, *context,
                            [&](const access::Principal& caller, ReplyHeaders& headers) {
                              absl::StatusOr<Reply> result = answer(caller, *request, headers);
                              if (result.ok()) *reply = *std::move(result);
                              return result.status();
                            });
    };
    AddMethod(new grpc::internal::RpcServiceMethod(
        path.c_str(), RpcMethod::NORMAL_RPC,
        new grpc::internal::RpcMethodHandler<RpcService, Request, Reply, MessageLite, MessageLite>(
            std::move(handler), this)));
  }

  const std::string& add_path(std::string_view method, const google::protobuf::Descriptor& request,
                              const google::protobuf::Descriptor& reply);
  grpc::Status serve(
      const std::string& path, grpc::ServerContext& context,
      const std::function<absl::Status(const access::Principal&, ReplyHeaders&)>& answer) const;

  const google::protobuf::ServiceDescriptor& descriptor_;
  const RpcAuthorizer& authorizer_;
  std::deque<std::string> paths_;  // "/api.MexOSAgent/Provision"; gRPC keeps pointers to them
};

}  // namespace mex::api
