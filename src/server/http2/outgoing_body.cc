#include "server/http2/outgoing_body.h"

#include <algorithm>
#include <array>

namespace mex::server::http2 {

void OutgoingBody::begin(nghttp2_session* session, std::int32_t stream) {
  session_ = session;
  stream_ = stream;
  discard();
  has_ended_ = false;
  is_deferred_ = false;
}

nghttp2_data_provider OutgoingBody::provider() {
  return {.source = {.ptr = this},
          .read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t room,
                              std::uint32_t* flags, nghttp2_data_source* source, void*) {
            return static_cast<OutgoingBody*>(source->ptr)->offer(room, *flags);
          }};
}

void OutgoingBody::append(std::string_view bytes) {
  waiting_.append(bytes);
  resume();
}

void OutgoingBody::end() {
  has_ended_ = true;
  resume();
}

void OutgoingBody::discard() {
  waiting_.clear();
  trailers_.clear();
}

void OutgoingBody::resume() {
  if (!is_deferred_) return;
  is_deferred_ = false;
  nghttp2_session_resume_data(session_, stream_);
}

ssize_t OutgoingBody::offer(std::size_t room, std::uint32_t& flags) {
  const std::size_t size = std::min(room, waiting_.size());
  if (size == 0 && !has_ended_) {
    is_deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (has_ended_ && size == waiting_.size()) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    // Trailers end the stream in its place; they are queued behind these bytes.
    if (!trailers_.empty() && trailers_.submit(session_, stream_)) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    }
  }
  return static_cast<ssize_t>(size);
}

void OutgoingBody::move(std::size_t bytes, net::OutputQueue& output) {
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
