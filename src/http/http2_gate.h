#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>

#include "http/http2_frame.h"

namespace mex::http {

// Stands between a client and a server that speak HTTP/2 (RFC 9113) and lets no more of the
// client's streams be open than the server wants, whether or not the client has acknowledged the
// server's settings: before that it may open as many as it likes (6.5.3). It looks at frame headers
// only, and passes on what it admits as it came.
//
// It refuses what no client does that means well: another preface, frames beyond the size that the
// server allows, heads without end, more streams that are reset than answered, settings all the
// time.
class Http2Gate {
 public:
  struct Limits {
    std::size_t streams = 32;
    std::size_t max_frame = 16384;  // the least that a peer has to take (6.5.2)
    std::size_t max_head = 32768;   // a HEADERS frame and its CONTINUATION frames
    std::size_t max_settings = 100;
    // Streams that the client resets, beyond those that the server ended.
    std::size_t resets = 128;
  };

  explicit Http2Gate(const Limits& limits) : limits_(limits) {}

  void set_streams(std::size_t streams) { limits_.streams = streams; }

  // How many of these bytes, which begin where the admitted ones ended, may go on to the server.
  // The rest is to be shown again, with more behind it or once a stream has ended. Nothing more is
  // admitted once is_broken().
  std::size_t admit(std::string_view from_client);
  // All that goes from the server to the client, in pieces of any size.
  void observe(std::string_view from_server);

  // The connection is to be ended.
  bool is_broken() const { return is_broken_; }
  // It waits for a stream to end.
  bool is_blocked() const { return is_blocked_; }
  std::size_t open_streams() const { return open_.size(); }

 private:
  // What of the preface is in `bytes`.
  std::size_t admit_preface(std::string_view bytes);
  bool admit_frame(const Http2FrameHeader& header);
  bool admit_head(const Http2FrameHeader& header);
  bool admit_reset(const Http2FrameHeader& header);
  bool refuse();

  Limits limits_;
  std::size_t preface_seen_ = 0;
  std::size_t payload_left_ = 0;  // of the client's frame whose header was admitted
  std::size_t head_size_ = 0;     // of the head that goes on; 0: none does
  std::set<std::uint32_t> open_;
  std::uint32_t last_stream_ = 0;
  std::size_t settings_ = 0;
  std::size_t resets_ = 0;
  bool is_broken_ = false;
  bool is_blocked_ = false;

  Http2FrameWalk server_frames_;
};

}  // namespace mex::http
