#pragma once

#include <string>
#include <string_view>

#include "net/address.h"

namespace mex::api {

// What came back over one connection.
struct RawReply {
  int status = 0;  // 0: no answer
  std::string head;
  std::string body;
};

// For tests: sends `bytes` as they are and reads to the end of the connection. Blocks.
RawReply exchange_bytes(const net::Address& server, std::string_view bytes);

// A request with "Connection: close". `headers` are whole lines with "\r\n".
RawReply request(const net::Address& server, std::string_view method, std::string_view target,
                 std::string_view body = "", std::string_view headers = "");

}  // namespace mex::api
