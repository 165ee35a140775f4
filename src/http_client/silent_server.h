#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "http_client/loopback_listener.h"

namespace mex::http_client {

// For tests: a port of loopback whose connections are made by the kernel and never answered, any
// number of them, without a thread.
class SilentServer {
 public:
  std::string url(std::string_view scheme = "http") const {
    return fmt::format("{}://127.0.0.1:{}", scheme, listener_.port());
  }

 private:
  LoopbackListener listener_;
};

}  // namespace mex::http_client
