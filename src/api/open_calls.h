#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/generic/async_generic_service.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "api/live_calls.h"

namespace mex::api {

// A method that is open to everyone: it shows nothing of the agent's state, answers from memory and
// on gRPC's own threads.
struct OpenMethod {
  enum class Form { Unary, AnswerEach, Follow };

  std::string path;
  // Unary: one request, one answer. AnswerEach: any number of both, in turn. Follow: one request,
  // an answer, and `last_answer` when the server ends.
  Form form = Form::Unary;
  const google::protobuf::Message* request_prototype = nullptr;
  std::function<absl::StatusOr<std::string>(const google::protobuf::Message& request)> answer;
  std::string last_answer{};
};

// The calls of open methods: health and reflection. They cost no thread, and there are few of them:
// one too many takes the place of the oldest of its kind. Callers who have shown who they are have
// another budget. Thread-safe.
class OpenCalls {
 public:
  struct Limits {
    std::size_t unproven = 8;
    std::size_t proven = 32;
    std::size_t ending = 64;  // of each: their callers have not read the end yet
    std::size_t max_message = 4096;
    std::chrono::milliseconds unproven_time{60'000};
    std::chrono::milliseconds proven_time{3'600'000};
  };

  // `calls` outlives this object.
  OpenCalls(LiveCalls& calls, const Limits& limits, std::vector<OpenMethod> methods);
  OpenCalls(const OpenCalls&) = delete;
  OpenCalls& operator=(const OpenCalls&) = delete;
  // When the last call has ended.
  ~OpenCalls() = default;

  // Null: there is no such open method.
  const OpenMethod* find(std::string_view path) const;
  // The reactor of a call.
  grpc::ServerGenericBidiReactor* begin(const OpenMethod& method,
                                        grpc::CallbackServerContext& server, bool is_proven);

  // Those who follow get their last answer, the others are ended. New calls are refused.
  void drain();

 private:
  class Call;

  bool make_room(bool is_proven);

  LiveCalls& calls_;
  const Limits limits_;
  std::map<std::string, OpenMethod, std::less<>> methods_;
  std::atomic<bool> is_draining_{false};
};

// Health and reflection, which lists `services` and itself. The descriptors are those of the
// program.
std::vector<OpenMethod> health_methods(const std::vector<std::string>& services);
std::vector<OpenMethod> reflection_methods(const std::vector<std::string>& services);

}  // namespace mex::api
