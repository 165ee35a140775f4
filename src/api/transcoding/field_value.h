#pragma once

#include <google/protobuf/message.h>

#include <string_view>

#include "absl/status/status.h"

namespace mex::api::transcoding {

// Whether `path` ("name" or "cluster.name") leads through single-valued messages to a single-valued
// field that can be written as text.
bool is_text_field(const google::protobuf::Descriptor& message, std::string_view path);

// Sets the field at `path` from text, as path variables and query parameters give it: numbers in
// decimal, booleans as true or false, enums by name or number, bytes as they are. A repeated field
// gets one element more. NotFound: no such field; InvalidArgument: names field and what was wrong.
absl::Status set_field(google::protobuf::Message& message, std::string_view path,
                       std::string_view text);

}  // namespace mex::api::transcoding
