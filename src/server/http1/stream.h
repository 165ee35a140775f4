#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "http/parse_error.h"
#include "server/connection.h"
#include "server/connection_context.h"
#include "server/exchange.h"
#include "server/http1/request_reader.h"
#include "server/http1/response_writer.h"
#include "server/stream_pool.h"

namespace mex::server::http1 {

// One request and its response on an HTTP/1 connection: what a handler sees as an Exchange. Only a
// connection with a request has one; a Server's streams are pooled. Shard thread only.
//
// Large because 15 of its methods are Exchange's.
class Stream final : private Exchange {
 public:
  explicit Stream(ConnectionContext& context)
      : context_(context), request_(context.options.limits, context.buffers), response_(context) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // The request's head, until begin(); the bytes behind the request, after finish().
  RequestReader& reader() { return request_; }
  const ResponseWriter& response() const { return response_; }

  // The head is complete: hands the exchange to the service.
  void begin(Connection& connection, std::size_t head_length);
  // Between begin() and finish().
  bool is_open() const { return phase_ == Phase::Body || phase_ == Phase::Tunnel; }
  bool is_tunnel() const { return phase_ == Phase::Tunnel; }
  // Ends the exchange; the handler's last call.
  void finish(CloseReason reason);
  // The session will answer in the handler's place.
  void note_refusal(int status) { response_.note_refusal(status); }

  // What the session passes on to an open stream.

  enum class Progress : std::uint8_t {
    Waiting,    // for bytes, or for the handler
    Complete,   // request and response are whole
    Malformed,  // the request's body is: body_error()
  };
  Progress process_input();
  http::ParseError body_error() const { return body_error_; }
  bool wants_input() const;
  bool awaits_body() const {
    return phase_ == Phase::Body && !request_.has_ended() && !is_body_paused_;
  }
  void on_input_end();
  void on_output_sent();
  // The response is complete, and what is left of the request's body is not worth the wait: the
  // connection ends with this exchange.
  void give_up_request();

 private:
  enum class Phase : std::uint8_t { Head, Body, Tunnel, Finished };

  // Exchange
  const http::RequestHead& request() const override { return request_.head(); }
  const ConnectionInfo& connection() const override { return connection_->info(); }
  net::EventLoop& loop() override { return context_.loop; }
  void set_handler(RequestHandler& handler) override { handler_ = &handler; }
  void pause_body() override;
  void resume_body() override;
  void send_informational(int status, std::span<const HeaderView> headers) override;
  void send_head(int status, std::span<const HeaderView> headers, BodyLength length) override;
  void send_body(std::string_view bytes) override;
  void send_trailers(const http::HeaderList& trailers) override;
  void end_body() override;
  std::size_t output_pending() const override { return connection_->output().size(); }
  bool output_full() const override;
  ResponseProgress response_progress() const override { return response_.progress(); }
  void switch_to_tunnel() override;
  void abort() override;

  bool deliver_body();
  void deliver_trailers();
  void deliver_tunnel();
  void begin_tunnel();
  bool may_send() const { return is_open() && !response_.has_ended() && !is_aborted_; }
  void continue_if_awaited();

  ConnectionContext& context_;
  Connection* connection_ = nullptr;
  RequestHandler* handler_ = nullptr;
  RequestReader request_;
  ResponseWriter response_;
  Phase phase_ = Phase::Head;
  http::ParseError body_error_ = http::ParseError::None;
  bool is_body_paused_ = false;
  bool has_sent_continue_ = false;
  bool is_aborted_ = false;
  bool wants_tunnel_ = false;  // begins behind the request's body
  bool was_output_full_ = false;
};

using StreamPool = server::StreamPool<Stream>;

}  // namespace mex::server::http1
