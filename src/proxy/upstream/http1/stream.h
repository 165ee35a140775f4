#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/body_reader.h"
#include "http/response_parser.h"
#include "proxy/upstream/origin_connection.h"
#include "proxy/upstream/origin_protocol.h"
#include "proxy/upstream/origin_stream.h"

namespace mex::proxy::upstream::http1 {

// HTTP/1 on an origin's connection: one exchange after the other, so the stream and the protocol
// are one object. When an exchange has ended, the connection goes back to its endpoint if another
// one can follow, and is closed if not. Shard thread only.
class Stream final : public OriginProtocol, private OriginStream {
 public:
  explicit Stream(OriginConnection& connection) : connection_(connection) {}

 private:
  enum class State : std::uint8_t { Connecting, Idle, Head, Body, Tunnel };
  // Of the current exchange.
  struct Exchange {
    unsigned interim_heads = 0;
    bool is_chunked = false;  // the request's body
    bool has_announced_trailers = false;
    bool has_last_chunk = false;  // with trailers
    bool has_request_ended = false;
    bool has_response_begun = false;
    bool keeps_connection = false;
    bool is_paused = false;
    bool was_output_full = false;
    std::chrono::milliseconds first_byte_timeout{};
    std::chrono::milliseconds piece_timeout{};  // between two pieces of the answer
  };

  // OriginStream
  bool is_ready() const override { return state_ == State::Idle; }
  bool is_reused() const override { return is_reused_; }
  bool has_response_begun() const override { return exchange_.has_response_begun; }
  bool send_head(const OriginRequest& request) override;
  void send_body(std::string_view bytes) override;
  void send_trailers(const http::HeaderList& trailers) override;
  void end_body() override;
  std::size_t output_pending() const override { return connection_.output().size(); }
  void pause_body() override { exchange_.is_paused = true; }
  void resume_body() override;
  void switch_to_tunnel() override;
  void abandon() override;

  // OriginProtocol
  OriginStream& open_stream(OriginStreamHandler& handler) override;
  void on_connected() override;
  bool is_idle() const override { return state_ == State::Idle; }
  bool process_input() override;
  void on_input_end() override;
  void on_output_sent() override;
  void on_progress() override;
  void on_deadline() override;
  void on_failed(OriginError error) override;

  bool process_head();
  bool process_body();
  void deliver_trailers();
  void finish_response();

  OriginConnection& connection_;
  OriginStreamHandler* handler_ = nullptr;
  http::ResponseParser parser_;
  http::BodyReader body_;
  State state_ = State::Connecting;
  http::Method method_ = http::Method::Get;
  std::chrono::milliseconds idle_timeout_{};  // of the connection behind this exchange
  bool is_reused_ = false;
  Exchange exchange_;
};

}  // namespace mex::proxy::upstream::http1
