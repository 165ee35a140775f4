#include "server/http2/response_writer.h"

#include <algorithm>
#include <array>

#include "http/status_code.h"
#include "server/http2/response_fields.h"

namespace mex::server::http2 {
namespace {

constexpr std::array<HeaderView, 1> kPlainText{
    HeaderView{"Content-Type", "text/plain; charset=utf-8"}};

}  // namespace

void ResponseWriter::begin(nghttp2_session* session, std::int32_t stream, http::Method method) {
  session_ = session;
  stream_ = stream;
  method_ = method;
  out_.begin(session, stream);
  left_ = 0;
  body_ = Body::Absent;
  has_head_ = false;
  progress_ = {};
}

void ResponseWriter::send_informational(int status, std::span<const HeaderView> headers) {
  // An interim response that cannot be sent is left out; the final one decides.
  ResponseFields fields;
  if (!fields.fill({.status = status, .headers = headers})) return;
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream_, nullptr, fields.data(),
                         fields.size(), nullptr);
}

void ResponseWriter::send_head(int status, std::span<const HeaderView> headers, BodyLength length,
                               bool opens_websocket) {
  // Without a WebSocket there is no switching of protocols (RFC 9113 section 8.6).
  const bool is_sendable = status != 101 || opens_websocket;
  if (!is_sendable || !submit(status, headers, length, opens_websocket)) send_failure();
}

bool ResponseWriter::submit(int status, std::span<const HeaderView> headers, BodyLength length,
                            bool opens_websocket) {
  const bool is_counted = length.kind() == BodyLength::Kind::Exact;
  // RFC 9110 section 8.6, as HTTP/1 has it.
  const bool may_count = status >= 200 && status != 204;
  if (opens_websocket) {
    body_ = Body::Free;
  } else if (method_ == http::Method::Head || http::status_forbids_body(status) ||
             length.kind() == BodyLength::Kind::None) {
    body_ = Body::Absent;
  } else {
    body_ = length.kind() == BodyLength::Kind::Unknown ? Body::Free : Body::Counted;
  }
  left_ = length.bytes();
  ResponseFields fields;
  ResponseFields::Plan plan{.status = status,
                            .headers = headers,
                            .date = context_.date.text(),
                            .opens_websocket = opens_websocket};
  if (may_count && (is_counted || body_ == Body::Counted)) plan.length = length.bytes();
  if (!fields.fill(plan)) return false;
  const nghttp2_data_provider provider = out_.provider();
  const bool has_body = body_ != Body::Absent;
  if (nghttp2_submit_response(session_, stream_, fields.data(), fields.size(),
                              has_body ? &provider : nullptr) != 0) {
    return false;
  }
  has_head_ = true;
  progress_.status = status;
  context_.metrics.count_response(status);
  return true;
}

// A client that has no window for the text gets the head alone, so that what it asks for too much
// leaves nothing behind that waits for it.
void ResponseWriter::send_text(int status, std::string_view line) {
  const auto window = nghttp2_session_get_stream_remote_window_size(session_, stream_);
  const bool has_window = window > static_cast<std::int32_t>(line.size());
  if (!has_window) method_ = http::Method::Head;
  const BodyLength length = has_window ? BodyLength::exactly(line.size() + 1) : BodyLength::none();
  if (submit(status, kPlainText, length, false)) {
    send_body(line);
    send_body("\n");
  }
  has_head_ = true;
  out_.end();
}

bool ResponseWriter::send_body(std::string_view bytes) {
  switch (body_) {
    case Body::Absent:
      return true;
    case Body::Counted:
      if (bytes.size() > left_) return false;
      left_ -= bytes.size();
      break;
    case Body::Free:
      break;
  }
  out_.append(bytes);
  progress_.body_bytes += bytes.size();
  return true;
}

bool ResponseWriter::end() {
  if (!has_head_ || (body_ == Body::Counted && left_ > 0)) return false;
  out_.end();
  return true;
}

}  // namespace mex::server::http2
