#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mex::http {

// What a client that speaks HTTP/2 sends first (RFC 9113 section 3.4).
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// RFC 9113 section 6, and 11.2. Other values are frames of extensions.
enum class Http2FrameType : std::uint8_t {
  Data = 0,
  Headers = 1,
  Priority = 2,
  ResetStream = 3,
  Settings = 4,
  PushPromise = 5,
  Ping = 6,
  GoAway = 7,
  WindowUpdate = 8,
  Continuation = 9,
};

// What each frame begins with (RFC 9113 section 4.1).
struct Http2FrameHeader {
  static constexpr std::size_t kSize = 9;
  static constexpr std::uint8_t kEndStream = 0x1;   // of DATA and HEADERS
  static constexpr std::uint8_t kAck = 0x1;         // of SETTINGS and PING
  static constexpr std::uint8_t kEndHeaders = 0x4;  // of HEADERS and CONTINUATION

  std::size_t length = 0;  // of what follows
  Http2FrameType type{};
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }

  // `bytes` are at least kSize.
  static Http2FrameHeader read(std::string_view bytes) {
    const auto byte = [&](std::size_t at) {
      return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]));
    };
    return {.length = byte(0) << 16U | byte(1) << 8U | byte(2),
            .type = static_cast<Http2FrameType>(byte(3)),
            .flags = static_cast<std::uint8_t>(byte(4)),
            .stream = (byte(5) << 24U | byte(6) << 16U | byte(7) << 8U | byte(8)) & 0x7FFFFFFFU};
  }
};

// Finds the frames in what one side of a connection sends behind its preface, in pieces of any
// size.
class Http2FrameWalk {
 public:
  // Calls `visit(const Http2FrameHeader&)` for each frame whose header is complete with `bytes`.
  template <typename Visitor>
  void feed(std::string_view bytes, Visitor&& visit) {
    while (!bytes.empty()) {
      const std::size_t payload = std::min(payload_left_, bytes.size());
      payload_left_ -= payload;
      bytes.remove_prefix(payload);
      const std::size_t more = std::min(Http2FrameHeader::kSize - partial_size_, bytes.size());
      if (more == 0) return;
      std::memcpy(partial_.data() + partial_size_, bytes.data(), more);
      partial_size_ += more;
      bytes.remove_prefix(more);
      if (partial_size_ < Http2FrameHeader::kSize) return;
      partial_size_ = 0;
      const auto header = Http2FrameHeader::read({partial_.data(), partial_.size()});
      payload_left_ = header.length;
      visit(header);
    }
  }

  // The payload of the last frame is still to come.
  bool is_within_payload() const { return payload_left_ > 0; }

 private:
  std::array<char, Http2FrameHeader::kSize> partial_{};
  std::size_t partial_size_ = 0;
  std::size_t payload_left_ = 0;
};

}  // namespace mex::http
