#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "net/buffer.h"
#include "net/timer.h"
#include "server/connection.h"
#include "server/connection_context.h"
#include "server/exchange.h"
#include "server/http2/request_head.h"
#include "server/http2/response_writer.h"
#include "server/stream_pool.h"

namespace mex::server::http2 {

class Stream;

// The session of a stream.
class StreamOwner {
 public:
  virtual Connection& connection() = 0;
  virtual nghttp2_session* library() = 0;
  // Something has changed: advance() is called before the event is over.
  virtual void note_change(Stream& stream) = 0;

 protected:
  ~StreamOwner() = default;
};

// One request and its response on an HTTP/2 connection: what a handler sees as an Exchange. A
// Server's streams are pooled. It is there as long as nghttp2 knows the stream, and as long as its
// handler does. Shard thread only.
//
// Large because 16 of its methods are Exchange's.
class Stream final : private Exchange {
 public:
  explicit Stream(ConnectionContext& context);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void open(StreamOwner& owner, std::int32_t id);
  RequestHead& head() { return head_; }
  const ResponseWriter& response() const { return response_; }
  std::int32_t id() const { return id_; }

  // The head is complete: hands the exchange to the service. `has_body`: the stream goes on.
  void begin(bool has_body);
  // Answers in its place, without one.
  void reject(int status, std::string_view line);
  // The same to a request that is well-formed: to a gRPC call as gRPC does.
  void refuse(int status, std::string_view line);

  // What the session passes on.

  void on_data(std::string_view bytes);
  Trailers::Fault on_trailer(std::string_view name, std::string_view value) {
    return trailers_.add(name, value);
  }
  void on_input_end();
  // A frame with the end of the response has gone out.
  void on_end_sent();
  // Bytes of the body go out.
  void move_body(std::size_t bytes, net::OutputQueue& output);
  void on_reset_by_client() { is_reset_by_client_ = true; }
  // nghttp2 forgets the stream.
  void on_stream_closed();
  // The client will send nothing more.
  void on_connection_input_end();

  // All that follows from what has happened since the last time. Handlers are called here.
  void advance();
  // Ends the exchange; the handler's last call.
  void finish(CloseReason reason);

  // Between begin() and finish().
  bool is_open() const { return phase_ == Phase::Body || phase_ == Phase::Tunnel; }
  bool awaits_client() const;
  // Neither nghttp2 nor a handler knows it any more.
  bool is_done() const { return is_closed_ && !is_open(); }
  bool is_changed() const { return is_changed_; }
  void set_changed(bool is_changed) { is_changed_ = is_changed; }
  // Counted among the requests of its client.
  bool is_admitted() const { return is_admitted_; }
  void set_admitted() { is_admitted_ = true; }
  // Reset before it became a request.
  bool was_malformed() const { return phase_ == Phase::Head && !is_reset_by_client_; }
  // Not answered to its end, and not because of us.
  bool was_thrown_away() const { return is_rejected_ || !(has_end_gone_ || is_aborted_); }
  std::size_t place() const { return place_; }
  void set_place(std::size_t place) { place_ = place; }
  // Ready for the next one.
  void close();

 private:
  enum class Phase : std::uint8_t { Head, Body, Tunnel, Finished };

  // Exchange
  const http::RequestHead& request() const override { return head_.head(); }
  const ConnectionInfo& connection() const override { return owner_->connection().info(); }
  net::EventLoop& loop() override { return context_.loop; }
  void set_handler(RequestHandler& handler) override { handler_ = &handler; }
  void pause_body() override;
  void resume_body() override;
  void allow_pauses() override { may_pause_ = true; }
  void send_informational(int status, std::span<const HeaderView> headers) override;
  void send_head(int status, std::span<const HeaderView> headers, BodyLength length) override;
  void send_body(std::string_view bytes) override;
  void send_trailers(const http::HeaderList& trailers) override;
  void end_body() override;
  std::size_t output_pending() const override { return response_.pending(); }
  bool output_full() const override;
  ResponseProgress response_progress() const override { return response_.progress(); }
  void switch_to_tunnel() override;
  void abort() override;

  bool may_send() const;
  bool takes_body() const;
  void deliver(std::string_view bytes);
  void deliver_held();
  void deliver_end();
  void continue_if_awaited();
  void watch_body();
  void watch_output(bool has_moved);
  void on_body_timeout();
  void reset(std::uint32_t error_code);

  ConnectionContext& context_;
  StreamOwner* owner_ = nullptr;
  RequestHandler* handler_ = nullptr;
  std::int32_t id_ = 0;
  std::size_t place_ = 0;  // among the session's
  RequestHead head_;
  ResponseWriter response_;
  net::OutputQueue held_;    // body that came while its handler did not want it
  Trailers trailers_;        // of the request
  net::Timer body_timer_;    // for the client to send; in a tunnel: for anyone
  net::Timer output_timer_;  // for the client to take
  Phase phase_ = Phase::Head;
  bool is_changed_ = false;
  bool is_admitted_ = false;
  bool is_rejected_ = false;
  bool is_paused_ = false;
  bool may_pause_ = false;
  bool has_data_come_ = false;
  bool has_input_ended_ = false;    // all has come
  bool has_request_ended_ = false;  // and the handler knows
  bool has_tunnel_ended_ = false;   // its client's half, and the handler knows
  bool has_sent_continue_ = false;
  bool was_output_full_ = false;
  bool is_aborted_ = false;
  bool has_end_gone_ = false;  // the response's
  bool is_reset_ = false;      // by us
  bool is_reset_by_client_ = false;
  bool is_closed_ = false;
  CloseReason closed_reason_ = CloseReason::Completed;
};

using StreamPool = server::StreamPool<Stream>;

}  // namespace mex::server::http2
