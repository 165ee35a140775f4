#include "api/http_reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/rpc_status.h"

namespace mex::api {

HttpReply file_reply(std::string_view name, std::string_view content_type, std::string content) {
  std::string plain = header_text(name);
  // Inside a quoted-string these two would have to be escaped, and browsers differ in reading that.
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c == '"' || c == '\\'; }, '?');
  HttpReply reply{200, header_text(content_type), std::move(content)};
  reply.headers.emplace_back("Content-Disposition",
                             fmt::format("attachment; filename=\"{}\"", plain));
  return reply;
}

HttpReply text_reply(int status, std::string_view line) {
  return {status, kPlainText, std::string(line) + "\n"};
}

HttpReply error_reply(const absl::Status& status) {
  return error_reply(http_status_of(static_cast<int>(status.code())), status);
}

HttpReply error_reply(int http_status, const absl::Status& status) {
  HttpReply reply{http_status, kJson, error_json(to_rpc_status(status))};
  if (http_status == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  return reply;
}

std::string header_text(std::string_view value) {
  constexpr std::size_t kMaxLength = 1024;
  std::string text(value.substr(0, kMaxLength));
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

}  // namespace mex::api
