#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mex::http {

// Header names that this program acts on, recognised once while a head is parsed. Everything else
// is Other and only passes through.
enum class KnownHeader : std::uint8_t {
  Other,
  Accept,
  AcceptEncoding,
  AccessControlRequestMethod,
  Authorization,
  CacheControl,
  Connection,
  ContentEncoding,
  ContentLength,
  ContentLocation,
  ContentType,
  Cookie,
  Date,
  ETag,
  Expect,
  Forwarded,
  Host,
  Http2Settings,
  IfModifiedSince,
  IfNoneMatch,
  KeepAlive,
  LastModified,
  Location,
  Origin,
  ProxyAuthenticate,
  ProxyAuthorization,
  ProxyConnection,
  Range,
  Referer,
  Refresh,
  SecFetchSite,
  SecWebSocketKey,
  Server,
  SetCookie,
  StrictTransportSecurity,
  Te,
  Traceparent,
  Tracestate,
  Trailer,
  TransferEncoding,
  Upgrade,
  UserAgent,
  Vary,
  Via,
  XForwardedFor,
  XForwardedHost,
  XForwardedPort,
  XForwardedPrefix,
  XForwardedProto,
  XOriginHost,
  XRealIp,
  XRequestId,
};

inline constexpr std::size_t kKnownHeaderCount =
    static_cast<std::size_t>(KnownHeader::XRequestId) + 1;

// Case-insensitive (RFC 9110 section 5.1); constant time. `name` is a token.
KnownHeader recognise_header(std::string_view name);

// The usual spelling, e.g. "Content-Length"; empty for Other.
std::string_view to_string(KnownHeader header);

// Fields that belong to one connection and are never forwarded (RFC 9110 section 7.6.1), apart from
// those that a message's own Connection header names.
bool is_always_hop_by_hop(KnownHeader header);

}  // namespace mex::http
