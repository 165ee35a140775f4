#pragma once

#include <google/protobuf/message.h>

#include <string_view>

#include "absl/status/status.h"

// Which fields of a resource a PATCH is about: the field `update_mask` of its request.
namespace mex::api::transcoding {

// Whether `name` is such a field of the request.
bool is_update_mask(const google::protobuf::Descriptor& request, std::string_view name);

// From ?update_mask=origin,balance.policy: paths in `resource`, or "*" for all of it.
// InvalidArgument names what is no field.
absl::Status set_update_mask(google::protobuf::Message& request,
                             const google::protobuf::Descriptor& resource, std::string_view paths);

// Whether the request has one, or can have none.
bool has_update_mask(const google::protobuf::Message& request);

// From the body, where no mask was given: what is in it, as JSON merge patch reads it (RFC 7396).
// Each member of an object is a path; lists and null are the whole of their field. `json`
// has passed check_json.
void set_mask_of_body(google::protobuf::Message& request,
                      const google::protobuf::Descriptor& resource, std::string_view json);

}  // namespace mex::api::transcoding
