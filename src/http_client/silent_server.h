#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "base/check.h"

namespace mex::http_client {

// For tests: a port of loopback whose connections are made by the kernel and never answered, any
// number of them, without a thread.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    const bool is_ready = bind(socket_, generic, length) == 0 && listen(socket_, 2048) == 0 &&
                          getsockname(socket_, generic, &length) == 0;
    MEX_CHECK(is_ready, "no loopback socket for the test server");
    port_ = ntohs(address.sin_port);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { close(socket_); }

  std::string url(std::string_view scheme = "http") const {
    return fmt::format("{}://127.0.0.1:{}", scheme, port_);
  }

 private:
  const int socket_;
  int port_ = 0;
};

}  // namespace mex::http_client
