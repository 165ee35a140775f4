#pragma once

#include <nghttp2/nghttp2.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"
#include "net/buffer.h"
#include "net/timer.h"
#include "proxy/upstream/http2/response_head.h"
#include "proxy/upstream/origin_context.h"
#include "proxy/upstream/origin_error.h"
#include "proxy/upstream/origin_stream.h"
#include "server/http2/outgoing_body.h"
#include "server/http2/trailers.h"

namespace mex::proxy::upstream::http2 {

class Stream;

// The session of a stream.
class StreamOwner {
 public:
  virtual bool is_connected() const = 0;
  virtual nghttp2_session* library() = 0;
  // The stream's number; 0: it cannot be sent.
  virtual std::int32_t submit(const OriginRequest& request, Stream& stream,
                              const nghttp2_data_provider* body) = 0;
  // Something has changed: advance() is called before the event is over.
  virtual void note_change(Stream& stream) = 0;
  // An exchange has waited for so long, in vain.
  virtual void note_timeout(std::chrono::milliseconds waited) = 0;

 protected:
  ~StreamOwner() = default;
};

// One request to an origin and its response on an HTTP/2 connection. A shard's streams are pooled.
// It is there as long as nghttp2 knows the stream, and as long as its handler does. Shard thread
// only.
//
// Large because 12 of its methods are OriginStream's.
class Stream final : private OriginStream {
 public:
  explicit Stream(OriginContext& context);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  OriginStream& open(StreamOwner& owner, OriginStreamHandler& handler, bool is_reused);
  std::int32_t id() const { return id_; }

  // What the session passes on. In those of the first group handlers are called.

  void on_connected();
  void on_head(bool ends);
  void on_data(std::string_view bytes);
  void advance();
  // The exchange ends for this reason, if it goes on.
  void fail(const OriginError& error);

  // The fault of a field, if it has one.
  std::optional<OriginFault> on_field(std::string_view name, std::string_view value);
  void on_input_end();
  void on_reset_by_origin() { is_reset_by_origin_ = true; }
  // nghttp2 forgets the stream.
  void on_closed(std::uint32_t error_code);
  // Bytes of the request go out.
  void move_body(std::size_t bytes, net::OutputQueue& output);
  // Ends with this fault as soon as handlers may be called.
  void give_up(OriginFault fault, std::string detail);

  bool is_whole() const { return has_input_ended_; }
  bool is_open() const { return handler_ != nullptr; }
  // Neither nghttp2 nor a handler knows it any more.
  bool is_done() const { return handler_ == nullptr && (id_ == 0 || is_closed_); }
  bool is_changed() const { return is_changed_; }
  void set_changed(bool is_changed) { is_changed_ = is_changed; }
  std::size_t place() const { return place_; }
  void set_place(std::size_t place) { place_ = place; }
  // Ready for the next one.
  void close();

 private:
  // OriginStream
  bool is_ready() const override { return owner_->is_connected(); }
  bool is_reused() const override { return is_reused_; }
  bool has_response_begun() const override { return has_response_begun_; }
  bool send_head(const OriginRequest& request) override;
  void send_body(std::string_view bytes) override;
  void send_trailers(const http::HeaderList& trailers) override;
  void end_body() override;
  std::size_t output_pending() const override { return body_.pending(); }
  void pause_body() override;
  void resume_body() override;
  void switch_to_tunnel() override {}  // there is no 101
  void abandon() override;

  void deliver(std::string_view bytes);
  void deliver_held();
  void finish();
  void leave(std::uint32_t error_code);
  bool takes_body() const { return handler_ != nullptr && !is_paused_; }
  void watch();
  void on_deadline();

  OriginContext& context_;
  StreamOwner* owner_ = nullptr;
  OriginStreamHandler* handler_ = nullptr;  // null: the exchange is over
  std::int32_t id_ = 0;                     // 0: not sent
  std::size_t place_ = 0;                   // among the session's
  http::Method method_ = http::Method::Get;
  ResponseHead head_;
  server::http2::Trailers trailers_;  // of the response
  server::http2::OutgoingBody body_;
  net::OutputQueue held_;  // of the response, that came while its handler did not want it
  net::Timer deadline_;
  std::chrono::milliseconds first_byte_timeout_{};
  std::chrono::milliseconds piece_timeout_{};
  std::optional<OriginError> failure_;  // that the handler has not heard of
  unsigned interim_heads_ = 0;
  bool is_reused_ = false;
  bool is_changed_ = false;
  bool is_paused_ = false;
  bool has_request_ended_ = false;
  bool has_response_begun_ = false;
  bool has_final_head_ = false;
  bool has_input_ended_ = false;
  bool was_output_full_ = false;
  bool is_reset_ = false;  // by us
  bool is_reset_by_origin_ = false;
  bool is_closed_ = false;
};

}  // namespace mex::proxy::upstream::http2
