#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/rate_limit.h"
#include "http/http2_frame.h"
#include "server/http2/abuse.h"
#include "server/http2_options.h"

namespace mex::server::http2 {

// What a client may do that costs it nothing and the server something: it counts frames by their
// headers, before anyone looks into them, and streams by how they end. Shard thread only.
class FrameBudget {
 public:
  explicit FrameBudget(const Http2Options& options);

  // A frame of the client has begun. Its verdict, and those below: empty as long as all is well.
  std::optional<Abuse> on_frame(const http::Http2FrameHeader& header, base::SteadyTime now);
  // A stream ended before it was answered, or was refused.
  std::optional<Abuse> on_reset();
  void on_answered();
  // A DATA frame has gone to the client, who may open two windows by a frame each.
  void on_data_sent() { earn(2); }

 private:
  std::optional<Abuse> spend(base::SteadyTime now);
  void earn(std::uint32_t frames);

  const Http2Options& options_;
  base::RateLimit idle_frames_;
  std::uint32_t earned_ = 0;  // frames that do not count as idle
  std::uint32_t settings_ = 0;
  std::uint32_t resets_ = 0;
};

}  // namespace mex::server::http2
