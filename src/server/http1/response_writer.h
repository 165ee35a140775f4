#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "http/head.h"
#include "net/buffer.h"
#include "server/connection_context.h"
#include "server/exchange.h"
#include "server/http1/response_head.h"

namespace mex::server::http1 {

// Frames one response onto a connection's output, and knows whether the connection can be kept
// behind it. Used again for the next response after begin(). Shard thread only.
class ResponseWriter {
 public:
  explicit ResponseWriter(ConnectionContext& context) : context_(context) {}

  // The response that follows answers `request`; both live until it is complete.
  void begin(const http::RequestHead& request, net::OutputQueue& output);

  // Left out where HTTP/1.0 or a malformed header forbids it.
  void send_informational(int status, std::span<const HeaderView> headers);
  // A head that cannot be sent becomes a complete response with status 500.
  void send_head(int status, std::span<const HeaderView> headers, BodyLength length);
  // False, and nothing sent, for bytes over the promised length: the client would take them for the
  // next response.
  bool send_body(std::string_view bytes);
  // Left out where the client would not look for them.
  void send_trailers(const http::HeaderList& trailers);
  // False if the head or bytes that it promised are missing.
  bool end();
  // A complete response in place of one that cannot be sent.
  void send_failure();
  // Behind a 101: body bytes are sent as they are.
  void begin_tunnel() { mode_ = BodyMode::UntilClose; }

  // The connection is not kept behind this response, which says so if its head is still to come.
  void end_connection() { keeps_connection_ = false; }
  bool keeps_connection() const { return keeps_connection_; }

  bool has_head() const { return has_head_; }
  bool has_ended() const { return has_ended_; }
  const ResponseProgress& progress() const { return progress_; }
  // Someone else answers in its place: for logs.
  void note_refusal(int status) { progress_.status = status; }

 private:
  ConnectionOption connection_option(int status);

  ConnectionContext& context_;
  const http::RequestHead* request_ = nullptr;
  net::OutputQueue* output_ = nullptr;
  std::uint64_t left_ = 0;  // of a counted body
  BodyMode mode_ = BodyMode::Absent;
  bool keeps_connection_ = false;
  bool has_head_ = false;
  bool has_last_chunk_ = false;  // with trailers
  bool has_ended_ = false;
  ResponseProgress progress_;
};

// A complete response to a request that no handler sees, behind which the connection ends: `line`
// is its text, without a line feed.
void send_rejection(ConnectionContext& context, net::OutputQueue& output, int status,
                    std::string_view line);

}  // namespace mex::server::http1
