#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "http/head.h"
#include "net/address.h"
#include "server/exchange.h"

namespace mex::proxy {

// How long the parts of an exchange took, each from its beginning.
struct AccessTimes {
  using Duration = std::chrono::nanoseconds;
  std::optional<Duration> connect;     // until the request could be sent: queues, name, TCP, TLS
  std::optional<Duration> first_byte;  // until the origin's answer began
  std::optional<Duration> total;
};

// What a line of the access log tells. Views need to live during the call only; what is empty or
// null is left out of the line.
struct AccessEntry {
  base::WallTime time{};  // when it ended
  std::string_view request_id;
  std::string_view trace_id;
  net::Address client;
  std::string_view protocol;     // "HTTP/1.1", "HTTP/2", "TLS" (passed through)
  std::string_view tls_version;  // "TLSv1.3"
  std::string_view tls_cipher;
  std::string_view server_name;                // SNI
  const http::RequestHead* request = nullptr;  // null: it could not be parsed, or there is none
  std::string_view route;
  std::string_view origin;
  int status = 0;
  std::string_view error;   // a word for the kind of failure: "connect_failed"
  std::string_view reason;  // the same for people
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  AccessTimes times;
  unsigned retries = 0;
};

// What is the same of all entries of a connection.
AccessEntry access_entry(const server::ConnectionInfo& connection,
                         const http::RequestHead* request);

// "client_closed": why an exchange ended that was not completed; empty if it was.
std::string_view error_word(server::CloseReason reason);

}  // namespace mex::proxy
