#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "api/transcoding/name_policy.h"

namespace mex::api::transcoding {

// Checks `json` against `message` before protobuf's converter reads it. The converter accepts more
// than RFC 8259, drops unknown names silently and adds up what is given twice; here syntax and
// kinds of values are strict, and names are what `names` says.
//
// Where it is lenient, the paths of members that the message does not have are noted
// ("provisions[0].nmae"), at most kMaxUnknownFields of them. Paths begin at `root`, the field that
// the text is the value of, if it is not empty. InvalidArgument: malformed text with its line and
// column, or a field with a value of the wrong kind ("provisions[0].name: must be a string, not a
// number"), without a meaning ("parts[1].sice: unknown field, did you mean \"size\"?"), or given
// twice.
struct CheckedJson {
  std::vector<std::string> unknown;
  // A duration is not written as the converter takes it: see with_plain_durations.
  bool has_durations = false;
};
absl::StatusOr<CheckedJson> check_json(std::string_view json,
                                       const google::protobuf::Descriptor& message,
                                       NamePolicy names, std::string_view root = "");

// `json`, which check_json has let pass, with every duration in seconds.
std::string with_plain_durations(std::string_view json,
                                 const google::protobuf::Descriptor& message);

inline constexpr std::size_t kMaxUnknownFields = 16;
inline constexpr std::size_t kMaxNesting = 64;

}  // namespace mex::api::transcoding
