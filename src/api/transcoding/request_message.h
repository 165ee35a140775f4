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
  // What the caller sent and the message does not have, where that is ignored (name_policy.h): JSON
  // members by path, query parameters by name.
  std::vector<std::string> unknown;
};

// Builds a request from the three places that google.api.http names: the JSON body, the query
// (only where the body is not "*") and the path, later ones winning. `query` is what follows '?'.
// An empty body, or one of white space only, is an empty request, and a byte order mark before it
// is passed over. InvalidArgument names the field or the position.
absl::StatusOr<RequestMessage> make_request(const Rule& rule, const std::vector<Binding>& bindings,
                                            std::string_view query, std::string_view body,
                                            google::protobuf::MessageFactory& factory);

// The JSON form of an answer: field names as in the proto, empty fields left out.
absl::StatusOr<std::string> reply_json(const google::protobuf::Message& reply);

}  // namespace mex::api::transcoding
