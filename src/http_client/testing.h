#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "base/clock.h"
#include "http_client/client.h"

namespace mex::http_client::testing {

// With time enough for a machine that is busy.
inline Request request_to(std::string url, std::string method = "GET") {
  Request request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.limits.deadline = base::system_clock().steady_now() + std::chrono::minutes(1);
  return request;
}

}  // namespace mex::http_client::testing
