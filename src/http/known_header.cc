#include "http/known_header.h"

#include <array>
#include <cstring>

#include "http/characters.h"

namespace mex::http {
namespace {

constexpr std::array<std::string_view, kKnownHeaderCount> kHeaderNames = {
    "",
    "Accept",
    "Accept-Encoding",
    "Access-Control-Request-Method",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Location",
    "Content-Type",
    "Cookie",
    "Date",
    "ETag",
    "Expect",
    "Forwarded",
    "Host",
    "HTTP2-Settings",
    "If-Modified-Since",
    "If-None-Match",
    "Keep-Alive",
    "Last-Modified",
    "Location",
    "Origin",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Referer",
    "Refresh",
    "Sec-Fetch-Site",
    "Sec-WebSocket-Key",
    "Server",
    "Set-Cookie",
    "Strict-Transport-Security",
    "TE",
    "Traceparent",
    "Tracestate",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Vary",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-Origin-Host",
    "X-Real-IP",
    "X-Request-ID",
};

constexpr std::size_t kSlots = 256;

// Length, first letter and that three quarters along tell all known names apart; the multipliers
// were found by trying, and kSlotTable does not compile if a new name collides.
constexpr std::size_t slot_of(std::string_view name) {
  return (name.size() + std::size_t{3} * as_byte(to_lower(name.front())) +
          std::size_t{56} * as_byte(to_lower(name[name.size() * 3 / 4]))) %
         kSlots;
}

constexpr std::array<KnownHeader, kSlots> kSlotTable = [] {
  std::array<KnownHeader, kSlots> table{};
  for (std::size_t i = 1; i < kHeaderNames.size(); ++i) {
    KnownHeader& slot = table[slot_of(kHeaderNames[i])];
    if (slot != KnownHeader::Other) throw "two known header names share a slot";
    slot = static_cast<KnownHeader>(i);
  }
  return table;
}();

std::uint64_t word_at(const char* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof(word));
  return word;
}

// Compares a token with a known name of the same length, without regard to case. Bit 0x20 is the
// case of a letter; the bytes that differ in it from the digits and '-' of known names are control
// bytes, which no token has.
bool matches_name(const char* a, const char* b, std::size_t length) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  constexpr std::uint64_t kCaseBits = 0x2020202020202020U;
  if (length < kWord) {
    for (std::size_t i = 0; i < length; ++i) {
      if ((a[i] | 0x20) != (b[i] | 0x20)) return false;
    }
    return true;
  }
  for (std::size_t i = 0; i + kWord < length; i += kWord) {
    if ((word_at(a + i) | kCaseBits) != (word_at(b + i) | kCaseBits)) return false;
  }
  const std::size_t last = length - kWord;  // overlaps the word before
  return (word_at(a + last) | kCaseBits) == (word_at(b + last) | kCaseBits);
}

}  // namespace

KnownHeader recognise_header(std::string_view name) {
  if (name.empty()) return KnownHeader::Other;
  const KnownHeader candidate = kSlotTable[slot_of(name)];
  const std::string_view canonical = to_string(candidate);
  if (canonical.size() != name.size() ||
      !matches_name(name.data(), canonical.data(), name.size())) {
    return KnownHeader::Other;
  }
  return candidate;
}

std::string_view to_string(KnownHeader header) {
  return kHeaderNames[static_cast<std::size_t>(header)];
}

bool is_always_hop_by_hop(KnownHeader header) {
  switch (header) {
    case KnownHeader::Connection:
    case KnownHeader::Http2Settings:  // RFC 7540 section 3.2.1: goes with Upgrade: h2c
    case KnownHeader::KeepAlive:
    case KnownHeader::ProxyAuthenticate:   // RFC 9110 section 11.7: for the next proxy only
    case KnownHeader::ProxyAuthorization:  // the same
    case KnownHeader::ProxyConnection:
    case KnownHeader::Te:
    case KnownHeader::Trailer:  // trailers are not forwarded, so they are not announced either
    case KnownHeader::TransferEncoding:
    case KnownHeader::Upgrade:
      return true;
    default:
      return false;
  }
}

}  // namespace mex::http
