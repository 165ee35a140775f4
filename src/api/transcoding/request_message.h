#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "api/transcoding/rule_table.h"

namespace mex::api::transcoding {

struct RequestMessage {
  std::unique_ptr<google::protobuf::Message> message;
  // What the caller gave and the message does not have: JSON members by path, query parameters by
  // name. The original ignored them, so a typo went unnoticed; we ignore and name them.
  std::vector<std::string> unknown;
};

// Puts a request together from the three places google.api.http knows: the JSON body, the query
// (only where the body is not "*") and the path, later ones winning. `query` is what follows '?'.
// An empty body, or one of white space only, is an empty request. InvalidArgument names the field
// or the position.
absl::StatusOr<RequestMessage> make_request(const Rule& rule, const std::vector<Binding>& bindings,
                                            std::string_view query, std::string_view body,
                                            google::protobuf::MessageFactory& factory);

// The JSON form of an answer: field names as in the proto, empty fields left out.
absl::StatusOr<std::string> reply_json(const google::protobuf::Message& reply);

}  // namespace mex::api::transcoding
