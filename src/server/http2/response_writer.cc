#include "server/http2/response_writer.h"

#include <algorithm>
#include <array>

#include "http/status_code.h"
#include "server/http2/response_fields.h"

namespace mex::server::http2 {
namespace {

constexpr std::array<HeaderView, 1> kPlainText{
    HeaderView{"Content-Type", "text/plain; charset=utf-8"}};

ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t room,
                  std::uint32_t* flags, nghttp2_data_source* source, void*) {
  return static_cast<ResponseWriter*>(source->ptr)->offer(room, *flags);
}

}  // namespace

void ResponseWriter::begin(nghttp2_session* session, std::int32_t stream, http::Method method) {
  session_ = session;
  stream_ = stream;
  method_ = method;
  waiting_.clear();
  left_ = 0;
  body_ = Body::Absent;
  has_head_ = false;
  has_ended_ = false;
  is_deferred_ = false;
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
  } else if (method_ == http::Method::Head || http::status_forbids_body(status)) {
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
  const nghttp2_data_provider provider{.source = {.ptr = this}, .read_callback = read_body};
  const bool has_body = body_ != Body::Absent;
  if (nghttp2_submit_response(session_, stream_, fields.data(), fields.size(),
                              has_body ? &provider : nullptr) != 0) {
    return false;
  }
  has_head_ = true;
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
  end();
  has_ended_ = true;
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
  waiting_.append(bytes);
  resume();
  return true;
}

bool ResponseWriter::end() {
  if (!has_head_ || (body_ == Body::Counted && left_ > 0)) return false;
  has_ended_ = true;
  resume();
  return true;
}

void ResponseWriter::resume() {
  if (!is_deferred_) return;
  is_deferred_ = false;
  nghttp2_session_resume_data(session_, stream_);
}

ssize_t ResponseWriter::offer(std::size_t room, std::uint32_t& flags) {
  const std::size_t size = std::min(room, waiting_.size());
  if (size == 0 && !has_ended_) {
    is_deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (has_ended_ && size == waiting_.size()) flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(size);
}

void ResponseWriter::move(std::size_t bytes, net::OutputQueue& output) {
  while (bytes > 0) {
    std::array<iovec, 1> piece{};
    if (waiting_.pieces(piece) == 0) return;
    const std::size_t size = std::min(bytes, piece[0].iov_len);
    output.append({static_cast<const char*>(piece[0].iov_base), size});
    waiting_.consume(size);
    bytes -= size;
  }
}

}  // namespace mex::server::http2
