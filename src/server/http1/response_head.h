#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "http/head.h"
#include "net/buffer.h"
#include "server/exchange.h"

namespace mex::server::http1 {

// How the body of a response travels over HTTP/1 (RFC 9112 section 6.3).
enum class BodyMode : std::uint8_t {
  Absent,      // HEAD, 1xx, 204, 304: what the handler sends is dropped
  Counted,     // Content-Length
  Chunked,     // Transfer-Encoding: chunked
  UntilClose,  // the only way to tell a HTTP/1.0 client where an unknown length ends
};

BodyMode body_mode(const BodyLength& length, int status, http::Method method,
                   http::Version version);

// What the Connection header of a response says.
enum class ConnectionOption : std::uint8_t { Unsaid, KeepAlive, Close, Upgrade };

struct ResponseHeadPlan {
  int status = 200;
  std::span<const HeaderView> headers{};
  BodyLength length = BodyLength::none();
  BodyMode mode = BodyMode::Absent;
  ConnectionOption connection = ConnectionOption::Unsaid;
  std::string_view date{};  // value of Date where the headers have none; empty: no Date
};

// Appends the head to `output`. False, and nothing appended, if a header cannot be sent: control
// bytes in it, or more than 128 KiB of them.
bool append_response_head(net::OutputQueue& output, const ResponseHeadPlan& plan);

}  // namespace mex::server::http1
