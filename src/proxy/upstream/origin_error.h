#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mex::proxy::upstream {

// Why an origin did not give a whole, sound answer.
enum class OriginFault : std::uint8_t {
  NameUnknown,         // its name has no address
  Forbidden,           // OriginPolicy refuses its address
  ConnectFailed,       // refused, unreachable, out of local ports
  ConnectTimeout,      // name, TCP and TLS took too long
  TlsFailed,           // handshake or certificate
  TooManyConnections,  // our own limit
  Broken,              // the connection failed while in use
  ClosedEarly,         // it was closed before or within an answer
  Timeout,             // silence although it was the origin's turn
  HeadMalformed,       // the head of its answer breaks RFC 9112
  HeadTooLarge,
  BodyMalformed,    // chunked framing broken
  TooManyInterim,   // a flood of 1xx
  UnaskedUpgrade,   // 101 for a request that did not ask for it
  TooManyRequests,  // our own limit, of every origin that could be asked
  OverallTimeout,   // the whole exchange took longer than its route allows
  Refused,          // it has not looked at the request, and says so (RFC 9113 section 8.7)
  StreamReset,      // it gave up this exchange and no other one
  OtherProtocol,    // ALPN chose another version of HTTP than was to be spoken
  FramesMalformed,  // it breaks RFC 9113, or floods
  NotServing,       // its answer to a check of gRPC
  NoOrigin,         // the route's origins come and go, and there is none now
  QueueFull,        // our own limits: there was no connection, nor room to wait for one
  QueueTimeout,     // it has waited for one as long as it may
  ClientStalled,    // its client moved no byte while others waited
  ClientShare,      // its client had most of all connections while others had none
  BodyTooLarge,     // the request's, for its route
};

inline constexpr std::size_t kOriginFaults = 27;

// Nothing was wrong with the origin: it is we who did not ask it, or not to the end.
constexpr bool is_own_limit(OriginFault fault) {
  return fault == OriginFault::TooManyConnections || fault == OriginFault::TooManyRequests ||
         fault >= OriginFault::QueueFull;
}

// For a client that has not been answered yet: 502, 503 or 504.
int status_for(OriginFault fault);

// Label of metrics: "connect_failed".
std::string_view to_string(OriginFault fault);

// What the origin did, for a client that is to know no more: "cannot be connected to".
std::string_view what_happened(OriginFault fault);

// A fault with what is known about it. Made on error paths only, so text is allowed.
struct OriginError {
  OriginFault fault = OriginFault::Broken;
  std::string detail;  // "Connection refused"; may be empty

  // One line for the log, never for a client: "origin http://10.1.1.1:80 cannot be connected to:
  // Connection refused".
  std::string text(std::string_view origin) const;
};

}  // namespace mex::proxy::upstream
