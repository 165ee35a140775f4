#pragma once

#include <cstddef>
#include <cstdint>

namespace mex::server {

// HTTP/2 on a Server. What its heads may be is in http::RequestLimits, and its deadlines are those
// of ServerOptions, as HTTP/1 has them. docs/http2.md says which attack each number bounds.
struct Http2Options {
  bool by_alpn = true;  // where TLS is spoken, to clients that offer it
  // Without TLS, to clients that begin with its preface (RFC 9113 section 3.3).
  bool prior_knowledge = false;

  std::uint32_t streams = 100;  // of a connection at once
  // What a client may have on its way: of one stream before its handler takes it, of all.
  std::uint32_t stream_window = 65'535;
  std::uint32_t connection_window = 1U << 20U;
  std::size_t continuations = 8;  // frames of a head behind the first

  // Frames that bring nothing: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, RST_STREAM, empty DATA and
  // those of extensions. So many at once, one more in each interval, and those that requests,
  // bodies and what was sent account for.
  std::uint32_t idle_frames = 1'000;
  std::uint32_t idle_frame_interval_ms = 100;
  std::uint32_t settings = 100;  // SETTINGS of a connection
  // Streams that were reset, whichever side did it, or refused, beyond those that were answered.
  std::uint32_t resets = 128;
};

}  // namespace mex::server
