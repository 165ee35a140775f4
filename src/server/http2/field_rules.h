#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/characters.h"
#include "http/header_list.h"
#include "http/known_header.h"

// What RFC 9113 says of every field of a head or of trailers.
namespace mex::server::http2 {

// Section 6.5.2: what a field counts beside its text.
inline constexpr std::size_t kFieldOverhead = 32;

inline bool is_lower_case_token(std::string_view name) {
  return http::is_token(name) &&
         std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Sections 8.2 and 8.2.1.
inline bool is_well_formed_field(std::string_view name, std::string_view value) {
  return is_lower_case_token(name) && http::find_non_value_byte(value) == http::kNotFound &&
         http::trim_white_space(value).size() == value.size();
}

// Section 8.2.2.
inline bool is_connection_specific(http::KnownHeader name, std::string_view value) {
  using http::KnownHeader;
  switch (name) {
    case KnownHeader::Connection:
    case KnownHeader::KeepAlive:
    case KnownHeader::ProxyConnection:
    case KnownHeader::TransferEncoding:
    case KnownHeader::Upgrade:
      return true;
    case KnownHeader::Te:
      return !http::equals_ignoring_case(value, "trailers");
    default:
      return false;
  }
}

// As nghttp2 takes it. It copies both, and writes the name in lower case.
inline nghttp2_nv library_field(std::string_view name, std::string_view value) {
  const auto bytes_of = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace mex::server::http2
