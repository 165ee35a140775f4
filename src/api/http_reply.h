#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace mex::api {

// A whole REST answer.
struct HttpReply {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};
};

inline constexpr char kJson[] = "application/json";
inline constexpr char kPlainText[] = "text/plain; charset=utf-8";

// A file that is to be saved as `name` (RFC 6266); what does not fit into a header becomes '?'.
HttpReply file_reply(std::string_view name, std::string_view content_type, std::string content);
HttpReply text_reply(int status, std::string_view line);
HttpReply error_reply(const absl::Status& status);
// With an HTTP status that differs from that of http_status_of.
HttpReply error_reply(int http_status, const absl::Status& status);

// `value` fit for a header: what is not printable ASCII becomes '?', the end is cut off at 1 KiB.
std::string header_text(std::string_view value);

}  // namespace mex::api
