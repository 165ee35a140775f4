#pragma once

#include <cstddef>
#include <string_view>

#include "http/head.h"
#include "proxy/upstream/origin_error.h"
#include "proxy/upstream/origin_request.h"

namespace mex::proxy::upstream {

// Follows one exchange with an origin. Calls come from the loop, never from within a call to the
// stream. After on_origin_failed or on_response_end the stream is not the handler's any more.
class OriginStreamHandler {
 public:
  // Connected: the request may be sent.
  virtual void on_origin_ready() = 0;
  // Valid during the call. Any number of interim heads (1xx but 101), then one final one.
  virtual void on_interim_head(const http::ResponseHead& head) = 0;
  virtual void on_response_head(const http::ResponseHead& head) = 0;
  // Body bytes, decoded; in a tunnel raw ones. Valid during the call.
  virtual void on_response_body(std::string_view bytes) = 0;
  // What came behind the body; before on_response_end, where there is any. Valid during the call.
  virtual void on_response_trailers(const http::HeaderList& /*trailers*/) {}
  // The response is whole. In a tunnel: the origin has finished sending, and the stream stays the
  // handler's until it is abandoned.
  virtual void on_response_end() = 0;
  // output_pending() was above the high-water mark and has fallen to half of it.
  virtual void on_origin_drained() = 0;
  virtual void on_origin_failed(const OriginError& error) = 0;

 protected:
  ~OriginStreamHandler() = default;
};

// One request to an origin and its response, whatever the protocol version below: upstream's
// counterpart of server::Exchange. An OriginEndpoint gives it to one handler at a time. None of the
// calls reports failure: a connection that breaks ends in on_origin_failed, and what is sent until
// then is dropped. Shard thread only.
class OriginStream {
 public:
  // The request may be sent now; else on_origin_ready will be called.
  virtual bool is_ready() const = 0;
  // The connection has carried an exchange before this one.
  virtual bool is_reused() const = 0;
  // Some byte of a response to the current request has arrived.
  virtual bool has_response_begun() const = 0;

  // The head of the request; once. False, and nothing sent, if it cannot be written.
  virtual bool send_head(const OriginRequest& request) = 0;
  // Body bytes, copied; framed as the client framed them. In a tunnel raw bytes.
  virtual void send_body(std::string_view bytes) = 0;
  // Behind the body and before end_body(); once. Left out: fields that may be no trailers
  // (http/trailers.h), and all of them where the body has a known length in HTTP/1, or where an
  // HTTP/1 origin does not expect any because the client's head has no Trailer field.
  virtual void send_trailers(const http::HeaderList& trailers) = 0;
  // The request is complete. In a tunnel: half-closes towards the origin once everything is sent.
  virtual void end_body() = 0;
  // Bytes that the kernel has not taken yet.
  virtual std::size_t output_pending() const = 0;

  // Back-pressure towards the origin: no on_response_body until resume_body().
  virtual void pause_body() = 0;
  virtual void resume_body() = 0;

  // From within on_response_head, for a 101: raw bytes both ways from now on.
  virtual void switch_to_tunnel() = 0;

  // Gives up the exchange; the handler gets no further call.
  virtual void abandon() = 0;

 protected:
  ~OriginStream() = default;
};

}  // namespace mex::proxy::upstream
