#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace mex::http_client {

// For tests: a TCP socket that listens at a free port of 127.0.0.1.
class LoopbackListener {
 public:
  LoopbackListener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
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
  LoopbackListener(const LoopbackListener&) = delete;
  LoopbackListener& operator=(const LoopbackListener&) = delete;
  ~LoopbackListener() { close(socket_); }

  int socket() const { return socket_; }
  int port() const { return port_; }

 private:
  const int socket_;
  int port_ = 0;
};

}  // namespace mex::http_client
