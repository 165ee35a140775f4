#include "http_client/exchange.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include "base/status.h"
#include "http_client/sent_mark.h"

namespace mex::http_client {
namespace {

constexpr std::size_t kMaxHeaderBytes = std::size_t{256} << 10U;

bool is_safe(std::string_view method) {  // RFC 9110 section 9.2.1
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

bool is_token(std::string_view text) {  // RFC 9110 section 5.6.2
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

absl::Status check_syntax(const Request& request) {
  if (!is_token(request.method)) {
    return base::error(absl::StatusCode::kInvalidArgument, "HTTP method '{}' is not a token",
                       request.method);
  }
  for (const Header& header : request.headers) {
    if (!is_token(header.name) || has_line_break(header.value)) {
      return base::error(absl::StatusCode::kInvalidArgument, "HTTP header '{}' is not valid",
                         header.name);
    }
  }
  return absl::OkStatus();
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// "HTTP/1.1 200 OK": curl has made sure of the form.
int code_of_status_line(std::string_view line) {
  const std::size_t space = line.find(' ');
  int code = 0;
  if (space != std::string_view::npos) {
    std::from_chars(line.data() + space + 1, line.data() + line.size(), code);
  }
  return code;
}

}  // namespace

std::string_view origin_of(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  const std::size_t host = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  return url.substr(0, url.find_first_of("/?#", host));
}

Exchange::Exchange(const Request& request, const Options& options)
    : request_(request), options_(options) {}

Exchange::~Exchange() {
  curl_slist_free_all(header_list_);
  curl_slist_free_all(connect_list_);
}

absl::Status Exchange::configure(CURL* easy) {
  if (absl::Status bad = check_syntax(request_); !bad.ok()) return mark_nothing_sent(bad);
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  const bool has_body = !request_.body.empty() || request_.method == "POST" ||
                        request_.method == "PUT" || request_.method == "PATCH";
  if (has_body) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    // Unless the request has its own, curl would claim a form; and it would wait for 100 Continue
    // before a big body.
    header_list_ = curl_slist_append(header_list_, "Content-Type:");
    header_list_ = curl_slist_append(header_list_, "Expect:");
  } else if (request_.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  for (const Header& header : request_.headers) {
    // curl takes "Name;" for a header without a value.
    const std::string line =
        header.value.empty() ? header.name + ";" : header.name + ": " + header.value;
    header_list_ = curl_slist_append(header_list_, line.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header_list_);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &on_before_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_text_.data());
  set_transport(easy);
  return absl::OkStatus();
}

void Exchange::set_transport(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(
      easy, CURLOPT_HTTP_VERSION,
      static_cast<long>(options_.prefer_http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  // Waits for the connection that another request is making instead of making one more.
  if (options_.prefer_http2) curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "mexosagent");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.connect_timeout.count()));
  // Without it a call that is given up while a name is being looked up would wait for the resolver.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  if (!options_.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  }
  if (options_.insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!options_.connect_to.empty()) {
    // No host and no port before the address: it holds for every URL.
    connect_list_ = curl_slist_append(connect_list_, ("::" + options_.connect_to).c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_list_);
  }
  if (!options_.unix_socket.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket.c_str());
  }
  if (!options_.use_environment_proxy) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  set_identity(easy);
}

void Exchange::set_identity(CURL* easy) const {
  const auto set_text = [&](CURLoption option, const std::string& pem) {
    if (pem.empty()) return;
    // Not copied: the options outlive every exchange, and a copy of a key would not be wiped.
    curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(easy, option, &blob);
  };
  set_text(CURLOPT_CAINFO_BLOB, options_.ca_pem);
  set_text(CURLOPT_SSLCERT_BLOB, options_.client_certificate_pem);
  set_text(CURLOPT_SSLKEY_BLOB, options_.client_key_pem.reveal());
}

// curl calls this when it has a connection and is about to write the request. It calls it again
// when a kept connection turned out to be dead and it wants to repeat the request on a new one: by
// then the peer may have acted on the first, and whether that matters is for our caller to say.
int Exchange::on_before_request(void* self, char*, char*, int, int) {
  auto& exchange = *static_cast<Exchange*>(self);
  ++exchange.times_sent_;
  const bool repeated = exchange.times_sent_ > 1;
  return repeated && !is_safe(exchange.request_.method) ? CURL_PREREQFUNC_ABORT
                                                        : CURL_PREREQFUNC_OK;
}

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  const std::string_view line(data, size * count);
  return static_cast<Exchange*>(self)->take_header_line(line) ? line.size() : 0;
}

bool Exchange::take_header_line(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    too_long_ = true;
    return false;
  }
  if (line.starts_with(
          "HTTP/")) {  // also after an interim answer (1xx), whose headers do not count
    response_.headers.clear();
    response_.status = code_of_status_line(line);
    return true;
  }
  if (trimmed(line).empty()) {
    has_head_ = response_.status >= 200;
    return true;
  }
  if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    response_.headers.push_back({.name = std::string(line.substr(0, colon)),
                                 .value = std::string(trimmed(line.substr(colon + 1)))});
  }
  return true;
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  const std::size_t length = size * count;
  if (length > exchange.request_.max_response_bytes - exchange.response_.body.size()) {
    exchange.too_long_ = true;
    return 0;
  }
  exchange.response_.body.append(data, length);
  return length;
}

std::string Exchange::take_body() {
  std::string body = std::move(response_.body);
  response_.body.clear();
  return body;
}

absl::StatusOr<Response> Exchange::finish(CURL* easy) {
  const CURLcode code = result_.value_or(CURLE_OK);
  if (code != CURLE_OK) return failed(easy, code);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

absl::Status Exchange::failed(CURL* easy, CURLcode code) const {
  if (too_long_) {
    return error(absl::StatusCode::kResourceExhausted,
                 fmt::format("the answer is longer than {} bytes", request_.max_response_bytes));
  }
  if (times_sent_ > 1 && code == CURLE_ABORTED_BY_CALLBACK) {
    return error(absl::StatusCode::kUnavailable, "the connection was closed without an answer");
  }
  std::string text = curl_text_[0] != '\0' ? curl_text_.data() : curl_easy_strerror(code);
  long os_error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  if (code == CURLE_COULDNT_CONNECT && os_error != 0) {
    text += fmt::format(" ({})", std::strerror(static_cast<int>(os_error)));
  }
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return error(absl::StatusCode::kInvalidArgument, text);
    case CURLE_UNSUPPORTED_PROTOCOL:  // also the answer that does not begin with "HTTP/"
      return error(
          times_sent_ == 0 ? absl::StatusCode::kInvalidArgument : absl::StatusCode::kUnavailable,
          text);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
      return error(absl::StatusCode::kFailedPrecondition, text);
    default:
      return error(absl::StatusCode::kUnavailable, text);
  }
}

absl::Status Exchange::deadline_error() const {
  return error(absl::StatusCode::kDeadlineExceeded, times_sent_ == 0
                                                        ? "no connection before the deadline"
                                                        : "no answer before the deadline");
}

absl::Status Exchange::cancelled_error() const {
  return error(absl::StatusCode::kCancelled, "the call was cancelled");
}

absl::Status Exchange::refused_error(std::string_view why) const {
  return error(absl::StatusCode::kResourceExhausted, why);
}

absl::Status Exchange::error(absl::StatusCode code, std::string_view text) const {
  const absl::Status status = base::error(code, "{}: {}", origin_of(request_.url), trimmed(text));
  return times_sent_ == 0 ? mark_nothing_sent(status) : status;
}

}  // namespace mex::http_client
