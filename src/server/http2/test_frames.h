#pragma once

// Frames of HTTP/2 as a test writes them, right or wrong. Header only; not part of the library.

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/http2_frame.h"

namespace mex::server::http2::testing {

using http::Http2FrameHeader;
using http::Http2FrameType;

using Field = std::pair<std::string, std::string>;
using Fields = std::vector<Field>;

inline std::string number(std::uint32_t value, unsigned bytes = 4) {
  std::string text;
  for (unsigned i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i));
  return text;
}

inline std::string frame(Http2FrameType type, std::uint8_t flags, std::uint32_t stream,
                         std::string_view payload = {}) {
  return number(static_cast<std::uint32_t>(payload.size()), 3) + static_cast<char>(type) +
         static_cast<char>(flags) + number(stream) + std::string(payload);
}

// HPACK without its table (RFC 7541 section 6.2.2).
inline std::string hpack(const Fields& fields) {
  const auto text = [](std::string_view value) {
    std::string coded;
    std::size_t rest = value.size();
    coded += static_cast<char>(rest < 127 ? rest : 127);
    if (rest >= 127) {
      for (rest -= 127; rest >= 128; rest /= 128) coded += static_cast<char>(rest % 128 + 128);
      coded += static_cast<char>(rest);
    }
    return coded + std::string(value);
  };
  std::string block;
  for (const auto& [name, value] : fields) block += '\0' + text(name) + text(value);
  return block;
}

inline Fields request(std::string_view method = "GET", std::string_view path = "/",
                      Fields more = {}) {
  Fields fields{{":method", std::string(method)},
                {":scheme", "http"},
                {":authority", "a"},
                {":path", std::string(path)}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

inline std::string headers(std::uint32_t stream, const Fields& fields, bool ends = true) {
  const auto flags = static_cast<std::uint8_t>(Http2FrameHeader::kEndHeaders |
                                               (ends ? Http2FrameHeader::kEndStream : 0));
  return frame(Http2FrameType::Headers, flags, stream, hpack(fields));
}
inline std::string data(std::uint32_t stream, std::string_view bytes, bool ends = false) {
  return frame(Http2FrameType::Data, ends ? Http2FrameHeader::kEndStream : 0, stream, bytes);
}
inline std::string settings(std::initializer_list<std::pair<std::uint16_t, std::uint32_t>> all) {
  std::string payload;
  for (const auto& [id, value] : all) payload += number(id, 2) + number(value);
  return frame(Http2FrameType::Settings, 0, 0, payload);
}
inline std::string window_update(std::uint32_t stream, std::uint32_t bytes) {
  return frame(Http2FrameType::WindowUpdate, 0, stream, number(bytes));
}
inline std::string reset(std::uint32_t stream) {
  return frame(Http2FrameType::ResetStream, 0, stream, number(NGHTTP2_CANCEL));
}

}  // namespace mex::server::http2::testing
