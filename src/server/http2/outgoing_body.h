#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/header_list.h"
#include "net/buffer.h"
#include "server/http2/trailers.h"

namespace mex::server::http2 {

// The body of one message on its way out, with its trailers: bytes wait here until the peer's
// windows let them go; nghttp2 asks for them. Used again after begin(). Shard thread only.
class OutgoingBody {
 public:
  explicit OutgoingBody(net::BufferPool& buffers) : waiting_(buffers) {}

  // `session` is there until all has gone or is given up.
  void begin(nghttp2_session* session, std::int32_t stream);
  // What nghttp2 asks; a message without a body has none.
  nghttp2_data_provider provider();

  void append(std::string_view bytes);
  // Behind all that is appended.
  void keep_trailers(const http::HeaderList& trailers) { trailers_.keep(trailers); }
  void end();
  // What waits is not sent any more.
  void discard();

  std::size_t pending() const { return waiting_.size(); }
  bool has_ended() const { return has_ended_; }

  // `bytes` of them go out now.
  void move(std::size_t bytes, net::OutputQueue& output);

 private:
  ssize_t offer(std::size_t room, std::uint32_t& flags);
  // There is something to offer again.
  void resume();

  nghttp2_session* session_ = nullptr;
  std::int32_t stream_ = 0;
  net::OutputQueue waiting_;
  Trailers trailers_;
  bool has_ended_ = false;
  bool is_deferred_ = false;  // nghttp2 asks again when resume() says so
};

}  // namespace mex::server::http2
