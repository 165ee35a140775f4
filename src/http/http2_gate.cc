#include "http/http2_gate.h"

#include <algorithm>
#include <cstring>

namespace mex::http {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // RFC 9113 3.4
constexpr std::size_t kHeaderSize = 9;                                     // 4.1

// 6, and 11.2
enum FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPushPromise = 5,
  kContinuation = 9,
};
constexpr std::uint8_t kEndStream = 0x1;
constexpr std::uint8_t kAck = 0x1;
constexpr std::uint8_t kEndHeaders = 0x4;

}  // namespace

Http2Gate::FrameHeader Http2Gate::read_header(std::string_view bytes) {
  const auto byte = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]));
  };
  return {.length = byte(0) << 16U | byte(1) << 8U | byte(2),
          .type = static_cast<std::uint8_t>(byte(3)),
          .flags = static_cast<std::uint8_t>(byte(4)),
          .stream = (byte(5) << 24U | byte(6) << 16U | byte(7) << 8U | byte(8)) & 0x7FFFFFFFU};
}

bool Http2Gate::refuse() {
  is_broken_ = true;
  return false;
}

std::size_t Http2Gate::admit_preface(std::string_view bytes) {
  const std::string_view seen = bytes.substr(0, kPreface.size() - preface_seen_);
  if (kPreface.substr(preface_seen_, seen.size()) != seen) {
    refuse();
    return 0;
  }
  preface_seen_ += seen.size();
  return seen.size();
}

std::size_t Http2Gate::admit(std::string_view from_client) {
  is_blocked_ = false;
  std::size_t admitted = 0;
  if (preface_seen_ < kPreface.size()) admitted = admit_preface(from_client);
  while (!is_broken_) {
    const std::size_t payload = std::min(payload_left_, from_client.size() - admitted);
    payload_left_ -= payload;
    admitted += payload;
    const std::string_view rest = from_client.substr(admitted);
    if (payload_left_ > 0 || preface_seen_ < kPreface.size() || rest.size() < kHeaderSize) break;
    const FrameHeader header = read_header(rest);
    if (!admit_frame(header)) break;
    payload_left_ = header.length;
    admitted += kHeaderSize;
  }
  return is_broken_ ? 0 : admitted;
}

bool Http2Gate::admit_frame(const FrameHeader& header) {
  if (header.length > limits_.max_frame) return refuse();
  // Nothing comes between the frames of a head (6.10).
  if ((head_size_ > 0) != (header.type == kContinuation)) return refuse();
  switch (header.type) {
    case kHeaders:
    case kContinuation:
      return admit_head(header);
    case kReset:
      return admit_reset(header);
    case kSettings:
      if ((header.flags & kAck) == 0 && ++settings_ > limits_.max_settings) return refuse();
      return true;
    case kPushPromise:
      return refuse();  // a client sends none (8.4)
    default:
      return true;
  }
}

bool Http2Gate::admit_head(const FrameHeader& header) {
  if (header.type == kHeaders && header.stream > last_stream_) {
    if (open_.size() >= limits_.streams) {
      is_blocked_ = true;
      return false;
    }
    last_stream_ = header.stream;
    open_.insert(header.stream);
  }
  // Frames without content count as well.
  head_size_ += kHeaderSize + header.length;
  if (head_size_ > limits_.max_head) return refuse();
  if ((header.flags & kEndHeaders) != 0) head_size_ = 0;
  return true;
}

bool Http2Gate::admit_reset(const FrameHeader& header) {
  if (open_.erase(header.stream) > 0 && ++resets_ > limits_.resets) return refuse();
  return true;
}

void Http2Gate::observe(std::string_view from_server) {
  while (!from_server.empty()) {
    if (server_payload_left_ > 0) {
      const std::size_t payload = std::min(server_payload_left_, from_server.size());
      server_payload_left_ -= payload;
      from_server.remove_prefix(payload);
      continue;
    }
    const std::size_t more = std::min(kHeaderSize - partial_size_, from_server.size());
    std::memcpy(partial_ + partial_size_, from_server.data(), more);
    partial_size_ += more;
    from_server.remove_prefix(more);
    if (partial_size_ < kHeaderSize) return;
    const FrameHeader header = read_header({partial_, kHeaderSize});
    partial_size_ = 0;
    server_payload_left_ = header.length;
    const bool carries_end = header.type == kData || header.type == kHeaders;
    const bool ends = header.type == kReset || (carries_end && (header.flags & kEndStream) != 0);
    if (ends && open_.erase(header.stream) > 0 && resets_ > 0) --resets_;
  }
}

}  // namespace mex::http
