#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "access/principal.h"
#include "api/lane.h"
#include "api/legacy/reply_headers.h"

namespace mex::api {

// A reply with what is said beside it.
struct RpcReply {
  std::unique_ptr<google::protobuf::Message> message;
  ReplyHeaders headers;
};

// How a request's lane is found: a method has one, or its legacy verb "list" reads and the others
// change.
using LaneOf = std::function<Lane(const google::protobuf::Message& request)>;
LaneOf always(Lane lane);
LaneOf unless_listing(Lane changes);

// One method: the types of its messages, the lane of a request, and the function that answers it.
struct RpcMethod {
  std::string path;  // "/api.MexOSAgent/Provision"
  const google::protobuf::Message* request_prototype = nullptr;
  LaneOf lane;
  std::function<absl::StatusOr<RpcReply>(const access::Principal& caller,
                                         const google::protobuf::Message& request)>
      answer;
};

// One service of the protos as a table: the name of each method and the function that answers it.
// The types of request and reply follow from the function and are checked against the proto; so
// does the lane: a function over a subject that it cannot change reads. A function receives the
// principal that calls.
//
// Immutable once the methods are added, then thread-safe.
class RpcService {
 public:
  // `full_name`: "mexosagent.v1.Flavors". `changes`: the lane of what does not read.
  explicit RpcService(const std::string& full_name, Lane changes = Lane::Cluster);

  // The method is answered by a function over `subject`, a reference or pointer to what it acts on.
  // The function returns the reply, or absl::StatusOr of it.
  template <typename Result, typename Subject, typename Request>
  void add(std::string_view method,
           Result (*answer)(const access::Principal&, Subject, const Request&),
           std::type_identity_t<Subject> subject) {
    using Changed = std::remove_pointer_t<std::remove_reference_t<Subject>>;
    add_answer<Request, Result>(
        method, always(std::is_const_v<Changed> ? Lane::Read : changes_),
        [answer, held = std::tuple<Subject>(subject)](const access::Principal& caller,
                                                      const Request& request, ReplyHeaders&) {
          return answer(caller, std::get<0>(held), request);
        });
  }

  // The method is answered by a member of `api`, of which the service keeps a copy.
  template <typename Result, typename Api, typename Request>
  void add(std::string_view method, LaneOf lane,
           Result (Api::*answer)(const access::Principal&, const Request&) const, const Api& api) {
    add_answer<Request, Result>(
        method, std::move(lane),
        [answer, api](const access::Principal& caller, const Request& request, ReplyHeaders&) {
          return (api.*answer)(caller, request);
        });
  }
  template <typename Result, typename Api, typename Request>
  void add(std::string_view method, LaneOf lane,
           Result (Api::*answer)(const access::Principal&, const Request&, ReplyHeaders&) const,
           const Api& api) {
    add_answer<Request, Result>(
        method, std::move(lane),
        [answer, api](const access::Principal& caller, const Request& request,
                      ReplyHeaders& headers) { return (api.*answer)(caller, request, headers); });
  }

  const google::protobuf::ServiceDescriptor& descriptor() const { return descriptor_; }
  const std::vector<RpcMethod>& methods() const { return methods_; }
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
  void add_answer(std::string_view method, LaneOf lane, Answer answer) {
    using Reply = typename ReplyOf<Result>::Type;
    RpcMethod& added = add_method(method, *Request::descriptor(), *Reply::descriptor());
    added.request_prototype = &Request::default_instance();
    added.lane = std::move(lane);
    added.answer = [answer = std::move(answer)](
                       const access::Principal& caller,
                       const google::protobuf::Message& request) -> absl::StatusOr<RpcReply> {
      RpcReply reply;
      absl::StatusOr<Reply> result =
          answer(caller, static_cast<const Request&>(request), reply.headers);
      if (!result.ok()) return result.status();
      reply.message = std::make_unique<Reply>(*std::move(result));
      return reply;
    };
  }

  RpcMethod& add_method(std::string_view method, const google::protobuf::Descriptor& request,
                        const google::protobuf::Descriptor& reply);

  const google::protobuf::ServiceDescriptor& descriptor_;
  const Lane changes_;
  std::vector<RpcMethod> methods_;
};

}  // namespace mex::api
