#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/method.h"
#include "net/buffer.h"
#include "server/connection_context.h"
#include "server/exchange.h"
#include "server/http2/outgoing_body.h"

namespace mex::server::http2 {

// Frames one response onto its stream. Used again for the next response after begin(). Shard thread
// only.
class ResponseWriter {
 public:
  explicit ResponseWriter(ConnectionContext& context) : context_(context), out_(context.buffers) {}

  // `session` is there until the response is complete or given up.
  void begin(nghttp2_session* session, std::int32_t stream, http::Method method);

  // Left out where a field cannot be sent.
  void send_informational(int status, std::span<const HeaderView> headers);
  // A head that cannot be sent becomes a complete response with status 500. `opens_websocket`:
  // it is the 101 to what came as an extended CONNECT.
  void send_head(int status, std::span<const HeaderView> headers, BodyLength length,
                 bool opens_websocket);
  // False, and nothing sent, for bytes over the promised length.
  bool send_body(std::string_view bytes);
  // Behind the body.
  void send_trailers(const http::HeaderList& trailers) { out_.keep_trailers(trailers); }
  // False if the head or bytes that it promised are missing.
  bool end();
  // A complete response in place of one that there is none of, or that cannot be sent: `line` is
  // its text, without a line feed.
  void send_text(int status, std::string_view line);
  void send_failure() { send_text(500, "the response could not be made"); }
  // What waits is not sent any more.
  void discard() { out_.discard(); }

  bool has_head() const { return has_head_; }
  bool has_ended() const { return out_.has_ended(); }
  std::size_t pending() const { return out_.pending(); }
  const ResponseProgress& progress() const { return progress_; }
  // The handler has to go before this is answered in its place: for logs.
  void note_refusal(int status) { progress_.status = status; }

  // Bytes of the body go out.
  void move(std::size_t bytes, net::OutputQueue& output) { out_.move(bytes, output); }

 private:
  enum class Body : std::uint8_t {
    Absent,   // HEAD, 204, 304, none: what the handler sends is dropped
    Counted,  // a promised length
    Free,     // any length, or a tunnel
  };

  bool submit(int status, std::span<const HeaderView> headers, BodyLength length,
              bool opens_websocket);

  ConnectionContext& context_;
  nghttp2_session* session_ = nullptr;
  std::int32_t stream_ = 0;
  http::Method method_ = http::Method::Other;
  OutgoingBody out_;
  std::uint64_t left_ = 0;  // of a counted body
  Body body_ = Body::Absent;
  bool has_head_ = false;
  ResponseProgress progress_;
};

}  // namespace mex::server::http2
