#pragma once

// An origin that speaks HTTP/2 in frames that a test makes itself. Header only; not part of the
// library.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/testing.h"
#include "server/http2/testing.h"

namespace mex::proxy::testing {

namespace frames = server::http2::testing;

// The origin's end of one connection; the requests are what answer() gives.
class Http2Origin : public frames::FrameLog {
 public:
  Http2Origin(net::EventLoop& loop, Peer peer) : loop_(loop), peer_(std::move(peer)) {
    preface_ = peer_.take_until(http::kHttp2Preface);
  }

  const std::string& preface() const { return preface_; }
  Peer& peer() { return peer_; }
  void greet() { send(frames::settings({})); }
  void send(std::string_view frames) { peer_.send(frames); }

  // Takes what is there.
  void take() { read_frames(peer_.received()); }
  bool wait(const std::function<bool()>& condition) {
    return net::testing::run_until(loop_, [&] {
      take();
      return condition();
    });
  }
  // Until the next request has a head; its stream.
  std::uint32_t await_request() {
    EXPECT_TRUE(wait([&] { return streams.size() > served_; })) << "no request";
    return served_ < streams.size() ? streams[served_++] : 0;
  }
  frames::Answer whole_request(std::uint32_t stream) {
    EXPECT_TRUE(wait([&] { return answer(stream).has_ended; })) << "no whole request";
    return answer(stream);
  }
  bool closed() {
    take();
    return peer_.closed();
  }

 private:
  net::EventLoop& loop_;
  Peer peer_;
  std::string preface_;
  std::size_t served_ = 0;
};

inline std::string response(std::uint32_t stream, std::string_view status = "200",
                            frames::Fields more = {}, bool ends = false) {
  frames::Fields fields{{":status", std::string(status)}};
  fields.insert(fields.end(), more.begin(), more.end());
  return frames::headers(stream, fields, ends);
}

inline std::string goaway(std::uint32_t last_stream, std::uint32_t code = 0) {
  return frames::frame(http::Http2FrameType::GoAway, 0, 0,
                       frames::number(last_stream) + frames::number(code));
}

inline std::string reset(std::uint32_t stream, std::uint32_t code) {
  return frames::frame(http::Http2FrameType::ResetStream, 0, stream, frames::number(code));
}

}  // namespace mex::proxy::testing
