#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "http/http2_frame.h"
#include "net/timer.h"
#include "server/connection.h"
#include "server/connection_context.h"
#include "server/http2/frame_budget.h"
#include "server/http2/library.h"
#include "server/http2/stream.h"
#include "server/protocol.h"

namespace mex::server::http2 {

// HTTP/2 on a connection (RFC 9113): nghttp2 reads and writes the frames, this says which streams
// they make, how much of it a client may do, and what becomes of the connection. Shard thread only.
//
// Large because nghttp2 has a callback for each thing that it finds.
class Session final : public Protocol, private StreamOwner {
 public:
  // All of them outlive the session.
  Session(Connection& connection, ConnectionContext& context, Library& library);
  ~Session() override;

  // For Library: what nghttp2 has found. Not 0: the connection is to be ended.
  int on_begin_headers(const nghttp2_frame& frame);
  int on_header(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  void on_frame(const nghttp2_frame& frame);
  void on_data(std::int32_t stream, std::string_view bytes);
  void on_frame_sent(const nghttp2_frame& frame);
  int on_send_data(const nghttp2_frame& frame, std::string_view header, std::size_t length);
  void on_stream_closed(std::int32_t stream);

 private:
  // Protocol
  bool wants_input() const override { return !is_over_ && !is_output_full(); }
  void process_input() override;
  void on_input_end() override;
  void on_output_sent() override;
  void on_deadline() override;
  void on_drain() override;
  bool has_open_streams() const override;
  bool awaits_client() const override;
  void on_close(CloseReason reason) override;

  // StreamOwner
  Connection& connection() override { return connection_; }
  nghttp2_session* library() override { return session_; }
  void note_change(Stream& stream) override;

  void announce();
  void feed();
  void serve();
  void advance();
  void pump();
  void release(Stream& stream, bool is_kept);
  void end_streams(CloseReason reason, bool is_kept);
  void begin(Stream& stream, bool has_body);
  void refuse(Stream& stream, const http::RequestHead* head, int status, std::string_view line);
  bool admit(Stream& stream);
  void begin_drain();
  void finish_drain();
  void end_if_idle();
  void give_up(Abuse abuse, std::uint32_t error_code);
  void end(std::uint32_t error_code, CloseReason reason);
  void update_deadline();
  Stream* stream_of(std::int32_t id) const;
  bool is_output_full() const;
  bool is_in_head() const;
  void note(std::optional<Abuse> abuse);

  // What the connection's deadline is for.
  enum class Waiting : std::uint8_t { Nothing, FirstRequest, Head, Request };
  enum class Drain : std::uint8_t { None, Announced, Final };

  Connection& connection_;
  ConnectionContext& context_;
  Library& shared_;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<Stream*> changed_;
  std::vector<Stream*> advancing_;
  http::Http2FrameWalk frames_;
  http::Http2FrameHeader last_frame_;
  FrameBudget budget_;
  net::Timer drain_timer_;
  std::size_t preface_left_ = http::kHttp2Preface.size();
  std::optional<Abuse> abuse_;  // found within nghttp2
  Waiting waiting_ = Waiting::Nothing;
  Drain drain_ = Drain::None;
  bool has_had_request_ = false;
  bool is_serving_ = false;
  bool has_ended_badly_ = false;  // nghttp2 has said so
  bool is_over_ = false;
};

}  // namespace mex::server::http2
