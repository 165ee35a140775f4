#include "server/http2/frame_budget.h"

#include <algorithm>
#include <chrono>

namespace mex::server::http2 {
namespace {

// For a request: its reset, its priority, the opening of its windows.
constexpr std::uint32_t kEarnedByHead = 4;

}  // namespace

FrameBudget::FrameBudget(const Http2Options& options)
    : options_(options),
      idle_frames_(options.idle_frames, std::chrono::milliseconds(options.idle_frame_interval_ms)) {
}

std::optional<Abuse> FrameBudget::on_frame(const http::Http2FrameHeader& header,
                                           base::SteadyTime now) {
  using http::Http2FrameHeader;
  switch (header.type) {
    case http::Http2FrameType::Headers:
      earn(kEarnedByHead);
      return std::nullopt;
    case http::Http2FrameType::Continuation:
      return std::nullopt;  // bounded by nghttp2, one head at a time
    case http::Http2FrameType::Data:
      // Clients that measure the way answer a body with a PING now and then.
      if (header.length > 0) earn(1);
      if (header.length > 0 || header.has(Http2FrameHeader::kEndStream)) return std::nullopt;
      return spend(now);
    case http::Http2FrameType::Settings:
      if (!header.has(Http2FrameHeader::kAck) && ++settings_ > options_.settings) {
        return Abuse::Settings;
      }
      return spend(now);
    case http::Http2FrameType::Priority:
      // nghttp2 does not look at it (RFC 9113 section 6.3).
      if (header.stream == 0 || header.length != 5) return Abuse::Protocol;
      return spend(now);
    default:
      return spend(now);
  }
}

std::optional<Abuse> FrameBudget::on_reset() {
  return ++resets_ > options_.resets ? std::optional(Abuse::Resets) : std::nullopt;
}

void FrameBudget::on_answered() {
  if (resets_ > 0) --resets_;
}

std::optional<Abuse> FrameBudget::spend(base::SteadyTime now) {
  if (earned_ > 0) {
    --earned_;
    return std::nullopt;
  }
  return idle_frames_.allow(now) ? std::nullopt : std::optional(Abuse::IdleFrames);
}

void FrameBudget::earn(std::uint32_t frames) {
  earned_ = std::min(earned_ + frames, options_.idle_frames);
}

}  // namespace mex::server::http2
