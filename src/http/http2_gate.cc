#include "http/http2_gate.h"

#include <algorithm>

namespace mex::http {

bool Http2Gate::refuse() {
  is_broken_ = true;
  return false;
}

std::size_t Http2Gate::admit_preface(std::string_view bytes) {
  const std::string_view seen = bytes.substr(0, kHttp2Preface.size() - preface_seen_);
  if (kHttp2Preface.substr(preface_seen_, seen.size()) != seen) {
    refuse();
    return 0;
  }
  preface_seen_ += seen.size();
  return seen.size();
}

std::size_t Http2Gate::admit(std::string_view from_client) {
  is_blocked_ = false;
  std::size_t admitted = 0;
  if (preface_seen_ < kHttp2Preface.size()) admitted = admit_preface(from_client);
  while (!is_broken_) {
    const std::size_t payload = std::min(payload_left_, from_client.size() - admitted);
    payload_left_ -= payload;
    admitted += payload;
    const std::string_view rest = from_client.substr(admitted);
    if (payload_left_ > 0 || preface_seen_ < kHttp2Preface.size() ||
        rest.size() < Http2FrameHeader::kSize)
      break;
    const auto header = Http2FrameHeader::read(rest);
    if (!admit_frame(header)) break;
    payload_left_ = header.length;
    admitted += Http2FrameHeader::kSize;
  }
  return is_broken_ ? 0 : admitted;
}

bool Http2Gate::admit_frame(const Http2FrameHeader& header) {
  if (header.length > limits_.max_frame) return refuse();
  // Nothing comes between the frames of a head (6.10).
  if ((head_size_ > 0) != (header.type == Http2FrameType::Continuation)) return refuse();
  switch (header.type) {
    case Http2FrameType::Headers:
    case Http2FrameType::Continuation:
      return admit_head(header);
    case Http2FrameType::ResetStream:
      return admit_reset(header);
    case Http2FrameType::Settings:
      if (!header.has(Http2FrameHeader::kAck) && ++settings_ > limits_.max_settings)
        return refuse();
      return true;
    case Http2FrameType::PushPromise:
      return refuse();  // a client sends none (8.4)
    default:
      return true;
  }
}

bool Http2Gate::admit_head(const Http2FrameHeader& header) {
  if (header.type == Http2FrameType::Headers && header.stream > last_stream_) {
    if (open_.size() >= limits_.streams) {
      is_blocked_ = true;
      return false;
    }
    last_stream_ = header.stream;
    open_.insert(header.stream);
  }
  // Frames without content count as well.
  head_size_ += Http2FrameHeader::kSize + header.length;
  if (head_size_ > limits_.max_head) return refuse();
  if (header.has(Http2FrameHeader::kEndHeaders)) head_size_ = 0;
  return true;
}

bool Http2Gate::admit_reset(const Http2FrameHeader& header) {
  if (open_.erase(header.stream) > 0 && ++resets_ > limits_.resets) return refuse();
  return true;
}

void Http2Gate::observe(std::string_view from_server) {
  server_frames_.feed(from_server, [this](const Http2FrameHeader& header) {
    const bool carries_end =
        header.type == Http2FrameType::Data || header.type == Http2FrameType::Headers;
    const bool ends = header.type == Http2FrameType::ResetStream ||
                      (carries_end && header.has(Http2FrameHeader::kEndStream));
    if (ends && open_.erase(header.stream) > 0 && resets_ > 0) --resets_;
  });
}

}  // namespace mex::http
