#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "access/principal.h"
#include "api/http_reply.h"
#include "api/transcoding/precondition.h"
#include "api/transcoding/rule_table.h"
#include "base/mutex.h"

namespace mex::api {

// Turns a REST call into a gRPC call and its reply into a REST reply, by descriptors and byte
// buffers: there is no code for single methods. A reply that is a mexosagent.v1.File is sent as
// that file, any other as JSON. Thread-safe.
class Gateway {
 public:
  using Done = std::function<void(HttpReply)>;

  // `channel` leads to a server that knows `in_process_key` (see RpcAuthorizer).
  Gateway(transcoding::RuleTable rules, const std::shared_ptr<grpc::Channel>& channel,
          std::string in_process_key)
      : rules_(std::move(rules)), stub_(channel), in_process_key_(std::move(in_process_key)) {}
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;
  // Waits for the calls in flight.
  ~Gateway();

  const transcoding::RuleTable& rules() const { return rules_; }

  // `caller` was authorized by who calls this; `lookup` has a rule of this gateway's table. `done`
  // is called once, on a thread of gRPC, or within this call if the request is refused before it is
  // sent. `precondition` that does not hold is answered 412. `turn` names whose turn it is when
  // calls wait (see CallLane).
  void call(const access::Principal& caller, const transcoding::Lookup& lookup,
            std::string_view query, std::string_view body, Done done, std::string_view turn = {},
            const transcoding::Precondition& precondition = {});

 private:
  class InFlight;
  struct Call;
  void finish(Call& call, const grpc::Status& status);

  const transcoding::RuleTable rules_;
  grpc::GenericStub stub_;
  const std::string in_process_key_;
  base::Mutex mutex_;
  base::CondVar idle_;
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mex::api
