#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "api/transcoding/rule_table.h"

namespace mex::api::transcoding {

// What a caller makes a change depend on (RFC 9110 section 13.1), by the header fields If-Match and
// If-None-Match.
struct Precondition {
  // Empty: none. "*": the resource exists. Else the etags that it may be at, with commas between.
  std::string etags;
  bool must_not_exist = false;  // If-None-Match: *

  bool is_empty() const { return etags.empty() && !must_not_exist; }
};

// From the values of the fields, lines joined by commas. InvalidArgument: not a list of
// entity-tags.
absl::StatusOr<Precondition> parse_precondition(std::string_view if_match,
                                                std::string_view if_none_match);

// Puts it into the request's own fields: `etag`, or that of the message which the body fills, and
// `must_not_exist`. FailedPrecondition: the method does not know what would have to hold.
// InvalidArgument: the body says another etag. A method that changes nothing has none.
absl::Status apply_precondition(const Precondition& precondition, const Rule& rule,
                                google::protobuf::Message& request);

// "\"5\"" of an answer that has an etag; else empty.
std::string etag_header(const google::protobuf::Message& reply);

}  // namespace mex::api::transcoding
