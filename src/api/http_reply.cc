#include "api/http_reply.h"

#include "api/rpc_status.h"

namespace mex::api {

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
  constexpr std::size_t kLongest = 1024;
  std::string text(value.substr(0, kLongest));
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

}  // namespace mex::api
