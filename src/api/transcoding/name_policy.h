#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace mex::api::transcoding {

// What becomes of a name that a message does not have, and of a name that is given twice.
enum class NamePolicy : std::uint8_t {
  // The call is refused: what a caller has misspelt may be what was to protect it.
  Strict,
  // What is unknown is ignored and reported, of two the last counts, as the original did: its
  // clients send fields that it never had.
  Lenient,
};

// Lenient for package `api`, whose clients are not rebuilt; strict for everything else.
NamePolicy name_policy_of(const google::protobuf::MethodDescriptor& method);

// What is wrong with a name that `message` does not have, and what was probably meant:
// "unknown field, did you mean \"allowed\"?". `kind` is what the name is of.
std::string unknown_name_text(const google::protobuf::Descriptor& message, std::string_view name,
                              std::string_view kind);

// A name that a caller sent, short and in one line, whatever it is made of.
std::string shown_name(std::string_view name);

// "is not a value of this enum, did you mean \"SOFT\"?", or which it has.
std::string unknown_value_text(const google::protobuf::EnumDescriptor& type, std::string_view name);

}  // namespace mex::api::transcoding
