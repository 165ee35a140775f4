#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mex::server::http2 {

// Why a connection is ended although its client would go on.
enum class Abuse : std::uint8_t {
  Resets,      // streams begun and thrown away
  IdleFrames,  // frames that bring nothing
  Settings,
  Head,      // a head far beyond what it may be, or in too many frames
  Protocol,  // a connection error (RFC 9113 section 5.4.1)
};
inline constexpr std::size_t kAbuseCount = 5;

constexpr std::string_view to_string(Abuse abuse) {
  switch (abuse) {
    case Abuse::Resets:
      return "resets";
    case Abuse::IdleFrames:
      return "idle_frames";
    case Abuse::Settings:
      return "settings";
    case Abuse::Head:
      return "head";
    case Abuse::Protocol:
      return "protocol";
  }
  return "unknown";
}

}  // namespace mex::server::http2
