#include "http/trailers.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "http/forwarding_headers.h"
#include "http/writer.h"

namespace mex::http {
namespace {

constexpr std::string_view kZeroChunk = "0\r\n";

// Beside those that are known: request modifiers, response control and content (RFC 9110 section
// 6.5.1), and what tells proxies of loops.
constexpr std::array<std::string_view, 17> kRefused{
    "Age",
    "Alt-Svc",
    "CDN-Loop",
    "Clear-Site-Data",
    "Content-Range",
    "Expires",
    "If-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Max-Forwards",
    "Pragma",
    "Status",
    "Access-Control-Allow-Origin",
    "Content-Security-Policy",
    "Retry-After",
    "Warning",
    "WWW-Authenticate",
};

bool is_refused(KnownHeader name) {
  switch (name) {
    case KnownHeader::AccessControlRequestMethod:
    case KnownHeader::Authorization:
    case KnownHeader::CacheControl:
    case KnownHeader::ContentEncoding:
    case KnownHeader::ContentLength:
    case KnownHeader::ContentLocation:
    case KnownHeader::ContentType:
    case KnownHeader::Cookie:
    case KnownHeader::Date:
    case KnownHeader::Expect:
    case KnownHeader::Host:
    case KnownHeader::IfModifiedSince:
    case KnownHeader::IfNoneMatch:
    case KnownHeader::Location:
    case KnownHeader::Origin:
    case KnownHeader::Range:
    case KnownHeader::Referer:
    case KnownHeader::Refresh:
    case KnownHeader::SecFetchSite:
    case KnownHeader::SecWebSocketKey:
    case KnownHeader::SetCookie:
    case KnownHeader::StrictTransportSecurity:
    case KnownHeader::Vary:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool may_be_trailer(const Header& field) {
  if (field.hop_by_hop || is_always_hop_by_hop(field.known) || is_refused(field.known)) {
    return false;
  }
  if (is_forwarding_header(field.name)) return false;
  return std::none_of(kRefused.begin(), kRefused.end(), [&field](std::string_view refused) {
    return equals_ignoring_case(field.name, refused);
  });
}

// What is said there of qualities is for transfer codings.
bool accepts_trailers(const HeaderList& headers) {
  if (!headers.has(KnownHeader::Te)) return false;
  bool is_accepted = false;
  for (const Header& header : headers) {
    if (header.known != KnownHeader::Te) continue;
    for_each_list_element(header.value, [&is_accepted](std::string_view element) {
      is_accepted = is_accepted || equals_ignoring_case(element, "trailers");
    });
  }
  return is_accepted;
}

std::size_t last_chunk_size(const HeaderList& trailers) {
  std::size_t size = kLastChunk.size();
  for (const Header& field : trailers) size += field.name.size() + field.value.size() + 4;
  return size;
}

std::size_t write_last_chunk(const HeaderList& trailers, std::span<char> space) {
  std::memcpy(space.data(), kZeroChunk.data(), kZeroChunk.size());
  HeadWriter writer(space.subspan(kZeroChunk.size()));
  for (const Header& field : trailers) {
    if (may_be_trailer(field)) writer.header(field.name, field.value);
  }
  writer.end();
  return writer.error() == HeadWriter::Error::None ? kZeroChunk.size() + writer.size() : 0;
}

}  // namespace mex::http
