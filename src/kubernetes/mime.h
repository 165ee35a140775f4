#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// MIME as cloud-init reads it (docs.cloudinit.io, "User-data formats").
namespace mex::kubernetes {

struct MimePart {
  std::string type;  // "text/cloud-config"
  std::string name;  // the file's name; scripts run in the order of their names
  std::string content;
  // `content` is a MIME message with its own headers; `type` and `name` do not count.
  bool is_message = false;
};

// The parts, in their order, as one multipart/mixed message. The same parts give the same bytes.
std::string mime_multipart(const std::vector<MimePart>& parts);

// What an operator wrote for cloud-init, as a part: its type is read from its first line, as
// cloud-init itself would. gzip'd text is unpacked first.
//   InvalidArgument    cloud-init would not know what to do with it, or the gzip is broken
//   ResourceExhausted  unpacks to more than 1 MiB
absl::StatusOr<MimePart> operator_part(std::string_view user_data);

}  // namespace mex::kubernetes
