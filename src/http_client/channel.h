#pragma once

#include <curl/curl.h>

#include "absl/status/statusor.h"
#include "http_client/client.h"

namespace mex::http_client {

// One curl handle with its kept connections: makes one exchange at a time, on any thread.
class Channel {
 public:
  Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  absl::StatusOr<Response> perform(const Request& request, const Options& options);

 private:
  CURLM* multi_;
  CURL* easy_;
};

}  // namespace mex::http_client
