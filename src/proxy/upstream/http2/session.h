#pragma once

#include <nghttp2/nghttp2.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/http2_frame.h"
#include "proxy/upstream/http2/library.h"
#include "proxy/upstream/http2/stream.h"
#include "proxy/upstream/origin_connection.h"
#include "proxy/upstream/origin_protocol.h"
#include "server/http2/frame_budget.h"

namespace mex::proxy::upstream::http2 {

// HTTP/2 on an origin's connection (RFC 9113): nghttp2 reads and writes the frames, this says which
// exchanges they belong to, how much of it an origin may do, and what becomes of the connection.
// Shard thread only.
//
// Handlers are called while frames are read and in serve(), which runs whenever something has come
// or is about to be sent; never from within their own calls.
//
// Large because nghttp2 has a callback for each thing that it finds.
class Session final : public OriginProtocol, private StreamOwner {
 public:
  Session(OriginConnection& connection, std::shared_ptr<Library> library);
  ~Session() override;

  // For Library: what nghttp2 has found. Not 0: the connection or the stream is to be ended.
  int on_header(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  void on_frame(const nghttp2_frame& frame);
  void on_data(std::int32_t stream, std::string_view bytes);
  void on_frame_sent(const nghttp2_frame& frame);
  int on_send_data(const nghttp2_frame& frame, std::string_view header, std::size_t length);
  void on_stream_closed(std::int32_t stream, std::uint32_t error_code);

 private:
  // OriginProtocol
  OriginStream& open_stream(OriginStreamHandler& handler) override;
  bool has_room() const override;
  void on_connected() override;
  // It is read between exchanges, too.
  bool is_idle() const override { return false; }
  bool process_input() override;
  void on_input_end() override;
  void prepare_output() override;
  void on_output_sent() override;
  void on_progress() override {}
  void on_deadline() override;
  void on_failed(OriginError error) override;

  // StreamOwner
  bool is_connected() const override { return session_ != nullptr; }
  nghttp2_session* library() override { return session_; }
  std::int32_t submit(const OriginRequest& request, Stream& stream,
                      const nghttp2_data_provider* body) override;
  void note_change(Stream& stream) override;
  void note_timeout(std::chrono::milliseconds waited) override;

  bool feed();
  void serve();
  void advance();
  void pump();
  void end_if_idle();
  void release(Stream& stream);
  void give_up(std::string detail);
  Stream* stream_of(std::int32_t id) const;
  bool is_output_full() const;

  // How the connection is used.
  struct Use {
    bool has_had_stream = false;  // one that was opened when it was connected
    bool is_resting = false;      // no stream; its endpoint knows
    bool is_draining = false;     // no further stream
    bool has_ended = false;       // the origin has finished sending
    bool is_serving = false;
    bool is_reading = false;
    bool is_input_held = false;  // until output has left
  };

  OriginConnection& connection_;
  std::shared_ptr<Library> shared_;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<Stream*> changed_;
  std::vector<Stream*> advancing_;
  http::Http2FrameWalk frames_;
  const server::Http2Options bounds_;
  server::http2::FrameBudget budget_;
  base::SteadyTime last_input_{};
  std::string abuse_;  // found within nghttp2
  Use use_;
};

}  // namespace mex::proxy::upstream::http2
